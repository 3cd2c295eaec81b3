// Command seeds is a grpc-go or connect-go client that takes one of the walks of interop/seeds/go, or with -serve a server that plays its
// scripts.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"sluice.test/interop/libraries"
	"sluice.test/seeds/scripts"
	"sluice.test/seeds/walks"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

func main() {
	if i := slices.Index(os.Args, "-serve"); i >= 0 && i+1 < len(os.Args) {
		if err := serve(os.Args[i+1]); err != nil {
			fmt.Fprintln(os.Stderr, "seeds:", err)
			os.Exit(1)
		}
		return
	}
	walks.Main(dial)
}

func dial(library, addr string) (walks.Client, error) {
	if library == "grpc-go" {
		return dialCounting(addr)
	}
	dialled, err := libraries.Dial(library, addr, 0)
	return client{dialled}, err
}

// serve answers until the standard input ends.
func serve(library string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	played := &scripts.Scripts{Code: code}
	server, err := libraries.NewServer(library, handlers{played}, 0)
	if err != nil {
		return err
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	go played.Obey()
	return server.Serve(listener)
}

// client gives the walks streams whose messages are as good as any.
type client struct{ libraries.Client }

func (c client) Code(err error) string { return code(err) }

func (c client) Duplex(ctx context.Context, script string) (walks.Stream, error) {
	opened, err := c.Client.Duplex(ctx, script)
	return stream{opened}, err
}

func (c client) Output(ctx context.Context, script string) (walks.Stream, error) {
	opened, err := c.Client.Output(ctx, script)
	return stream{opened}, err
}

type stream struct{ libraries.Stream }

func (s stream) Send(size int) error {
	asked := []*pb.ResponseParameters{{Size: 10}}
	return s.Stream.Send(&pb.StreamingOutputCallRequest{ResponseParameters: asked, Payload: &pb.Payload{Body: make([]byte, size)}})
}

func (s stream) Recv() error {
	_, err := s.Stream.Recv()
	return err
}

// handlers plays the scripts. There is none for calls with one response.
type handlers struct{ played *scripts.Scripts }

func (h handlers) Unary(context.Context, string, *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	return nil, errNoScript
}

func (h handlers) Input(context.Context, string, func() (*pb.StreamingInputCallRequest, error)) (*pb.StreamingInputCallResponse, error) {
	return nil, errNoScript
}

func (h handlers) Output(ctx context.Context, script string, send func(*pb.StreamingOutputCallResponse) error) error {
	return h.played.Output(ctx, script, func(size int) error { return send(response(size)) })
}

func (h handlers) Duplex(script string, stream libraries.HandlerStream) error {
	return h.played.Duplex(script, handlerStream{stream})
}

var errNoScript = status.Error(codes.Unimplemented, "no script")

type handlerStream struct{ libraries.HandlerStream }

func (s handlerStream) Send(size int) error { return s.HandlerStream.Send(response(size)) }

func (s handlerStream) Recv() error {
	_, err := s.HandlerStream.Recv()
	return err
}

func response(size int) *pb.StreamingOutputCallResponse {
	return &pb.StreamingOutputCallResponse{Payload: &pb.Payload{Body: make([]byte, size)}}
}

// code spells a code as gRPC does on paper: deadline_exceeded.
func code(err error) string {
	if err == nil {
		return ""
	}
	if errors.Is(err, io.EOF) {
		return "eof"
	}
	var name strings.Builder
	for i, letter := range libraries.CodeOf(err).String() {
		if i > 0 && letter >= 'A' && letter <= 'Z' {
			name.WriteByte('_')
		}
		name.WriteRune(letter)
	}
	return strings.ToLower(name.String())
}

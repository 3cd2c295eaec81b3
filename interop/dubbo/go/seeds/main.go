// Command seeds is a dubbo-go client that takes one of the walks of interop/seeds/go, or with -serve a server that plays its scripts.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"time"

	"dubbo.apache.org/dubbo-go/v3/client"
	"dubbo.apache.org/dubbo-go/v3/protocol"
	triple "dubbo.apache.org/dubbo-go/v3/protocol/triple/triple_protocol"
	"dubbo.apache.org/dubbo-go/v3/server"

	"sluice.test/dubbo/stub"
	"sluice.test/seeds/scripts"
	"sluice.test/seeds/walks"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

func main() {
	if slices.Contains(os.Args, "-serve") {
		if err := serve(); err != nil {
			fmt.Fprintln(os.Stderr, "seeds:", err)
			os.Exit(1)
		}
		return
	}
	walks.Main(func(_, addr string) (walks.Client, error) { return newDubboClient(addr) })
}

func serve() error {
	port, err := freePort()
	if err != nil {
		return err
	}
	srv, err := server.NewServer(server.WithServerProtocol(protocol.WithTriple(), protocol.WithIp("127.0.0.1"), protocol.WithPort(port)))
	if err != nil {
		return err
	}
	played := &scripts.Scripts{Code: code}
	if err := stub.Register(srv, &TestServer{scripts: played}); err != nil {
		return err
	}
	go played.Obey()
	go tell(port)
	return srv.Serve()
}

// freePort finds a port: dubbo-go takes a number, and no listener.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// tell says that the server listens, once it does.
func tell(port int) {
	address := fmt.Sprintf("127.0.0.1:%d", port)
	for range 400 {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			fmt.Printf("\nlistening on %s\n", address)
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
}

// TestServer is exported because dubbo-go registers no other. The methods that no walk calls are nil.
type TestServer struct {
	stub.Handler
	scripts *scripts.Scripts
}

// EmptyCall shows that the connection is there.
func (s *TestServer) EmptyCall(context.Context, *pb.Empty) (*pb.Empty, error) {
	return &pb.Empty{}, nil
}

// StreamingOutputCall plays a script.
func (s *TestServer) StreamingOutputCall(ctx context.Context, _ *pb.StreamingOutputCallRequest, stream *triple.ServerStream) error {
	send := func(size int) error { return stream.Send(response(size)) }
	return s.scripts.Output(ctx, stream.Conn().RequestHeader().Get("x-script"), send)
}

// FullDuplexCall plays a script.
func (s *TestServer) FullDuplexCall(ctx context.Context, stream *triple.BidiStream) error {
	return s.scripts.Duplex(stream.RequestHeader().Get("x-script"), dubboHandlerStream{ctx, stream})
}

type dubboHandlerStream struct {
	ctx    context.Context
	stream *triple.BidiStream
}

func (s dubboHandlerStream) Context() context.Context { return s.ctx }
func (s dubboHandlerStream) Send(size int) error      { return s.stream.Send(response(size)) }

func (s dubboHandlerStream) Recv() error {
	return plainEOF(s.stream.Receive(&pb.StreamingOutputCallRequest{}))
}

type dubboClient struct{ service *stub.Client }

func newDubboClient(addr string) (*dubboClient, error) {
	cli, err := client.NewClient(client.WithClientURL("tri://" + addr))
	if err != nil {
		return nil, err
	}
	service, err := stub.NewClient(cli)
	return &dubboClient{service}, err
}

// Close does nothing: dubbo-go has no way to close a client's connections.
func (c *dubboClient) Close()                          {}
func (c *dubboClient) Code(err error) string           { return code(err) }
func (c *dubboClient) Empty(ctx context.Context) error { return c.service.EmptyCall(ctx) }

func (c *dubboClient) Duplex(ctx context.Context, script string) (walks.Stream, error) {
	stream, err := c.service.FullDuplexCall(triple.AppendToOutgoingContext(ctx, "x-script", script))
	return dubboDuplex{stream}, err
}

func (c *dubboClient) Output(ctx context.Context, script string) (walks.Stream, error) {
	stream, err := c.service.StreamingOutputCall(triple.AppendToOutgoingContext(ctx, "x-script", script), request(0))
	return dubboOutput{stream}, err
}

type dubboDuplex struct{ stream *triple.BidiStreamForClient }

func (s dubboDuplex) Send(size int) error { return s.stream.Send(request(size)) }
func (s dubboDuplex) CloseSend() error    { return s.stream.CloseRequest() }
func (s dubboDuplex) Leave() error        { return s.stream.CloseResponse() }
func (s dubboDuplex) Recv() error {
	return plainEOF(s.stream.Receive(&pb.StreamingOutputCallResponse{}))
}

type dubboOutput struct{ stream *triple.ServerStreamForClient }

func (s dubboOutput) Send(int) error   { return errors.ErrUnsupported }
func (s dubboOutput) CloseSend() error { return nil }
func (s dubboOutput) Leave() error     { return s.stream.Close() }

func (s dubboOutput) Recv() error {
	if s.stream.Receive(&pb.StreamingOutputCallResponse{}) {
		return nil
	}
	if err := s.stream.Err(); err != nil {
		return err
	}
	return io.EOF
}

func code(err error) string {
	if err == nil {
		return ""
	}
	if errors.Is(err, io.EOF) {
		return "eof"
	}
	return triple.CodeOf(err).String()
}

func plainEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return err
}

func request(size int) *pb.StreamingOutputCallRequest {
	asked := []*pb.ResponseParameters{{Size: 10}}
	return &pb.StreamingOutputCallRequest{ResponseParameters: asked, Payload: &pb.Payload{Body: make([]byte, size)}}
}

func response(size int) *pb.StreamingOutputCallResponse {
	return &pb.StreamingOutputCallResponse{Payload: &pb.Payload{Body: make([]byte, size)}}
}

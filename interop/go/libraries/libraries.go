// Package libraries has grpc-go and connect-go each as a client and as a server of grpc.testing.TestService. The metadata field x-script says
// what a handler is to do.
package libraries

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

// Client is a client of either library.
type Client interface {
	Empty(ctx context.Context) error
	Duplex(ctx context.Context, script string) (Stream, error)
	Output(ctx context.Context, script string) (Stream, error)
	Input(ctx context.Context, script string) (Upload, error)
	Close()
}

// Stream is a client's stream. Recv gives io.EOF at the end, Send when the call has ended.
type Stream interface {
	Send(*pb.StreamingOutputCallRequest) error
	CloseSend() error
	Recv() (*pb.StreamingOutputCallResponse, error)
	// Leave is how the library's documentation says to leave a stream early; errors.ErrUnsupported where that is by its context.
	Leave() error
}

// Upload is a client's stream of requests.
type Upload interface {
	Send(*pb.StreamingInputCallRequest) error
	CloseAndRecv() error
}

// Dial makes a client of grpc-go, connect-go (with gRPC) or connect-go-connect (with Connect).
func Dial(library, addr string, ping time.Duration) (Client, error) {
	switch library {
	case "grpc-go":
		return DialGrpc(addr, ping)
	case "connect-go":
		return DialConnect(addr, ping, connect.WithGRPC()), nil
	case "connect-go-connect":
		return DialConnect(addr, ping), nil
	}
	return nil, fmt.Errorf("no library %q", library)
}

// CodeOf reads the code of either library's error; the numbers are the same.
func CodeOf(err error) codes.Code {
	var known *connect.Error
	if errors.As(err, &known) {
		return codes.Code(known.Code())
	}
	return status.Code(err)
}

// Handlers is what a server does.
type Handlers interface {
	Unary(ctx context.Context, script string, request *pb.SimpleRequest) (*pb.SimpleResponse, error)
	Input(ctx context.Context, script string, recv func() (*pb.StreamingInputCallRequest, error)) (*pb.StreamingInputCallResponse, error)
	Output(ctx context.Context, script string, send func(*pb.StreamingOutputCallResponse) error) error
	Duplex(script string, stream HandlerStream) error
}

// HandlerStream is a handler's stream. Recv gives io.EOF at the end.
type HandlerStream interface {
	Context() context.Context
	Send(*pb.StreamingOutputCallResponse) error
	Recv() (*pb.StreamingOutputCallRequest, error)
}

// Server is a server of either library.
type Server interface {
	Serve(net.Listener) error
	// GracefulStop lets streams finish, Stop does not.
	GracefulStop()
	Stop()
}

// NewServer makes a server of grpc-go, or of connect-go, which answers gRPC and Connect over unencrypted HTTP/2. ping: asks a silent client after
// this time, and gives it as long to answer; 0: never.
func NewServer(library string, handlers Handlers, ping time.Duration) (Server, error) {
	switch library {
	case "grpc-go":
		return newGrpcServer(handlers, ping), nil
	case "connect-go", "connect-go-connect":
		return newConnectServer(handlers, ping), nil
	}
	return nil, fmt.Errorf("no library %q", library)
}

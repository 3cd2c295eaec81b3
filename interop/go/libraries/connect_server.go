package libraries

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

type connectServer struct {
	server   *http.Server
	handlers Handlers
}

// newConnectServer registers the handlers by hand: the messages are grpc-go's own generated ones.
func newConnectServer(handlers Handlers, ping time.Duration) *connectServer {
	s := &connectServer{handlers: handlers}
	routes := http.NewServeMux()
	routes.Handle(service+"EmptyCall", connect.NewUnaryHandler(service+"EmptyCall",
		func(context.Context, *connect.Request[pb.Empty]) (*connect.Response[pb.Empty], error) {
			return connect.NewResponse(&pb.Empty{}), nil
		}))
	routes.Handle(service+"UnaryCall", connect.NewUnaryHandler(service+"UnaryCall", s.unary))
	routes.Handle(service+"StreamingInputCall", connect.NewClientStreamHandler(service+"StreamingInputCall", s.input))
	routes.Handle(service+"StreamingOutputCall", connect.NewServerStreamHandler(service+"StreamingOutputCall", s.output))
	routes.Handle(service+"FullDuplexCall", connect.NewBidiStreamHandler(service+"FullDuplexCall", s.duplex))
	s.server = &http.Server{Handler: routes, Protocols: new(http.Protocols)}
	s.server.Protocols.SetUnencryptedHTTP2(true)
	if ping > 0 {
		s.server.HTTP2 = &http.HTTP2Config{SendPingTimeout: ping, PingTimeout: ping}
	}
	return s
}

func (s *connectServer) Serve(listener net.Listener) error {
	if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (s *connectServer) GracefulStop() { _ = s.server.Shutdown(context.Background()) }
func (s *connectServer) Stop()         { _ = s.server.Close() }

func (s *connectServer) unary(ctx context.Context, request *connect.Request[pb.SimpleRequest]) (*connect.Response[pb.SimpleResponse], error) {
	response, err := s.handlers.Unary(ctx, request.Header().Get("x-script"), request.Msg)
	if err != nil {
		return nil, connectError(err)
	}
	return connect.NewResponse(response), nil
}

func (s *connectServer) input(ctx context.Context, stream *connect.ClientStream[pb.StreamingInputCallRequest]) (*connect.Response[pb.StreamingInputCallResponse], error) {
	recv := func() (*pb.StreamingInputCallRequest, error) {
		if stream.Receive() {
			return stream.Msg(), nil
		}
		if err := stream.Err(); err != nil {
			return nil, err
		}
		return nil, io.EOF
	}
	response, err := s.handlers.Input(ctx, stream.RequestHeader().Get("x-script"), recv)
	if err != nil {
		return nil, connectError(err)
	}
	return connect.NewResponse(response), nil
}

func (s *connectServer) output(ctx context.Context, request *connect.Request[pb.StreamingOutputCallRequest], stream *connect.ServerStream[pb.StreamingOutputCallResponse]) error {
	return connectError(s.handlers.Output(ctx, request.Header().Get("x-script"), stream.Send))
}

func (s *connectServer) duplex(ctx context.Context, stream *connect.BidiStream[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]) error {
	return connectError(s.handlers.Duplex(stream.RequestHeader().Get("x-script"), connectStream{ctx, stream}))
}

type connectStream struct {
	ctx context.Context
	*connect.BidiStream[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]
}

func (s connectStream) Context() context.Context { return s.ctx }

func (s connectStream) Recv() (*pb.StreamingOutputCallRequest, error) {
	message, err := s.Receive()
	if errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	return message, err
}

// connectError makes connect-go's error of grpc-go's.
func connectError(err error) error {
	var known *connect.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	from, ok := status.FromError(err)
	if !ok {
		return err
	}
	made := connect.NewError(connect.Code(from.Code()), errors.New(from.Message()))
	for _, detail := range from.Details() {
		if message, ok := detail.(proto.Message); ok {
			if known, err := connect.NewErrorDetail(message); err == nil {
				made.AddDetail(known)
			}
		}
	}
	return made
}

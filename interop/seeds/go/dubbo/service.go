package main

import (
	"context"

	"dubbo.apache.org/dubbo-go/v3/common"
	"dubbo.apache.org/dubbo-go/v3/common/constant"
	triple "dubbo.apache.org/dubbo-go/v3/protocol/triple/triple_protocol"

	"sluice.test/seeds/scripts"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

const service = "grpc.testing.TestService"

// TestServer is exported because dubbo-go registers no other.
type TestServer struct{ scripts *scripts.Scripts }

type testHandler interface {
	EmptyCall(ctx context.Context, request *pb.Empty) (*pb.Empty, error)
	StreamingOutputCall(ctx context.Context, stream *triple.ServerStream) error
	FullDuplexCall(ctx context.Context, stream *triple.BidiStream) error
}

// EmptyCall shows that the connection is there.
func (s *TestServer) EmptyCall(context.Context, *pb.Empty) (*pb.Empty, error) {
	return &pb.Empty{}, nil
}

// StreamingOutputCall plays a script.
func (s *TestServer) StreamingOutputCall(ctx context.Context, stream *triple.ServerStream) error {
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

// serviceInfo is what dubbo-go's generator would write.
var serviceInfo = common.ServiceInfo{
	InterfaceName: service,
	ServiceType:   (*testHandler)(nil),
	Methods: []common.MethodInfo{
		{
			Name:        "EmptyCall",
			Type:        constant.CallUnary,
			ReqInitFunc: func() any { return new(pb.Empty) },
			MethodFunc: func(ctx context.Context, args []any, handler any) (any, error) {
				response, err := handler.(testHandler).EmptyCall(ctx, args[0].(*pb.Empty))
				if err != nil {
					return nil, err
				}
				return triple.NewResponse(response), nil
			},
		},
		{
			Name:           "StreamingOutputCall",
			Type:           constant.CallServerStream,
			ReqInitFunc:    func() any { return new(pb.StreamingOutputCallRequest) },
			StreamInitFunc: func(stream any) any { return stream },
			MethodFunc: func(ctx context.Context, args []any, handler any) (any, error) {
				return nil, handler.(testHandler).StreamingOutputCall(ctx, args[1].(*triple.ServerStream))
			},
		},
		{
			Name:           "FullDuplexCall",
			Type:           constant.CallBidiStream,
			StreamInitFunc: func(stream any) any { return stream },
			MethodFunc: func(ctx context.Context, args []any, handler any) (any, error) {
				return nil, handler.(testHandler).FullDuplexCall(ctx, args[0].(*triple.BidiStream))
			},
		},
	},
}

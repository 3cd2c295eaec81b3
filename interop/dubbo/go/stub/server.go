package stub

import (
	"context"

	"dubbo.apache.org/dubbo-go/v3/common/constant"
	triple "dubbo.apache.org/dubbo-go/v3/protocol/triple/triple_protocol"
	"dubbo.apache.org/dubbo-go/v3/server"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

// Handler implements the service.
type Handler interface {
	EmptyCall(context.Context, *pb.Empty) (*pb.Empty, error)
	UnaryCall(context.Context, *pb.SimpleRequest) (*pb.SimpleResponse, error)
	StreamingInputCall(context.Context, *triple.ClientStream) (*pb.StreamingInputCallResponse, error)
	StreamingOutputCall(context.Context, *pb.StreamingOutputCallRequest, *triple.ServerStream) error
	FullDuplexCall(context.Context, *triple.BidiStream) error
}

// Register adds an implementation of one group and version to the server. Its type must be exported.
func Register(srv *server.Server, handler Handler, opts ...server.ServiceOption) error {
	return srv.Register(handler, &server.ServiceInfo{InterfaceName: Name, ServiceType: (*Handler)(nil), Methods: methods}, opts...)
}

var methods = []server.MethodInfo{
	{
		Name:        "EmptyCall",
		Type:        constant.CallUnary,
		ReqInitFunc: func() any { return new(pb.Empty) },
		MethodFunc: func(ctx context.Context, args []any, handler any) (any, error) {
			response, err := handler.(Handler).EmptyCall(ctx, args[0].(*pb.Empty))
			return responseOf(response, err)
		},
	},
	{
		Name:        "UnaryCall",
		Type:        constant.CallUnary,
		ReqInitFunc: func() any { return new(pb.SimpleRequest) },
		MethodFunc: func(ctx context.Context, args []any, handler any) (any, error) {
			response, err := handler.(Handler).UnaryCall(ctx, args[0].(*pb.SimpleRequest))
			return responseOf(response, err)
		},
	},
	{
		Name:           "StreamingInputCall",
		Type:           constant.CallClientStream,
		StreamInitFunc: func(stream any) any { return stream },
		MethodFunc: func(ctx context.Context, args []any, handler any) (any, error) {
			response, err := handler.(Handler).StreamingInputCall(ctx, args[0].(*triple.ClientStream))
			return responseOf(response, err)
		},
	},
	{
		Name:           "StreamingOutputCall",
		Type:           constant.CallServerStream,
		ReqInitFunc:    func() any { return new(pb.StreamingOutputCallRequest) },
		StreamInitFunc: func(stream any) any { return stream },
		MethodFunc: func(ctx context.Context, args []any, handler any) (any, error) {
			return nil, handler.(Handler).StreamingOutputCall(ctx, args[0].(*pb.StreamingOutputCallRequest), args[1].(*triple.ServerStream))
		},
	},
	{
		Name:           "FullDuplexCall",
		Type:           constant.CallBidiStream,
		StreamInitFunc: func(stream any) any { return stream },
		MethodFunc: func(ctx context.Context, args []any, handler any) (any, error) {
			return nil, handler.(Handler).FullDuplexCall(ctx, args[0].(*triple.BidiStream))
		},
	},
}

func responseOf(message any, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return triple.NewResponse(message), nil
}

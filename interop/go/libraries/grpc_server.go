package libraries

import (
	"context"
	"net"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

type grpcServer struct {
	pb.UnimplementedTestServiceServer
	server   *grpc.Server
	handlers Handlers
}

func newGrpcServer(handlers Handlers, ping time.Duration) *grpcServer {
	options := []grpc.ServerOption{grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 100 * time.Millisecond, PermitWithoutStream: true})}
	if ping > 0 {
		options = append(options, grpc.KeepaliveParams(keepalive.ServerParameters{Time: ping, Timeout: ping}))
	}
	s := &grpcServer{server: grpc.NewServer(options...), handlers: handlers}
	pb.RegisterTestServiceServer(s.server, s)
	return s
}

func (s *grpcServer) Serve(listener net.Listener) error { return s.server.Serve(listener) }
func (s *grpcServer) GracefulStop()                     { s.server.GracefulStop() }
func (s *grpcServer) Stop()                             { s.server.Stop() }

func (s *grpcServer) EmptyCall(context.Context, *pb.Empty) (*pb.Empty, error) {
	return &pb.Empty{}, nil
}

func (s *grpcServer) UnaryCall(ctx context.Context, request *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	return s.handlers.Unary(ctx, scriptOf(ctx), request)
}

func (s *grpcServer) StreamingInputCall(stream grpc.ClientStreamingServer[pb.StreamingInputCallRequest, pb.StreamingInputCallResponse]) error {
	response, err := s.handlers.Input(stream.Context(), scriptOf(stream.Context()), stream.Recv)
	if err != nil {
		return err
	}
	return stream.SendAndClose(response)
}

func (s *grpcServer) StreamingOutputCall(_ *pb.StreamingOutputCallRequest, stream grpc.ServerStreamingServer[pb.StreamingOutputCallResponse]) error {
	return s.handlers.Output(stream.Context(), scriptOf(stream.Context()), stream.Send)
}

func (s *grpcServer) FullDuplexCall(stream grpc.BidiStreamingServer[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]) error {
	script := scriptOf(stream.Context())
	if script == "metadata" {
		return returnMetadata(stream.Context(), stream)
	}
	return s.handlers.Duplex(script, stream)
}

// returnMetadata gives each field named in-… back as head-… and tail-….
func returnMetadata(ctx context.Context, stream grpc.ServerStream) error {
	header, trailer := metadata.MD{}, metadata.MD{}
	incoming, _ := metadata.FromIncomingContext(ctx)
	for name, values := range incoming {
		if rest, ok := strings.CutPrefix(name, "in-"); ok {
			header["head-"+rest] = values
			trailer["tail-"+rest] = values
		}
	}
	if err := stream.SendHeader(header); err != nil {
		return err
	}
	stream.SetTrailer(trailer)
	return nil
}

func scriptOf(ctx context.Context) string {
	incoming, _ := metadata.FromIncomingContext(ctx)
	if values := incoming.Get("x-script"); len(values) > 0 {
		return values[0]
	}
	return ""
}

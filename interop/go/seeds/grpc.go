package main

import (
	"context"
	"net"
	"strings"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/base"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"sluice.test/seeds/scripts"
	"sluice.test/seeds/walks"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

// done counts how often a picker's Done has been called.
var done atomic.Int64

// countingPicker takes the one connection that there is.
type countingPicker struct{ conn balancer.SubConn }

func (p countingPicker) Pick(balancer.PickInfo) (balancer.PickResult, error) {
	return balancer.PickResult{SubConn: p.conn, Done: func(balancer.DoneInfo) { done.Add(1) }}, nil
}

type countingPickers struct{}

func (countingPickers) Build(info base.PickerBuildInfo) balancer.Picker {
	for conn := range info.ReadySCs {
		return countingPicker{conn}
	}
	return base.NewErrPicker(balancer.ErrNoSubConnAvailable)
}

func init() { balancer.Register(base.NewBalancerBuilder("counting", countingPickers{}, base.Config{})) }

type grpcClient struct {
	conn   *grpc.ClientConn
	client pb.TestServiceClient
}

func newGrpcClient(addr string) (*grpcClient, error) {
	conn, err := grpc.NewClient("passthrough:///"+addr, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig": [{"counting": {}}]}`))
	if err != nil {
		return nil, err
	}
	return &grpcClient{conn, pb.NewTestServiceClient(conn)}, nil
}

func (c *grpcClient) Close()                { _ = c.conn.Close() }
func (c *grpcClient) Done() int64           { return done.Load() }
func (c *grpcClient) Code(err error) string { return grpcCode(err) }

func (c *grpcClient) Empty(ctx context.Context) error {
	_, err := c.client.EmptyCall(ctx, &pb.Empty{})
	return err
}

func (c *grpcClient) Duplex(ctx context.Context, script string) (walks.Stream, error) {
	stream, err := c.client.FullDuplexCall(metadata.AppendToOutgoingContext(ctx, "x-script", script))
	if err != nil {
		return nil, err
	}
	return grpcStream{stream, stream.Send}, nil
}

func (c *grpcClient) Output(ctx context.Context, script string) (walks.Stream, error) {
	stream, err := c.client.StreamingOutputCall(metadata.AppendToOutgoingContext(ctx, "x-script", script), request(0))
	if err != nil {
		return nil, err
	}
	return grpcStream{stream, nil}, nil
}

type grpcStream struct {
	receiving interface {
		Recv() (*pb.StreamingOutputCallResponse, error)
		CloseSend() error
	}
	send func(*pb.StreamingOutputCallRequest) error
}

func (s grpcStream) Send(size int) error { return s.send(request(size)) }
func (s grpcStream) CloseSend() error    { return s.receiving.CloseSend() }
func (s grpcStream) Leave() error        { return walks.ErrNoLeave }

func (s grpcStream) Recv() error {
	_, err := s.receiving.Recv()
	return err
}

func grpcCode(err error) string {
	if err == nil {
		return ""
	}
	return spelled(status.Code(err).String())
}

// spelled turns DeadlineExceeded into deadline_exceeded.
func spelled(code string) string {
	var name strings.Builder
	for i, letter := range code {
		if i > 0 && letter >= 'A' && letter <= 'Z' {
			name.WriteByte('_')
		}
		name.WriteRune(letter)
	}
	return strings.ToLower(name.String())
}

func request(size int) *pb.StreamingOutputCallRequest {
	asked := []*pb.ResponseParameters{{Size: 10}}
	return &pb.StreamingOutputCallRequest{ResponseParameters: asked, Payload: &pb.Payload{Body: make([]byte, size)}}
}

func response(size int) *pb.StreamingOutputCallResponse {
	return &pb.StreamingOutputCallResponse{Payload: &pb.Payload{Body: make([]byte, size)}}
}

type grpcServer struct {
	pb.UnimplementedTestServiceServer
	scripts *scripts.Scripts
}

func serveGrpc(listener net.Listener, played *scripts.Scripts) error {
	played.Code = grpcCode
	server := grpc.NewServer()
	pb.RegisterTestServiceServer(server, &grpcServer{scripts: played})
	return server.Serve(listener)
}

func (s *grpcServer) EmptyCall(context.Context, *pb.Empty) (*pb.Empty, error) {
	return &pb.Empty{}, nil
}

func (s *grpcServer) StreamingOutputCall(_ *pb.StreamingOutputCallRequest, stream grpc.ServerStreamingServer[pb.StreamingOutputCallResponse]) error {
	send := func(size int) error { return stream.Send(response(size)) }
	return s.scripts.Output(stream.Context(), scriptOf(stream.Context()), send)
}

func (s *grpcServer) FullDuplexCall(stream grpc.BidiStreamingServer[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]) error {
	return s.scripts.Duplex(scriptOf(stream.Context()), grpcHandlerStream{stream})
}

type grpcHandlerStream struct {
	grpc.BidiStreamingServer[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]
}

func (s grpcHandlerStream) Send(size int) error { return s.BidiStreamingServer.Send(response(size)) }

func (s grpcHandlerStream) Recv() error {
	_, err := s.BidiStreamingServer.Recv()
	return err
}

func scriptOf(ctx context.Context) string {
	incoming, _ := metadata.FromIncomingContext(ctx)
	if values := incoming.Get("x-script"); len(values) > 0 {
		return values[0]
	}
	return ""
}

package main

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

type grpcClient struct {
	conn   *grpc.ClientConn
	client pb.TestServiceClient
}

func newGrpcClient(addr string, ping time.Duration) (*grpcClient, error) {
	options := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	if ping > 0 {
		options = append(options, grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: ping, Timeout: 2 * time.Second, PermitWithoutStream: true}))
	}
	conn, err := grpc.NewClient("passthrough:///"+addr, options...)
	if err != nil {
		return nil, err
	}
	return &grpcClient{conn, pb.NewTestServiceClient(conn)}, nil
}

func (c *grpcClient) close() { _ = c.conn.Close() }

func (c *grpcClient) empty(ctx context.Context) error {
	_, err := c.client.EmptyCall(ctx, &pb.Empty{})
	return err
}

func (c *grpcClient) duplex(ctx context.Context, name string) (clientStream, error) {
	ctx, cancel := context.WithCancel(script(ctx, name))
	stream, err := c.client.FullDuplexCall(ctx)
	return &grpcStream{stream, stream.Send, cancel}, err
}

func (c *grpcClient) output(ctx context.Context, name string) (clientStream, error) {
	ctx, cancel := context.WithCancel(script(ctx, name))
	stream, err := c.client.StreamingOutputCall(ctx, request())
	return &grpcStream{stream, nil, cancel}, err
}

func (c *grpcClient) input(ctx context.Context, name string) (upload, error) {
	stream, err := c.client.StreamingInputCall(script(ctx, name))
	return grpcUpload{stream}, err
}

type grpcStream struct {
	receiving interface {
		Recv() (*pb.StreamingOutputCallResponse, error)
		CloseSend() error
	}
	send   func(*pb.StreamingOutputCallRequest) error
	cancel context.CancelFunc
}

func (s *grpcStream) Send(message *pb.StreamingOutputCallRequest) error { return s.send(message) }
func (s *grpcStream) CloseSend() error                                  { return s.receiving.CloseSend() }
func (s *grpcStream) Recv() (*pb.StreamingOutputCallResponse, error)    { return s.receiving.Recv() }

// leave cancels the context: grpc-go has no other way to leave a stream.
func (s *grpcStream) leave() error {
	s.cancel()
	return nil
}

type grpcUpload struct {
	pb.TestService_StreamingInputCallClient
}

func (u grpcUpload) CloseAndRecv() error {
	_, err := u.TestService_StreamingInputCallClient.CloseAndRecv()
	return err
}

// script tells the server which handler to play.
func script(ctx context.Context, name string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "x-script", name)
}

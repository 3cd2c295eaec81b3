package libraries

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

// GrpcClient is grpc-go's client.
type GrpcClient struct {
	conn *grpc.ClientConn
	// Service is what grpc-go's generator wrote.
	Service pb.TestServiceClient
}

// DialGrpc makes a client of grpc-go. ping: asks a silent server after this time, at least 10 s; 0: never.
func DialGrpc(addr string, ping time.Duration, options ...grpc.DialOption) (*GrpcClient, error) {
	options = append(options, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if ping > 0 {
		options = append(options, grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: ping, Timeout: 2 * time.Second, PermitWithoutStream: true}))
	}
	conn, err := grpc.NewClient("passthrough:///"+addr, options...)
	if err != nil {
		return nil, err
	}
	return &GrpcClient{conn, pb.NewTestServiceClient(conn)}, nil
}

func (c *GrpcClient) Close() { _ = c.conn.Close() }

func (c *GrpcClient) Empty(ctx context.Context) error {
	_, err := c.Service.EmptyCall(ctx, &pb.Empty{})
	return err
}

func (c *GrpcClient) Duplex(ctx context.Context, script string) (Stream, error) {
	stream, err := c.Service.FullDuplexCall(WithScript(ctx, script))
	if err != nil {
		return nil, err
	}
	return grpcStream{stream, stream.Send}, nil
}

func (c *GrpcClient) Output(ctx context.Context, script string) (Stream, error) {
	stream, err := c.Service.StreamingOutputCall(WithScript(ctx, script), &pb.StreamingOutputCallRequest{})
	if err != nil {
		return nil, err
	}
	return grpcStream{stream, nil}, nil
}

func (c *GrpcClient) Input(ctx context.Context, script string) (Upload, error) {
	stream, err := c.Service.StreamingInputCall(WithScript(ctx, script))
	return grpcUpload{stream}, err
}

type grpcStream struct {
	receiving interface {
		Recv() (*pb.StreamingOutputCallResponse, error)
		CloseSend() error
	}
	send func(*pb.StreamingOutputCallRequest) error
}

func (s grpcStream) Send(message *pb.StreamingOutputCallRequest) error { return s.send(message) }
func (s grpcStream) CloseSend() error                                  { return s.receiving.CloseSend() }
func (s grpcStream) Recv() (*pb.StreamingOutputCallResponse, error)    { return s.receiving.Recv() }

// Leave is not supported: grpc-go has no way but the context.
func (s grpcStream) Leave() error { return errors.ErrUnsupported }

type grpcUpload struct {
	pb.TestService_StreamingInputCallClient
}

func (u grpcUpload) CloseAndRecv() error {
	_, err := u.TestService_StreamingInputCallClient.CloseAndRecv()
	return err
}

// WithScript tells the server which handler to play.
func WithScript(ctx context.Context, name string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "x-script", name)
}

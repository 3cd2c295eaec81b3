// Package stub is what dubbo-go's generator would write for grpc.testing.TestService: the generator is not to be had as a module. The messages
// are grpc-go's own.
package stub

import (
	"context"

	"dubbo.apache.org/dubbo-go/v3/client"
	triple "dubbo.apache.org/dubbo-go/v3/protocol/triple/triple_protocol"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

// Name is the full name of the service.
const Name = "grpc.testing.TestService"

// Client calls the service.
type Client struct{ conn *client.Connection }

// NewClient makes a client of one group and version of the service.
func NewClient(cli *client.Client, opts ...client.ReferenceOption) (*Client, error) {
	conn, err := cli.DialWithInfo(Name, &client.ClientInfo{
		InterfaceName: Name,
		MethodNames:   []string{"EmptyCall", "UnaryCall", "StreamingInputCall", "StreamingOutputCall", "FullDuplexCall"},
	}, opts...)
	if err != nil {
		return nil, err
	}
	return &Client{conn}, nil
}

func (c *Client) EmptyCall(ctx context.Context) error {
	return c.conn.CallUnary(ctx, []any{new(pb.Empty)}, new(pb.Empty), "EmptyCall")
}

// Unary calls the method of that name: `UnaryCall`, or the same with its first letter small.
func (c *Client) Unary(ctx context.Context, method string, request *pb.SimpleRequest, opts ...client.CallOption) (*pb.SimpleResponse, error) {
	response := new(pb.SimpleResponse)
	return response, c.conn.CallUnary(ctx, []any{request}, response, method, opts...)
}

// Wrapped calls the method with an argument that is no message, as one does without a proto file.
func (c *Client) Wrapped(ctx context.Context, method, argument string) error {
	var reply string
	return c.conn.CallUnary(ctx, []any{argument}, &reply, method)
}

func (c *Client) StreamingInputCall(ctx context.Context) (*triple.ClientStreamForClient, error) {
	stream, err := c.conn.CallClientStream(ctx, "StreamingInputCall")
	if err != nil {
		return nil, err
	}
	return stream.(*triple.ClientStreamForClient), nil
}

func (c *Client) StreamingOutputCall(ctx context.Context, request *pb.StreamingOutputCallRequest) (*triple.ServerStreamForClient, error) {
	stream, err := c.conn.CallServerStream(ctx, request, "StreamingOutputCall")
	if err != nil {
		return nil, err
	}
	return stream.(*triple.ServerStreamForClient), nil
}

func (c *Client) FullDuplexCall(ctx context.Context) (*triple.BidiStreamForClient, error) {
	stream, err := c.conn.CallBidiStream(ctx, "FullDuplexCall")
	if err != nil {
		return nil, err
	}
	return stream.(*triple.BidiStreamForClient), nil
}

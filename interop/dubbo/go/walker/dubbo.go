package main

import (
	"context"
	"net/http"

	triple "dubbo.apache.org/dubbo-go/v3/protocol/triple/triple_protocol"

	pb "google.golang.org/grpc/interop/grpc_testing"

	"sluice.test/dubbo/stub"
)

// dubboClient is what applications use.
type dubboClient struct {
	service *stub.Client
	wrapped bool
}

func (c *dubboClient) unary(ctx context.Context, method string, request *pb.SimpleRequest, headers, trailers *http.Header) (*pb.SimpleResponse, error) {
	if c.wrapped {
		return nil, c.service.Wrapped(ctx, method, "an argument")
	}
	return c.service.Unary(ctx, method, request, responseMetadata(headers, trailers)...)
}

func (c *dubboClient) input(ctx context.Context) (*triple.ClientStreamForClient, error) {
	return c.service.StreamingInputCall(ctx)
}

func (c *dubboClient) output(ctx context.Context, request *pb.StreamingOutputCallRequest) (*triple.ServerStreamForClient, error) {
	return c.service.StreamingOutputCall(ctx, request)
}

func (c *dubboClient) duplex(ctx context.Context) (*triple.BidiStreamForClient, error) {
	return c.service.FullDuplexCall(ctx)
}

package main

import (
	"context"
	"errors"
	"net/http"

	triple "dubbo.apache.org/dubbo-go/v3/protocol/triple/triple_protocol"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

// httpClient makes unary calls in the form that is plain HTTP, over HTTP/1.1.
type httpClient struct {
	addr    string
	options []triple.ClientOption
}

func newHTTPClient(addr, group, version string, asJSON bool) *httpClient {
	options := []triple.ClientOption{triple.WithTriple(), triple.WithGroup(group), triple.WithVersion(version)}
	if asJSON {
		options = append(options, triple.WithProtoJSON())
	}
	return &httpClient{addr, options}
}

func (c *httpClient) unary(ctx context.Context, method string, request *pb.SimpleRequest, headers, trailers *http.Header) (*pb.SimpleResponse, error) {
	message := new(pb.SimpleResponse)
	response := triple.NewResponse(message)
	err := callHTTP(ctx, c.addr, method, triple.NewRequest(request), response, c.options)
	*headers, *trailers = response.Header(), response.Trailer()
	return message, err
}

func (c *httpClient) input(context.Context) (*triple.ClientStreamForClient, error) {
	return nil, errors.ErrUnsupported
}

func (c *httpClient) output(context.Context, *pb.StreamingOutputCallRequest) (*triple.ServerStreamForClient, error) {
	return nil, errors.ErrUnsupported
}

func (c *httpClient) duplex(context.Context) (*triple.BidiStreamForClient, error) {
	return nil, errors.ErrUnsupported
}

//go:build !dubbo330

package main

import (
	"context"
	"net/http"

	"dubbo.apache.org/dubbo-go/v3/client"
	triple "dubbo.apache.org/dubbo-go/v3/protocol/triple/triple_protocol"

	"sluice.test/dubbo/stub"
)

func responseMetadata(headers, trailers *http.Header) []client.CallOption {
	return []client.CallOption{client.WithResponseHeader(headers), client.WithResponseTrailer(trailers)}
}

// callHTTP makes a unary call in the form that is plain HTTP. The client that applications use has no way to it any more.
func callHTTP(ctx context.Context, addr, method string, request *triple.Request, response *triple.Response, options []triple.ClientOption) error {
	return triple.NewClient(http.DefaultClient, "http://"+addr+"/"+stub.Name, options...).CallUnary(ctx, request, method, response)
}

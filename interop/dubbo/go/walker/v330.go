//go:build dubbo330

package main

import (
	"context"
	"net/http"

	"dubbo.apache.org/dubbo-go/v3/client"
	triple "dubbo.apache.org/dubbo-go/v3/protocol/triple/triple_protocol"

	"sluice.test/dubbo/stub"
)

// responseMetadata is nothing: in 3.3.0 a unary call does not give it.
func responseMetadata(_, _ *http.Header) []client.CallOption { return nil }

// callHTTP makes a unary call in the form that is plain HTTP, as `call-http-type=http` does for applications.
func callHTTP(ctx context.Context, addr, method string, request *triple.Request, response *triple.Response, options []triple.ClientOption) error {
	return triple.NewClient(http.DefaultClient, "http://"+addr+"/"+stub.Name+"/"+method, options...).CallUnary(ctx, request, response)
}

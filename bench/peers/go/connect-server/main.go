// Command connect-server serves bench.v1.Bench with connect-go over net/http, cleartext HTTP/2, and HTTP/1.1.
package main

import (
	"context"
	"errors"
	"io"
	"net/http"

	"connectrpc.com/connect"

	"sluice/bench/behaviour"
	"sluice/bench/benchv1"
	"sluice/bench/benchv1/benchv1connect"
	"sluice/bench/process"
)

type service struct{}

func (service) Unary(_ context.Context, request *connect.Request[benchv1.Payload]) (*connect.Response[benchv1.Payload], error) {
	return connect.NewResponse(behaviour.Unary(request.Msg)), nil
}

func (service) Server(ctx context.Context, request *connect.Request[benchv1.Payload], stream *connect.ServerStream[benchv1.Payload]) error {
	return behaviour.Server(ctx, request.Msg, stream.Send)
}

func (service) Client(_ context.Context, stream *connect.ClientStream[benchv1.Payload]) (*connect.Response[benchv1.Payload], error) {
	response, err := behaviour.Client(func() (*benchv1.Payload, error) {
		if stream.Receive() {
			return stream.Msg(), nil
		}
		if err := stream.Err(); err != nil {
			return nil, err
		}
		return nil, io.EOF
	})
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(response), nil
}

func (service) Bidi(ctx context.Context, stream *connect.BidiStream[benchv1.Payload, benchv1.Payload]) error {
	return behaviour.Bidi(ctx, stream.Receive, stream.Send)
}

func main() {
	listener, config := process.Listen()
	mux := http.NewServeMux()
	mux.Handle(benchv1connect.NewBenchHandler(service{}))
	server := &http.Server{Handler: mux, TLSConfig: config, Protocols: new(http.Protocols)}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetHTTP2(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	process.Ready(listener, func() { _ = server.Close() }, behaviour.Figures)
	var err error
	if config != nil {
		err = server.ServeTLS(listener, "", "")
	} else {
		err = server.Serve(listener)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		process.Check(err)
	}
	select {}
}

// Command grpc-server serves bench.v1.Bench with grpc-go.
package main

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"sluice/bench/behaviour"
	"sluice/bench/benchv1"
	"sluice/bench/process"
)

type service struct {
	benchv1.UnimplementedBenchServer
}

func (service) Unary(_ context.Context, request *benchv1.Payload) (*benchv1.Payload, error) {
	return behaviour.Unary(request), nil
}

func (service) Server(request *benchv1.Payload, stream grpc.ServerStreamingServer[benchv1.Payload]) error {
	return behaviour.Server(stream.Context(), request, stream.Send)
}

func (service) Client(stream grpc.ClientStreamingServer[benchv1.Payload, benchv1.Payload]) error {
	response, err := behaviour.Client(stream.Recv)
	if err != nil {
		return err
	}
	return stream.SendAndClose(response)
}

func (service) Bidi(stream grpc.BidiStreamingServer[benchv1.Payload, benchv1.Payload]) error {
	return behaviour.Bidi(stream.Context(), stream.Recv, stream.Send)
}

func main() {
	listener, config := process.Listen()
	options := []grpc.ServerOption{}
	if config != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(config)))
	}
	server := grpc.NewServer(options...)
	benchv1.RegisterBenchServer(server, service{})
	process.Ready(listener, server.Stop, behaviour.Figures)
	process.Check(server.Serve(listener))
	select {} // stop ends the process
}

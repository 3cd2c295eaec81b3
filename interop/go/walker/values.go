package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"sluice.test/interop/libraries"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

// metadataBothWays sends metadata that the server returns, each name with "in-" replaced: text, several values, bytes of all kinds.
func metadataBothWays(ctx context.Context, w *world) error {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	sent := map[string][]string{
		"in-text":      {"a value, with comma"},
		"in-many":      {"one", "two", "three"},
		"in-bytes-bin": {string(every)},
		"in-many-bin":  {"\x00", "", "\xff\xfe"},
	}
	ctx = libraries.WithScript(ctx, "metadata")
	for name, values := range sent {
		for _, value := range values {
			ctx = metadata.AppendToOutgoingContext(ctx, name, value)
		}
	}
	client, ok := w.client.(*libraries.GrpcClient)
	if !ok {
		return errors.ErrUnsupported
	}
	stream, err := client.Service.FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	header, err := stream.Header()
	if err != nil {
		return err
	}
	if _, err := stream.Recv(); err != io.EOF {
		return fmt.Errorf("ended with %v, want EOF", err)
	}
	for name, values := range sent {
		name = name[len("in-"):]
		if got := header.Get("head-" + name); !slices.Equal(got, values) {
			return fmt.Errorf("header head-%s: %q, want %q", name, got, values)
		}
		if got := stream.Trailer().Get("tail-" + name); !slices.Equal(got, values) {
			return fmt.Errorf("trailer tail-%s: %q, want %q", name, got, values)
		}
	}
	return nil
}

func statusDetails(ctx context.Context, w *world) error {
	client, ok := w.client.(*libraries.GrpcClient)
	if !ok {
		return errors.ErrUnsupported
	}
	_, err := client.Service.UnaryCall(libraries.WithScript(ctx, "details"), &pb.SimpleRequest{})
	if err := want(err, codes.FailedPrecondition); err != nil {
		return err
	}
	got := status.Convert(err)
	if got.Message() != "not now: 50 % \u263a" {
		return fmt.Errorf("message %q", got.Message())
	}
	details := got.Details()
	if len(details) != 2 {
		return fmt.Errorf("%d details, want 2: %v", len(details), details)
	}
	for i, text := range []string{"first", "second"} {
		echo, ok := details[i].(*pb.EchoStatus)
		if !ok || echo.GetMessage() != text || echo.GetCode() != int32(i+1) {
			return fmt.Errorf("detail %d is %v", i, details[i])
		}
	}
	return nil
}

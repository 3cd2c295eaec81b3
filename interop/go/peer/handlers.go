package main

import (
	"context"
	"io"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

func (s *testService) EmptyCall(context.Context, *pb.Empty) (*pb.Empty, error) {
	return &pb.Empty{}, nil
}

func (s *testService) UnaryCall(ctx context.Context, request *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	s.began()
	defer func() { s.ended(ctx.Err() != nil) }()
	switch scriptOf(ctx) {
	case "mute":
		<-ctx.Done()
		return nil, ctx.Err()
	case "details":
		rich, err := status.New(codes.FailedPrecondition, "not now: 50 % \u263a").WithDetails(
			&pb.EchoStatus{Code: 1, Message: "first"}, &pb.EchoStatus{Code: 2, Message: "second"})
		if err != nil {
			return nil, err
		}
		return nil, rich.Err()
	case "code-99":
		return nil, status.Error(codes.Code(99), "a code of my own")
	}
	return &pb.SimpleResponse{Payload: &pb.Payload{Body: make([]byte, request.GetResponseSize())}}, nil
}

func (s *testService) StreamingInputCall(stream grpc.ClientStreamingServer[pb.StreamingInputCallRequest, pb.StreamingInputCallResponse]) error {
	s.began()
	defer func() { s.ended(stream.Context().Err() != nil) }()
	switch scriptOf(stream.Context()) {
	case "early":
		// An answer while the client still sends: the whole response, then no interest in the rest.
		if _, err := stream.Recv(); err != nil {
			return err
		}
		return stream.SendAndClose(&pb.StreamingInputCallResponse{AggregatedPayloadSize: 1})
	case "early-error":
		if _, err := stream.Recv(); err != nil {
			return err
		}
		return status.Error(codes.ResourceExhausted, "enough")
	case "mute":
		<-stream.Context().Done()
		return stream.Context().Err()
	}
	var size int32
	for {
		request, err := stream.Recv()
		if err == io.EOF {
			return stream.SendAndClose(&pb.StreamingInputCallResponse{AggregatedPayloadSize: size})
		}
		if err != nil {
			return err
		}
		size += int32(len(request.GetPayload().GetBody()))
	}
}

func (s *testService) StreamingOutputCall(_ *pb.StreamingOutputCallRequest, stream grpc.ServerStreamingServer[pb.StreamingOutputCallResponse]) error {
	s.began()
	defer func() { s.ended(stream.Context().Err() != nil) }()
	if scriptOf(stream.Context()) == "mute" {
		<-stream.Context().Done()
		return stream.Context().Err()
	}
	return endless(stream.Context(), stream.Send)
}

func (s *testService) FullDuplexCall(stream grpc.BidiStreamingServer[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]) error {
	ctx := stream.Context()
	s.began()
	defer func() { s.ended(ctx.Err() != nil) }()
	switch scriptOf(ctx) {
	case "mute":
		<-ctx.Done()
		return ctx.Err()
	case "endless":
		return endless(ctx, stream.Send)
	case "early-error":
		if _, err := stream.Recv(); err != nil {
			return err
		}
		return status.Error(codes.Aborted, "changed my mind")
	case "metadata":
		return returnMetadata(ctx, stream)
	}
	for {
		request, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for _, parameters := range request.GetResponseParameters() {
			if err := stream.Send(&pb.StreamingOutputCallResponse{Payload: &pb.Payload{Body: make([]byte, parameters.GetSize())}}); err != nil {
				return err
			}
		}
	}
}

func endless(ctx context.Context, send func(*pb.StreamingOutputCallResponse) error) error {
	response := &pb.StreamingOutputCallResponse{Payload: &pb.Payload{Body: make([]byte, 1000)}}
	for ctx.Err() == nil {
		if err := send(response); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// returnMetadata gives each field named in-… back as head-… and tail-….
func returnMetadata(ctx context.Context, stream grpc.ServerStream) error {
	header, trailer := metadata.MD{}, metadata.MD{}
	incoming, _ := metadata.FromIncomingContext(ctx)
	for name, values := range incoming {
		if rest, ok := strings.CutPrefix(name, "in-"); ok {
			header["head-"+rest] = values
			trailer["tail-"+rest] = values
		}
	}
	if err := stream.SendHeader(header); err != nil {
		return err
	}
	stream.SetTrailer(trailer)
	return nil
}

func scriptOf(ctx context.Context) string {
	incoming, _ := metadata.FromIncomingContext(ctx)
	if values := incoming.Get("x-script"); len(values) > 0 {
		return values[0]
	}
	return ""
}

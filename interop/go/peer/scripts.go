package main

import (
	"context"
	"io"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"sluice.test/interop/libraries"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

// scripts is what the handlers do, whichever library runs them, and what they have done.
type scripts struct {
	running, cancelled, finished atomic.Int64
}

// began counts a handler for as long as it runs.
func (s *scripts) began() { s.running.Add(1) }

func (s *scripts) ended(ctx context.Context) {
	s.running.Add(-1)
	s.finished.Add(1)
	if ctx.Err() != nil {
		s.cancelled.Add(1)
	}
}

func (s *scripts) Unary(ctx context.Context, script string, request *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	s.began()
	defer s.ended(ctx)
	switch script {
	case "mute":
		<-ctx.Done()
		return nil, statusOf(ctx)
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

func (s *scripts) Input(ctx context.Context, script string, recv func() (*pb.StreamingInputCallRequest, error)) (*pb.StreamingInputCallResponse, error) {
	s.began()
	defer s.ended(ctx)
	switch script {
	case "early":
		// An answer while the client still sends: the whole response, then no interest in the rest.
		if _, err := recv(); err != nil {
			return nil, err
		}
		return &pb.StreamingInputCallResponse{AggregatedPayloadSize: 1}, nil
	case "early-error":
		if _, err := recv(); err != nil {
			return nil, err
		}
		return nil, status.Error(codes.ResourceExhausted, "enough")
	case "mute":
		<-ctx.Done()
		return nil, statusOf(ctx)
	}
	var size int32
	for {
		request, err := recv()
		if err == io.EOF {
			return &pb.StreamingInputCallResponse{AggregatedPayloadSize: size}, nil
		}
		if err != nil {
			return nil, err
		}
		size += int32(len(request.GetPayload().GetBody()))
	}
}

func (s *scripts) Output(ctx context.Context, script string, send func(*pb.StreamingOutputCallResponse) error) error {
	s.began()
	defer s.ended(ctx)
	if script == "mute" {
		<-ctx.Done()
		return statusOf(ctx)
	}
	return endless(ctx, send)
}

func (s *scripts) Duplex(script string, stream libraries.HandlerStream) error {
	ctx := stream.Context()
	s.began()
	defer s.ended(ctx)
	switch script {
	case "mute":
		<-ctx.Done()
		return statusOf(ctx)
	case "hold":
		// Answers the first message, then waits for the end.
		if _, err := stream.Recv(); err != nil {
			return err
		}
		if err := stream.Send(payload(10)); err != nil {
			return err
		}
		<-ctx.Done()
		return statusOf(ctx)
	case "burst":
		for range 40 {
			if err := stream.Send(payload(1000)); err != nil {
				return err
			}
		}
		<-ctx.Done()
		return statusOf(ctx)
	case "race":
		// Ends the call with an error of its own at about the time of the deadline.
		deadline, _ := ctx.Deadline()
		time.Sleep(time.Until(deadline) - 200*time.Microsecond)
		return status.Error(codes.DeadlineExceeded, "the handler's own end")
	case "endless":
		return endless(ctx, stream.Send)
	case "early-error":
		if _, err := stream.Recv(); err != nil {
			return err
		}
		return status.Error(codes.Aborted, "changed my mind")
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
			if err := stream.Send(payload(int(parameters.GetSize()))); err != nil {
				return err
			}
		}
	}
}

func endless(ctx context.Context, send func(*pb.StreamingOutputCallResponse) error) error {
	response := payload(1000)
	for ctx.Err() == nil {
		if err := send(response); err != nil {
			return err
		}
	}
	return statusOf(ctx)
}

func payload(size int) *pb.StreamingOutputCallResponse {
	return &pb.StreamingOutputCallResponse{Payload: &pb.Payload{Body: make([]byte, size)}}
}

func statusOf(ctx context.Context) error {
	return status.FromContextError(ctx.Err()).Err()
}

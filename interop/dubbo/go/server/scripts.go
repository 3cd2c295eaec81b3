package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"

	triple "dubbo.apache.org/dubbo-go/v3/protocol/triple/triple_protocol"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

type counts struct{ running, cancelled, finished atomic.Int64 }

// Scripts are the handlers.
type Scripts struct {
	counts *counts
	name   string
}

func (s *Scripts) ended(ctx context.Context) {
	s.counts.running.Add(-1)
	s.counts.finished.Add(1)
	if ctx.Err() != nil {
		s.counts.cancelled.Add(1)
	}
}

func (s *Scripts) EmptyCall(context.Context, *pb.Empty) (*pb.Empty, error) { return new(pb.Empty), nil }

func (s *Scripts) UnaryCall(ctx context.Context, request *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	s.counts.running.Add(1)
	defer s.ended(ctx)
	header, _ := triple.FromIncomingContext(ctx)
	switch script := attachment(header, "x-script"); script {
	case "error", "biz":
		return nil, failure(script)
	case "park":
		return nil, parked(ctx)
	case "metadata":
		tell(ctx, header)
	}
	return &pb.SimpleResponse{Username: s.name + attachment(header, "in-a"), Payload: request.GetPayload()}, nil
}

func (s *Scripts) StreamingInputCall(ctx context.Context, stream *triple.ClientStream) (*pb.StreamingInputCallResponse, error) {
	s.counts.running.Add(1)
	defer s.ended(ctx)
	header := stream.RequestHeader()
	script := attachment(header, "x-script")
	if script == "metadata" {
		tell(ctx, header)
	}
	count := int32(0)
	for stream.Receive(new(pb.StreamingInputCallRequest)) {
		count++
		switch {
		case script == "error" || script == "biz":
			return nil, failure(script)
		case script == "park":
			return nil, parked(ctx)
		case script == "mid-error" && count == 2:
			return nil, failure(script)
		}
	}
	if err := stream.Err(); err != nil {
		return nil, err
	}
	return &pb.StreamingInputCallResponse{AggregatedPayloadSize: count}, nil
}

func (s *Scripts) StreamingOutputCall(ctx context.Context, request *pb.StreamingOutputCallRequest, stream *triple.ServerStream) error {
	s.counts.running.Add(1)
	defer s.ended(ctx)
	header, _ := triple.FromIncomingContext(ctx)
	script := attachment(header, "x-script")
	if script == "error" || script == "biz" {
		return failure(script)
	}
	if script == "metadata" {
		heads, tails := mirrored(header)
		merge(stream.ResponseHeader(), heads)
		merge(stream.ResponseTrailer(), tails)
	}
	for i, parameters := range request.GetResponseParameters() {
		if script == "mid-error" && i == 2 {
			return failure(script)
		}
		if err := stream.Send(payload(parameters.GetSize())); err != nil {
			return err
		}
	}
	if script == "park" {
		return parked(ctx)
	}
	return nil
}

func (s *Scripts) FullDuplexCall(ctx context.Context, stream *triple.BidiStream) error {
	s.counts.running.Add(1)
	defer s.ended(ctx)
	header := stream.RequestHeader()
	script := attachment(header, "x-script")
	if script == "error" || script == "biz" {
		return failure(script)
	}
	if script == "metadata" {
		heads, tails := mirrored(header)
		merge(stream.ResponseHeader(), heads)
		merge(stream.ResponseTrailer(), tails)
	}
	for count := 1; ; count++ {
		request := new(pb.StreamingOutputCallRequest)
		if err := stream.Receive(request); err != nil {
			if !triple.IsEnded(err) {
				return err
			}
			break
		}
		for _, parameters := range request.GetResponseParameters() {
			if err := stream.Send(payload(parameters.GetSize())); err != nil {
				return err
			}
		}
		if script == "mid-error" && count == 2 {
			return failure(script)
		}
		if script == "park" {
			return parked(ctx)
		}
	}
	if script == "after" {
		// the client has half-closed, and hears on
		for range 3 {
			if err := stream.Send(payload(7)); err != nil {
				return err
			}
		}
	}
	return nil
}

// attachment reads a field of the request: 3.3.0 gives unary handlers lower-case names, the others canonical ones.
func attachment(header http.Header, name string) string {
	for key, values := range header {
		if strings.EqualFold(key, name) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

func failure(script string) error {
	code, text := triple.CodeNotFound, "no such thing: é"
	switch script {
	case "biz":
		code, text = triple.CodeBizError, "out of credit"
	case "mid-error":
		code, text = triple.CodeDataLoss, "half of it is gone"
	}
	err := triple.NewError(code, errors.New(text))
	if detail, detailErr := triple.NewErrorDetail(&pb.EchoStatus{Code: int32(code), Message: "why"}); detailErr == nil {
		err.AddDetail(detail)
	}
	return err
}

// parked waits until the call is cut off. The bare error of the context would be sent as code 17.
func parked(ctx context.Context) error {
	<-ctx.Done()
	code := triple.CodeCanceled
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		code = triple.CodeDeadlineExceeded
	}
	return triple.NewError(code, ctx.Err())
}

// tell says headers and trailers of a handler that has no stream to say them on. 3.3.0 cannot: it does not find the connection.
func tell(ctx context.Context, header http.Header) {
	heads, tails := mirrored(header)
	if err := errors.Join(triple.SetHeader(ctx, heads), triple.SetTrailer(ctx, tails)); err != nil {
		fmt.Fprintf(os.Stderr, "no headers: %.60v\n", err)
	}
}

// mirrored is what a client that sent in-x is to hear: head-x in the headers, tail-x in the trailers.
func mirrored(header http.Header) (heads, tails http.Header) {
	heads, tails = http.Header{}, http.Header{}
	for name, values := range header {
		name = strings.ToLower(name)
		if strings.HasPrefix(name, "in-") {
			heads["Head-"+name[3:]] = values
			tails["Tail-"+name[3:]] = values
		}
	}
	return heads, tails
}

func merge(into, from http.Header) {
	for name, values := range from {
		for _, value := range values {
			into.Add(name, value)
		}
	}
}

func payload(size int32) *pb.StreamingOutputCallResponse {
	return &pb.StreamingOutputCallResponse{Payload: &pb.Payload{Body: make([]byte, size)}}
}

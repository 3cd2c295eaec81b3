package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"

	triple "dubbo.apache.org/dubbo-go/v3/protocol/triple/triple_protocol"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

// caller makes calls; streams are nil where there are none.
type caller interface {
	unary(ctx context.Context, method string, request *pb.SimpleRequest, headers, trailers *http.Header) (*pb.SimpleResponse, error)
	input(ctx context.Context) (*triple.ClientStreamForClient, error)
	output(ctx context.Context, request *pb.StreamingOutputCallRequest) (*triple.ServerStreamForClient, error)
	duplex(ctx context.Context) (*triple.BidiStreamForClient, error)
}

func unary(ctx context.Context, c *call, seen *result) error {
	var headers, trailers http.Header
	if c.script == "park" {
		fmt.Println("open")
	}
	response, err := c.client.unary(ctx, c.method, &pb.SimpleRequest{Payload: &pb.Payload{Body: []byte{1, 2, 3}}}, &headers, &trailers)
	if err != nil {
		return err
	}
	seen.Name, seen.Bytes, seen.Messages = response.GetUsername(), len(response.GetPayload().GetBody()), 1
	keep(seen.Headers, headers)
	keep(seen.Trailers, trailers)
	return nil
}

func input(ctx context.Context, c *call, seen *result) error {
	stream, err := c.client.input(ctx)
	if err != nil {
		return err
	}
	for range 3 {
		// an error here is that the server has ended: what it said comes with CloseAndReceive
		if err := stream.Send(&pb.StreamingInputCallRequest{Payload: &pb.Payload{Body: []byte{1}}}); err != nil {
			break
		}
	}
	if c.script == "park" {
		fmt.Println("open")
		if c.leaving != "stay" {
			<-ctx.Done()
		}
	}
	response := triple.NewResponse(new(pb.StreamingInputCallResponse))
	if err := stream.CloseAndReceive(response); err != nil {
		return err
	}
	seen.Bytes, seen.Messages = int(response.Msg.(*pb.StreamingInputCallResponse).GetAggregatedPayloadSize()), 1
	keep(seen.Headers, response.Header())
	keep(seen.Trailers, response.Trailer())
	return nil
}

func output(ctx context.Context, c *call, seen *result) error {
	stream, err := c.client.output(ctx, request(1, 2, 3))
	if err != nil {
		return err
	}
	for stream.Receive(new(pb.StreamingOutputCallResponse)) {
		seen.Messages++
		if c.script == "park" && seen.Messages == 3 {
			fmt.Println("open")
			if c.leaving == "close" {
				waitForLine()
				return stream.Close()
			}
		}
	}
	if err := stream.Err(); err != nil {
		return err
	}
	keep(seen.Headers, stream.ResponseHeader())
	keep(seen.Trailers, stream.ResponseTrailer())
	return stream.Close()
}

func duplex(ctx context.Context, c *call, seen *result) error {
	stream, err := c.client.duplex(ctx)
	if err != nil {
		return err
	}
	for range 3 {
		if err := stream.Send(request(1)); err != nil {
			break
		}
		if err := stream.Receive(new(pb.StreamingOutputCallResponse)); err != nil {
			return err
		}
		seen.Messages++
		if c.script == "park" {
			fmt.Println("open")
			if c.leaving == "close" {
				waitForLine()
				_ = stream.CloseRequest()
				return stream.CloseResponse()
			}
			if c.leaving == "cancel" {
				// as long as the requests are open, a cancelled context says nothing to the server
				go func() {
					<-ctx.Done()
					_ = stream.CloseRequest()
				}()
			}
			// the handler answers no more: this ends with the call
			return stream.Receive(new(pb.StreamingOutputCallResponse))
		}
		if c.script == "drain" && seen.Messages == 1 {
			fmt.Println("open")
			waitForLine()
		}
	}
	if err := stream.CloseRequest(); err != nil {
		return err
	}
	for {
		err := stream.Receive(new(pb.StreamingOutputCallResponse))
		if triple.IsEnded(err) {
			break
		}
		if err != nil {
			return err
		}
		seen.Messages++
	}
	keep(seen.Headers, stream.ResponseHeader())
	keep(seen.Trailers, stream.ResponseTrailer())
	return stream.CloseResponse()
}

func request(sizes ...int32) *pb.StreamingOutputCallRequest {
	request := new(pb.StreamingOutputCallRequest)
	for _, size := range sizes {
		request.ResponseParameters = append(request.ResponseParameters, &pb.ResponseParameters{Size: size})
	}
	return request
}

// waitForLine waits until the script that runs this program says to go on.
func waitForLine() {
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
}

package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

// halfCloseAndLeave sends, half-closes and never reads: grpc-go leaks its side of the stream (grpc-go#7656), the server must not.
func halfCloseAndLeave(ctx context.Context, w *world) error {
	stream, err := w.client.FullDuplexCall(script(ctx, "echo"))
	if err != nil {
		return err
	}
	if err := stream.Send(request(100, 100)); err != nil {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	fmt.Println("left")
	return waitForLine()
}

// leaveEndless half-closes, never reads a stream that has no end, and then closes the connection.
func leaveEndless(ctx context.Context, w *world) error {
	stream, err := w.client.FullDuplexCall(script(ctx, "endless"))
	if err != nil {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	fmt.Println("left")
	if err := waitForLine(); err != nil {
		return err
	}
	return w.conn.Close()
}

func cancelMidStream(ctx context.Context, w *world) error {
	ctx, cancel := context.WithCancel(script(ctx, "endless"))
	defer cancel()
	stream, err := w.client.StreamingOutputCall(ctx, request())
	if err != nil {
		return err
	}
	for range 3 {
		if _, err := stream.Recv(); err != nil {
			return err
		}
	}
	fmt.Printf("cancelled at %d\n", time.Now().UnixMicro())
	cancel()
	for {
		if _, err := stream.Recv(); err != nil {
			if err := want(err, codes.Canceled); err != nil {
				return err
			}
			// The connection outlives the cancel.
			fmt.Println("cancelled")
			return waitForLine()
		}
	}
}

func deadline(ctx context.Context, w *world) error {
	ctx, cancel := context.WithTimeout(script(ctx, "mute"), 200*time.Millisecond)
	defer cancel()
	stream, err := w.client.FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	_, err = stream.Recv()
	if err := want(err, codes.DeadlineExceeded); err != nil {
		return err
	}
	fmt.Println("expired")
	return waitForLine()
}

// park opens a stream that nobody ends, to be killed.
func park(ctx context.Context, w *world) error {
	stream, err := opened(script(ctx, "park"), w)
	if err != nil {
		return err
	}
	fmt.Println("parked")
	_, err = stream.Recv()
	return err
}

// drain keeps a stream over the server's graceful shutdown: it goes on, and ends well.
func drain(ctx context.Context, w *world) error {
	stream, err := opened(script(ctx, "echo"), w)
	if err != nil {
		return err
	}
	fmt.Println("open")
	if err := waitForLine(); err != nil {
		return err
	}
	// New calls go elsewhere: the listener is closed, so they fail as unavailable and do not hang.
	short, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	_, err = w.client.EmptyCall(short, &pb.Empty{})
	if err := want(err, codes.Unavailable); err != nil {
		return fmt.Errorf("a new call while draining: %w", err)
	}
	if err := stream.Send(request(7)); err != nil {
		return fmt.Errorf("send while draining: %w", err)
	}
	if _, err := stream.Recv(); err != nil {
		return fmt.Errorf("receive while draining: %w", err)
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	if _, err := stream.Recv(); err != io.EOF {
		return fmt.Errorf("the stream ended with %v while draining, want EOF", err)
	}
	return nil
}

// drainParked has a handler that does not end by itself: shutdown cuts it off, and says unavailable.
func drainParked(ctx context.Context, w *world) error {
	stream, err := opened(script(ctx, "park"), w)
	if err != nil {
		return err
	}
	fmt.Println("open")
	_, err = stream.Recv()
	return want(err, codes.Unavailable)
}

// keepAlive pings every 10 s, on a connection with an idle stream and then without one; the server must bear it.
func keepAlive(ctx context.Context, w *world) error {
	stream, err := opened(script(ctx, "echo"), w)
	if err != nil {
		return err
	}
	fmt.Println("open")
	time.Sleep(26 * time.Second)
	if err := stream.Send(request(1)); err != nil {
		return err
	}
	if _, err := stream.Recv(); err != nil {
		return fmt.Errorf("after three pings: %w", err)
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	if _, err := stream.Recv(); err != io.EOF {
		return err
	}
	time.Sleep(26 * time.Second)
	if _, err := w.client.EmptyCall(ctx, &pb.Empty{}); err != nil {
		return fmt.Errorf("after pings without a stream: %w", err)
	}
	return nil
}

// opened starts a duplex stream and waits for the first answer, so that the handler is known to run.
func opened(ctx context.Context, w *world) (pb.TestService_FullDuplexCallClient, error) {
	stream, err := w.client.FullDuplexCall(ctx)
	if err != nil {
		return nil, err
	}
	if err := stream.Send(request(1)); err != nil {
		return nil, err
	}
	if _, err := stream.Recv(); err != nil {
		return nil, err
	}
	return stream, nil
}

func want(err error, code codes.Code) error {
	if got := status.Code(err); got != code {
		return fmt.Errorf("got %v (%v), want %v", got, err, code)
	}
	return nil
}

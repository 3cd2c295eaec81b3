package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc/codes"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

// earlyTrailers sends until the server's error ends the call in the middle of it.
func earlyTrailers(ctx context.Context, w *world) error {
	stream, err := w.client.Input(ctx, "early-error")
	if err != nil {
		return err
	}
	message := &pb.StreamingInputCallRequest{Payload: &pb.Payload{Body: make([]byte, 10_000)}}
	count := 0
	for ; err == nil; count++ {
		if count == 20_000 {
			return errors.New("the stream takes messages for ever after its end")
		}
		err = stream.Send(message)
	}
	if err != io.EOF {
		return fmt.Errorf("send ended with %w, want EOF", err)
	}
	if err := want(stream.CloseAndRecv(), codes.ResourceExhausted); err != nil {
		return err
	}
	fmt.Printf("refused after %d\n", count)
	w.left()
	return w.client.Empty(ctx)
}

func deadline(ctx context.Context, w *world) error {
	ctx, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	stream, err := w.client.Duplex(ctx, "mute")
	if err != nil {
		return err
	}
	_, err = stream.Recv()
	if err := want(err, codes.DeadlineExceeded); err != nil {
		return err
	}
	fmt.Println("expired")
	w.left()
	return waitForLine()
}

// deadlineRace has many calls whose deadline, and the server's, fall together: each must say that it was the deadline.
func deadlineRace(ctx context.Context, w *world) error {
	const calls = 100
	ended := make(chan error, calls)
	for i := range calls {
		go func() {
			ctx, cancel := context.WithTimeout(ctx, time.Duration(100+i)*time.Millisecond)
			defer cancel()
			stream, err := w.client.Duplex(ctx, "mute")
			if err == nil {
				_, err = stream.Recv()
			}
			ended <- err
		}()
	}
	for range calls {
		if err := want(<-ended, codes.DeadlineExceeded); err != nil {
			return err
		}
	}
	fmt.Println("expired")
	w.left()
	return waitForLine()
}

// drain keeps a stream over the server's graceful shutdown: it goes on, and ends well.
func drain(ctx context.Context, w *world) error {
	stream, err := opened(ctx, "echo", w)
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
	if err := want(w.client.Empty(short), codes.Unavailable); err != nil {
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
	stream, err := opened(ctx, "park", w)
	if err != nil {
		return err
	}
	fmt.Println("open")
	_, err = stream.Recv()
	return want(err, codes.Unavailable)
}

// keepAlive pings every 10 s, on a connection with an idle stream and then without one; the server must bear it.
func keepAlive(ctx context.Context, w *world) error {
	stream, err := opened(ctx, "echo", w)
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
	if err := w.client.Empty(ctx); err != nil {
		return fmt.Errorf("after pings without a stream: %w", err)
	}
	return nil
}

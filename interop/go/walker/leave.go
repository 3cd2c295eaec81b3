package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"

	"sluice.test/interop/libraries"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

// halfCloseAndLeave sends, half-closes and never reads: both libraries leak their side of the stream (grpc-go#7656), the server must not.
func halfCloseAndLeave(ctx context.Context, w *world) error {
	stream, err := w.client.Duplex(ctx, "echo")
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
	w.left()
	return waitForLine()
}

// leaveEndless half-closes, never reads a stream that has no end, and then closes the connection, or lets the process end.
func leaveEndless(ctx context.Context, w *world) error {
	stream, err := w.client.Duplex(ctx, "endless")
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
	w.client.Close()
	return nil
}

// abandonUnread reads one of many messages and leaves as the library's documentation says.
func abandonUnread(ctx context.Context, w *world) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := w.client.Duplex(ctx, "burst")
	if err != nil {
		return err
	}
	if _, err := stream.Recv(); err != nil {
		return err
	}
	time.Sleep(100 * time.Millisecond)
	return leaveAndTell(stream, cancel, w)
}

// cancelMidStream reads three messages of an endless stream and leaves: a break.
func cancelMidStream(ctx context.Context, w *world) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := w.client.Output(ctx, "endless")
	if err != nil {
		return err
	}
	for range 3 {
		if _, err := stream.Recv(); err != nil {
			return err
		}
	}
	return leaveAndTell(stream, cancel, w)
}

func leaveAndTell(stream libraries.Stream, cancel context.CancelFunc, w *world) error {
	fmt.Printf("left at %d\n", time.Now().UnixMicro())
	if err := stream.Leave(); errors.Is(err, errors.ErrUnsupported) {
		cancel()
	} else if err != nil {
		return err
	}
	w.left()
	// The connection outlives the stream.
	if err := w.client.Empty(context.Background()); err != nil {
		return err
	}
	fmt.Println("gone")
	return waitForLine()
}

// blockedSend sends to a handler that does not read until Send blocks, then cancels.
func blockedSend(ctx context.Context, w *world) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := w.client.Duplex(ctx, "mute")
	if err != nil {
		return err
	}
	sent, ended := make(chan struct{}, 10_000), make(chan error, 1)
	go func() {
		message := &pb.StreamingOutputCallRequest{Payload: &pb.Payload{Body: make([]byte, 32*1024)}}
		for {
			if err := stream.Send(message); err != nil {
				ended <- err
				return
			}
			sent <- struct{}{}
		}
	}()
	count := 0
	for blocked := false; !blocked; {
		select {
		case <-sent:
			count++
		case err := <-ended:
			return fmt.Errorf("send ended before the cancel: %w", err)
		case <-time.After(300 * time.Millisecond):
			blocked = true
		}
	}
	fmt.Printf("blocked after %d\n", count)
	fmt.Printf("left at %d\n", time.Now().UnixMicro())
	cancel()
	select {
	case err = <-ended:
	case <-time.After(2 * time.Second):
		return errors.New("send is still blocked 2 s after the cancel")
	}
	w.left()
	fmt.Println("gone")
	return waitForLine()
}

// park opens a stream that nobody ends, to be killed, or reset by the server's own limits.
func park(ctx context.Context, w *world) error {
	stream, err := opened(ctx, "park", w)
	if err != nil {
		return err
	}
	fmt.Println("parked")
	_, err = stream.Recv()
	fmt.Printf("ended with %v\n", libraries.CodeOf(err))
	w.left()
	return waitForLine()
}

// lost has a stream whose server vanishes: killed, or silent.
func lost(ctx context.Context, w *world) error {
	stream, err := opened(ctx, "park", w)
	if err != nil {
		return err
	}
	fmt.Println("parked")
	_, err = stream.Recv()
	fmt.Printf("lost at %d with %v\n", time.Now().UnixMicro(), libraries.CodeOf(err))
	return nil
}

// opened starts a duplex stream and waits for the first answer, so that the handler is known to run.
func opened(ctx context.Context, script string, w *world) (libraries.Stream, error) {
	stream, err := w.client.Duplex(ctx, script)
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
	if got := libraries.CodeOf(err); got != code {
		return fmt.Errorf("got %v (%v), want %v", got, err, code)
	}
	return nil
}

// Package scripts has what handlers do in each situation, whichever library runs them, and notes how their calls ended.
package scripts

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"sluice.test/seeds/walks"
)

// Stream is a handler's bidi stream of any library.
type Stream interface {
	Context() context.Context
	Send(size int) error
	// Recv gives io.EOF at the end.
	Recv() error
}

// Call is one call as its handler saw it; times are CLOCK_MONOTONIC in nanoseconds, 0 for what did not happen.
type Call struct {
	Script string `json:"script"`
	// HeardAt is when its context ended, EndedAt when the handler returned.
	HeardAt int64 `json:"heardAt"`
	EndedAt int64 `json:"endedAt"`
	// SendFailedAt is when a Send returned an error, and SendError its code.
	SendFailedAt int64  `json:"sendFailedAt"`
	SendError    string `json:"sendError"`
	Cancelled    bool   `json:"cancelled"`
}

// Scripts plays the handlers of one server.
type Scripts struct {
	// Code is the library's name for an error.
	Code    func(error) string
	mutex   sync.Mutex
	calls   []*Call
	running atomic.Int64
}

// Output plays StreamingOutputCall.
func (s *Scripts) Output(ctx context.Context, script string, send func(size int) error) error {
	call, end := s.begin(ctx, script)
	defer end()
	switch script {
	case "mute":
		<-ctx.Done()
		return ctx.Err()
	case "slow":
		return s.produce(ctx, call, send, time.Second)
	case "tick":
		return s.produce(ctx, call, send, time.Millisecond)
	}
	return s.produce(ctx, call, send, 0)
}

// produce sends until it cannot, as fast as it may, or with a pause in between.
func (s *Scripts) produce(ctx context.Context, call *Call, send func(size int) error, pause time.Duration) error {
	for {
		if err := send(1000); err != nil {
			s.mutex.Lock()
			call.SendFailedAt, call.SendError = walks.Monotonic(), s.Code(err)
			s.mutex.Unlock()
			return err
		}
		if pause > 0 {
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		}
	}
}

// Duplex plays FullDuplexCall.
func (s *Scripts) Duplex(script string, stream Stream) error {
	ctx := stream.Context()
	_, end := s.begin(ctx, script)
	defer end()
	switch script {
	case "mute":
		<-ctx.Done()
		return ctx.Err()
	case "hold":
		// Answers the first message, then keeps its half open.
		if err := stream.Recv(); err != nil {
			return err
		}
		if err := stream.Send(10); err != nil {
			return err
		}
		<-ctx.Done()
		return ctx.Err()
	case "group":
		return underGroup(ctx, stream)
	}
	for {
		if err := stream.Recv(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if script == "late" {
			time.Sleep(100 * time.Millisecond)
		}
		if err := stream.Send(10); err != nil {
			return err
		}
	}
}

// ErrTask is the error of the task that fails in a handler.
var ErrTask = errors.New("the handler's task fails")

// underGroup answers the first message; then one task is parked in Recv, and another fails.
func underGroup(ctx context.Context, stream Stream) error {
	if err := stream.Recv(); err != nil {
		return err
	}
	if err := stream.Send(10); err != nil {
		return err
	}
	tasks, _ := errgroup.WithContext(ctx)
	tasks.Go(func() error {
		for {
			if err := stream.Recv(); err != nil {
				return err
			}
		}
	})
	tasks.Go(func() error {
		time.Sleep(200 * time.Millisecond)
		return ErrTask
	})
	return tasks.Wait()
}

// begin notes a call, and when its context ends.
func (s *Scripts) begin(ctx context.Context, script string) (*Call, func()) {
	call := &Call{Script: script}
	s.running.Add(1)
	s.mutex.Lock()
	s.calls = append(s.calls, call)
	s.mutex.Unlock()
	stop := context.AfterFunc(ctx, func() {
		now := walks.Monotonic()
		s.mutex.Lock()
		if call.HeardAt == 0 {
			call.HeardAt = now
		}
		s.mutex.Unlock()
	})
	return call, func() {
		stop()
		s.mutex.Lock()
		call.EndedAt, call.Cancelled = walks.Monotonic(), ctx.Err() != nil
		if call.Cancelled && call.HeardAt == 0 {
			call.HeardAt = call.EndedAt
		}
		s.mutex.Unlock()
		s.running.Add(-1)
	}
}

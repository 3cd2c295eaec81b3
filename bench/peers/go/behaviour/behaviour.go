// Package behaviour is what bench.v1.Bench does, for every Go server alike. See bench/service.mjs for the same in Sluice.
package behaviour

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"sluice/bench/benchv1"
	"sluice/bench/process"
)

// Out sends one message of a stream.
type Out func(*benchv1.Payload) error

// In receives one message of a stream, io.EOF at its end.
type In func() (*benchv1.Payload, error)

var exits atomic.Int64

// Figures are the counts of this process's handlers.
func Figures() map[string]any { return map[string]any{"handler_exits": exits.Load()} }

var cancelledAt sync.Map // id of a cancel-clock stream → CLOCK_MONOTONIC when its context ended

// Unary echoes; the name "cancel-clock" asks when the stream of that id was cancelled.
func Unary(request *benchv1.Payload) *benchv1.Payload {
	defer exits.Add(1)
	if request.Name != "cancel-clock" {
		return request
	}
	at, _ := cancelledAt.LoadAndDelete(request.Id)
	ns, _ := at.(int64)
	return &benchv1.Payload{Id: request.Id, Nums: []int64{ns}}
}

// Server sends id copies of the request, or one every nums[0] ms when id is negative.
func Server(ctx context.Context, request *benchv1.Payload, send Out) error {
	defer exits.Add(1)
	if request.Name == "mute" {
		<-ctx.Done()
		return ctx.Err()
	}
	if request.Id >= 0 {
		for range request.Id {
			if err := send(request); err != nil {
				return err
			}
		}
		return nil
	}
	every := time.Millisecond
	if len(request.Nums) > 0 {
		every = time.Duration(request.Nums[0]) * time.Millisecond
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if err := send(request); err != nil {
				return err
			}
		}
	}
}

// Client counts.
func Client(receive In) (*benchv1.Payload, error) {
	defer exits.Add(1)
	for n := int32(0); ; n++ {
		if _, err := receive(); errors.Is(err, io.EOF) {
			return &benchv1.Payload{Id: n}, nil
		} else if err != nil {
			return nil, err
		}
	}
}

// Bidi echoes. The first message's name may be "hold" (stay open after the half-close), "mute" (answer nothing) or "cancel-clock".
func Bidi(ctx context.Context, receive In, send Out) error {
	defer exits.Add(1)
	name := ""
	for first := true; ; first = false {
		message, err := receive()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if first {
			name = message.Name
		}
		if name == "mute" {
			continue
		}
		if err := send(message); err != nil {
			return err
		}
		if name == "cancel-clock" {
			<-ctx.Done()
			cancelledAt.Store(message.Id, process.Monotonic())
			return ctx.Err()
		}
	}
	if name == "hold" || name == "mute" {
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

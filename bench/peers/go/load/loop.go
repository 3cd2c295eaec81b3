package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	"sluice/bench/benchv1"
	"sluice/bench/measure"
	"sluice/bench/process"
)

// timed is how many workers take times: reading the clock is not free, and all workers do the same.
const timed = 8

type worker struct {
	client    benchv1.BenchClient
	done      atomic.Int64 // calls, messages or round trips
	errors    atomic.Int64
	times     *measure.Histogram // nil: not timed
	recording *atomic.Bool
	running   *atomic.Bool
	left      *atomic.Int64 // what is left of -n; nil without it
	finished  bool          // nothing was left
}

// step counts one operation that began at start, and says whether to go on.
func (w *worker) step(start time.Time) bool {
	w.done.Add(1)
	if w.times != nil && w.recording.Load() {
		w.times.Add(time.Since(start))
	}
	w.finished = w.left != nil && w.left.Add(-1) < 0
	return w.running.Load() && !w.finished
}

func (w *worker) now() time.Time {
	if w.times == nil {
		return time.Time{}
	}
	return time.Now()
}

func runLoop(clients []benchv1.BenchClient) map[string]any {
	body, found := map[string]func(*worker) error{"unary": unary, "server": server, "client": client, "bidi": bidi, "cancel-storm": cancelStorm}[*mode]
	if !found {
		process.Check(fmt.Errorf("unknown mode %q", *mode))
	}
	var running, recording atomic.Bool
	running.Store(true)
	var left *atomic.Int64
	if *n > 0 {
		left = new(atomic.Int64)
		left.Store(*n - int64(*c)) // each worker begins one without asking
	}
	recording.Store(*warmup == 0)
	workers := make([]*worker, *c)
	var group sync.WaitGroup
	var report sync.Once // the first error stands for all
	for i := range workers {
		workers[i] = &worker{client: clients[i%len(clients)], recording: &recording, running: &running, left: left}
		if i < timed {
			workers[i].times = new(measure.Histogram)
		}
	}
	for _, w := range workers {
		group.Go(func() {
			for failures := 0; running.Load() && !w.finished && failures < 100; {
				if err := body(w); err != nil {
					w.errors.Add(1)
					failures++
					report.Do(func() { fmt.Fprintln(os.Stderr, err) })
				}
			}
		})
	}
	ended := make(chan struct{})
	go func() { group.Wait(); close(ended) }()
	if *warmup > 0 {
		wait(ended, *warmup)
	}
	recording.Store(true)
	doneBefore, start, cpu, own := total(workers), time.Now(), process.CPU(*pid), process.CPU(os.Getpid())
	wait(ended, *seconds)
	doneAfter, elapsed := total(workers), time.Since(start).Seconds()
	cpu, own = process.CPU(*pid)-cpu, process.CPU(os.Getpid())-own
	running.Store(false)
	select {
	case <-ended:
	case <-time.After(2 * time.Second):
	}
	times := new(measure.Histogram)
	errors := int64(0)
	for _, w := range workers {
		errors += w.errors.Load()
		if w.times != nil {
			times.Merge(w.times)
		}
	}
	count := doneAfter - doneBefore
	return map[string]any{
		"mode": *mode, "c": *c, "conns": *conns, "n": count, "total": total(workers), "seconds": elapsed, "per_second": float64(count) / elapsed,
		"p50_us": times.Quantile(0.5), "p99_us": times.Quantile(0.99),
		"cpu_seconds": cpu.Seconds(), "client_cpu_seconds": own.Seconds(), "errors": errors,
	}
}

// wait ends with the workers, or after the seconds where they are not 0, whichever is first.
func wait(ended chan struct{}, seconds float64) {
	var timeout <-chan time.Time
	if seconds > 0 {
		timeout = time.After(time.Duration(seconds * float64(time.Second)))
	}
	select {
	case <-ended:
	case <-timeout:
	}
}

func total(workers []*worker) (sum int64) {
	for _, w := range workers {
		sum += w.done.Load()
	}
	return sum
}

func unary(w *worker) error {
	message := payload(1, *size)
	for {
		start := w.now()
		if _, err := w.client.Unary(context.Background(), message); err != nil {
			return err
		}
		if !w.step(start) {
			return nil
		}
	}
}

func server(w *worker) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stream, err := w.client.Server(ctx, payload(int32(*messages), *size))
	if err != nil {
		return err
	}
	for {
		start := w.now()
		if _, err := stream.Recv(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if !w.step(start) {
			return nil
		}
	}
}

func client(w *worker) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stream, err := w.client.Client(ctx)
	if err != nil {
		return err
	}
	message := payload(1, *size)
	for range *messages {
		start := w.now()
		if err := stream.Send(message); err != nil {
			return err
		}
		if !w.step(start) {
			break
		}
	}
	_, err = stream.CloseAndRecv()
	return err
}

func bidi(w *worker) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stream, err := w.client.Bidi(ctx)
	if err != nil {
		return err
	}
	message := payload(1, *size)
	for {
		start := w.now()
		if err := stream.Send(message); err != nil {
			return err
		}
		if _, err := stream.Recv(); err != nil {
			return err
		}
		if !w.step(start) {
			return nil
		}
	}
}

// cancelStorm opens streams, and cancels each as soon as its handler is at work.
func cancelStorm(w *worker) error {
	message := payload(1, *size)
	for {
		start := w.now()
		ctx, cancel := context.WithCancel(context.Background())
		stream, err := w.client.Bidi(ctx)
		if err == nil {
			err = stream.Send(message)
		}
		if err == nil {
			_, err = stream.Recv()
		}
		cancel()
		if err != nil {
			return err
		}
		if !w.step(start) {
			return nil
		}
	}
}

func protoSize(message *benchv1.Payload) int { return proto.Size(message) }

package main

import (
	"context"
	"errors"
	"os"
	"time"

	"sluice/bench/benchv1"
	"sluice/bench/measure"
	"sluice/bench/process"
)

// measureCancel takes the time from cancel() here to the handler's signal there, -n times (default 200), one stream at a time.
// Both read CLOCK_MONOTONIC; the server is asked for its reading afterwards, by a unary call.
func measureCancel(client benchv1.BenchClient) {
	rounds := *n
	if rounds == 0 {
		rounds = 200
	}
	times, start, failures := new(measure.Histogram), time.Now(), 0
	cpu, own := process.CPU(*pid), process.CPU(os.Getpid())
	const discarded = 50 // at the pace of the measurement …
	const warmUp = 3000  // … after so many as fast as they go: a runtime that compiles must have had the time to
	for range warmUp {
		cancel, err := openToCancel(client, 0)
		process.Check(err)
		cancel()
	}
	for id := range int32(rounds + discarded) {
		took, err := cancelOnce(client, id+1)
		if err != nil || took < 0 {
			failures++
		} else if id >= discarded {
			times.Add(took)
		}
	}
	elapsed := time.Since(start).Seconds()
	process.Print(map[string]any{
		"mode": "cancel", "c": 1, "conns": 1, "n": times.Total(), "seconds": elapsed, "per_second": float64(times.Total()) / elapsed,
		"p50_us": times.Quantile(0.5), "p99_us": times.Quantile(0.99),
		"cpu_seconds": (process.CPU(*pid) - cpu).Seconds(), "client_cpu_seconds": (process.CPU(os.Getpid()) - own).Seconds(), "errors": failures,
	})
}

// openToCancel opens a stream whose handler keeps the time of its signal, and waits until the handler is at work.
func openToCancel(client benchv1.BenchClient, id int32) (context.CancelFunc, error) {
	ctx, cancel := context.WithCancel(context.Background())
	stream, err := client.Bidi(ctx)
	if err == nil {
		err = stream.Send(&benchv1.Payload{Id: id, Name: "cancel-clock"})
	}
	if err == nil {
		_, err = stream.Recv()
	}
	if err != nil {
		cancel()
	}
	return cancel, err
}

// cancelOnce is negative when the server did not report a time within two seconds.
func cancelOnce(client benchv1.BenchClient, id int32) (time.Duration, error) {
	cancel, err := openToCancel(client, id)
	if err != nil {
		return 0, err
	}
	time.Sleep(time.Millisecond) // let the handler come to rest
	cancelled := process.Monotonic()
	cancel()
	for range 1000 {
		time.Sleep(2 * time.Millisecond)
		answer, err := client.Unary(context.Background(), &benchv1.Payload{Id: id, Name: "cancel-clock"})
		if err != nil {
			return 0, err
		}
		if len(answer.Nums) == 0 {
			return 0, errors.New("the server keeps no cancel-clock")
		}
		if answer.Nums[0] != 0 {
			return time.Duration(answer.Nums[0] - cancelled), nil
		}
	}
	return -1, nil
}

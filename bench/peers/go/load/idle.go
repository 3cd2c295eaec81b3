package main

import (
	"bufio"
	"context"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"sluice/bench/benchv1"
	"sluice/bench/process"
)

// openIdle opens a bidi stream, waits for one echo, so that its handler is at work, and leaves it open.
func openIdle(client benchv1.BenchClient) {
	stream, err := client.Bidi(context.Background())
	process.Check(err)
	process.Check(stream.Send(&benchv1.Payload{Name: "hold"}))
	_, err = stream.Recv()
	process.Check(err)
	held.Lock()
	held.streams = append(held.streams, stream)
	held.Unlock()
}

var held struct {
	sync.Mutex
	streams []any
}

func growTo(clients []benchv1.BenchClient, count int) {
	var group sync.WaitGroup
	gate := make(chan struct{}, 100)
	for i := len(held.streams); i < count; i++ {
		gate <- struct{}{}
		group.Go(func() {
			openIdle(clients[i%len(clients)])
			<-gate
		})
	}
	group.Wait()
	process.Print(map[string]any{"open": count})
}

func holdIdle(clients []benchv1.BenchClient) {
	start := time.Now()
	growTo(clients, *c)
	if *grow {
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			count, err := strconv.Atoi(lines.Text())
			process.Check(err)
			growTo(clients, count)
		}
	} else {
		term := make(chan os.Signal, 1)
		signal.Notify(term, syscall.SIGTERM, syscall.SIGINT)
		var timeout <-chan time.Time
		if *seconds > 0 {
			timeout = time.After(time.Duration(*seconds * float64(time.Second)))
		}
		select {
		case <-term:
		case <-timeout:
		}
	}
	elapsed := time.Since(start).Seconds()
	process.Print(map[string]any{
		"mode": "idle", "c": len(held.streams), "conns": *conns, "n": len(held.streams), "seconds": elapsed, "per_second": 0,
		"p50_us": 0, "p99_us": 0, "cpu_seconds": process.CPU(*pid).Seconds(), "errors": 0,
	})
}

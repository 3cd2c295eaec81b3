// Command rawload writes and reads HTTP/2 frames itself: a load that costs less than a gRPC client would, so that the server is the
// limit. One JSON line at the end, of the same shape as the other loads'.
//
// Mode changing: every call has another grpc-timeout and x-request-id; its method is one of -methods in turn. All header fields go
// into the HPACK table, as grpc-go's do. Mode bidi: ping-pong, one message under way on each of -c streams. Mode client: -messages requests
// on each of -c streams, a DATA frame each; what is counted is messages.
package main

import (
	"flag"
	"os"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"sluice/bench/benchv1"
	"sluice/bench/measure"
	"sluice/bench/process"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "host:port of the server")
	mode := flag.String("mode", "changing", "changing, bidi or client")
	c := flag.Int("c", 128, "calls at once")
	conns := flag.Int("conns", 4, "connections")
	seconds := flag.Float64("seconds", 3, "length of the measurement")
	warmup := flag.Float64("warmup", 0, "seconds before it")
	messages := flag.Int("messages", 1000, "messages of a call in mode client; they must fit a stream's first window")
	methods := flag.String("methods", "Unary,Server,Client", "methods of bench.v1.Bench, each called with one message, in turn")
	pid := flag.Int("pid", 0, "process of the server, for its CPU seconds")
	flag.Parse()

	message, err := proto.Marshal(&benchv1.Payload{Id: 1, Name: "benchmark", Body: make([]byte, 28)})
	process.Check(err)
	paths := strings.Split(*methods, ",")
	if *mode == "bidi" {
		paths = []string{"Bidi"}
	}
	if *mode == "client" {
		paths = []string{"Client"}
	}
	list := make([]*connection, *conns)
	for i := range list {
		list[i] = open(*addr, paths, message, *c / *conns, int64(i))
		list[i].bidi = *mode == "bidi"
		if *mode == "client" {
			list[i].upload = *messages
		}
		go list[i].run()
	}
	pause(*warmup)
	before, start, cpu, own := total(list), time.Now(), process.CPU(*pid), process.CPU(os.Getpid())
	pause(*seconds)
	count, elapsed := total(list)-before, time.Since(start).Seconds()
	cpu, own = process.CPU(*pid)-cpu, process.CPU(os.Getpid())-own
	times, errors := new(measure.Histogram), int64(0)
	for _, connection := range list {
		connection.stop.Store(true)
		<-connection.stopped
		times.Merge(&connection.times)
		errors += connection.errors.Load()
	}
	process.Print(map[string]any{
		"mode": *mode, "c": *c, "conns": *conns, "n": count, "seconds": elapsed, "per_second": float64(count) / elapsed,
		"p50_us": times.Quantile(0.5), "p99_us": times.Quantile(0.99),
		"cpu_seconds": cpu.Seconds(), "client_cpu_seconds": own.Seconds(), "errors": errors,
	})
}

func pause(seconds float64) { time.Sleep(time.Duration(seconds * float64(time.Second))) }

func total(list []*connection) (sum int64) {
	for _, connection := range list {
		sum += connection.done.Load()
	}
	return sum
}

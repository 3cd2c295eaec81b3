// Command load is the grpc-go client as a load: closed loop, one JSON line at the end. The same modes and figures as bench/load.mjs.
package main

import (
	"crypto/tls"
	"flag"
	"io"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"sluice/bench/benchv1"
	"sluice/bench/process"
)

var (
	addr     = flag.String("addr", "127.0.0.1:8080", "host:port of the server")
	mode     = flag.String("mode", "unary", "unary, server, client, bidi, cancel-storm, idle or cancel")
	c        = flag.Int("c", 1, "calls or streams at once")
	conns    = flag.Int("conns", 1, "connections")
	n        = flag.Int64("n", 0, "end after so many calls, messages or round trips")
	seconds  = flag.Float64("seconds", 0, "end after so many seconds")
	warmup   = flag.Float64("warmup", 0, "seconds before the measurement begins")
	messages = flag.Int("messages", 1000, "messages of one stream in the modes server and client")
	size     = flag.Int("size", 43, "encoded bytes of one message")
	idle     = flag.Int("idle", 0, "idle bidi streams opened on the same connections beforehand")
	pid      = flag.Int("pid", 0, "process of the server, for its CPU seconds")
	grow     = flag.Bool("grow", false, "idle: read the next number of streams from each line of standard input, end with it")
	hold     = flag.Bool("hold", false, "keep the connections after the measurement, until standard input ends")
	useTLS   = flag.Bool("tls", false, "TLS, any certificate")
)

func main() {
	flag.Parse()
	if *n == 0 && *seconds == 0 && *mode != "idle" && *mode != "cancel" {
		*seconds = 3
	}
	process.ReportOnSignal(nil)
	clients := make([]benchv1.BenchClient, *conns)
	for i := range clients {
		clients[i] = benchv1.NewBenchClient(dial())
	}
	switch *mode {
	case "idle":
		holdIdle(clients)
	case "cancel":
		measureCancel(clients[0])
	default:
		for i := range *idle {
			openIdle(clients[i%len(clients)])
		}
		process.Print(runLoop(clients))
		if *hold {
			_, _ = io.Copy(io.Discard, os.Stdin)
		}
	}
}

func dial() *grpc.ClientConn {
	creds := insecure.NewCredentials()
	if *useTLS {
		creds = credentials.NewTLS(&tls.Config{InsecureSkipVerify: true})
	}
	connection, err := grpc.NewClient("passthrough:///"+*addr, grpc.WithTransportCredentials(creds))
	process.Check(err)
	return connection
}

// payload is a message of so many encoded bytes: id, a name of nine characters, and a body that fills the rest.
func payload(id int32, size int) *benchv1.Payload {
	message := &benchv1.Payload{Id: id, Name: "benchmark"}
	for body := max(0, size-13); ; body-- {
		message.Body = make([]byte, body)
		if body == 0 || protoSize(message) <= size {
			return message
		}
	}
}

// Command walker is a client on grpc-go or connect-go (gRPC or Connect over unencrypted HTTP/2) that leaves its streams in the ways that real
// clients do. Each scenario prints what it saw and exits with 0 when that is what gRPC promises. At the end it prints how many
// goroutines there were before and after.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"

	"sluice.test/interop/libraries"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

type walk func(ctx context.Context, w *world) error

var scenarios = map[string]walk{
	"half-close-and-leave": halfCloseAndLeave,
	"leave-endless":        leaveEndless,
	"abandon-unread":       abandonUnread,
	"cancel":               cancelMidStream,
	"blocked-send":         blockedSend,
	"early-trailers":       earlyTrailers,
	"deadline":             deadline,
	"deadline-race":        deadlineRace,
	"deadline-trailers":    deadlineTrailers,
	"drain":                drain,
	"drain-parked":         drainParked,
	"park":                 park,
	"lost":                 lost,
	"keepalive":            keepAlive,
	"metadata":             metadataBothWays,
	"details":              statusDetails,
}

type world struct {
	addr   string
	client libraries.Client
	// before is the number of goroutines when the connection was there and no stream.
	before int
}

func main() {
	addr := flag.String("addr", "127.0.0.1:10000", "host and port of the server")
	name := flag.String("scenario", "", "which walk")
	libraryName := flag.String("library", "grpc-go", "grpc-go, connect-go (gRPC) or connect-go-connect (Connect)")
	ping := flag.Duration("keepalive", 0, "ping a silent server after this time (grpc-go: at least 10 s); 0: never")
	limit := flag.Duration("limit", 60*time.Second, "the process ends after this time")
	flag.Parse()
	run, ok := scenarios[*name]
	if !ok {
		fail(fmt.Errorf("no scenario %q", *name))
	}
	client, err := libraries.Dial(*libraryName, *addr, *ping)
	if err != nil {
		fail(err)
	}
	time.AfterFunc(*limit, func() { fail(fmt.Errorf("not done after %v", *limit)) })
	w := &world{addr: *addr, client: client}
	if err := client.Empty(context.Background()); err != nil {
		fail(err)
	}
	w.before = settled(0)
	if err := run(context.Background(), w); err != nil {
		fail(err)
	}
	fmt.Println("done")
}

// left waits for a second at most until there are as many goroutines as before, and tells.
func (w *world) left() {
	fmt.Printf("goroutines before %d after %d\n", w.before, settled(w.before))
}

// settled waits until the number of goroutines does not change any more, or is as low as wanted.
func settled(wanted int) int {
	last, same := runtime.NumGoroutine(), 0
	for range 50 {
		time.Sleep(20 * time.Millisecond)
		now := runtime.NumGoroutine()
		if wanted > 0 && now <= wanted {
			return now
		}
		if now == last {
			same++
		} else {
			same = 0
		}
		if wanted == 0 && same == 3 {
			return now
		}
		last = now
	}
	return last
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "walker:", err)
	os.Exit(1)
}

func request(sizes ...int32) *pb.StreamingOutputCallRequest {
	out := &pb.StreamingOutputCallRequest{}
	for _, size := range sizes {
		out.ResponseParameters = append(out.ResponseParameters, &pb.ResponseParameters{Size: size})
	}
	return out
}

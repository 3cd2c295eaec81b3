// Command walker is a grpc-go client that leaves its streams in the ways that real clients do. Each scenario prints what it saw and
// exits with 0 when that is what gRPC promises.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

type walk func(ctx context.Context, w *world) error

var scenarios = map[string]walk{
	"half-close-and-leave": halfCloseAndLeave,
	"leave-endless":        leaveEndless,
	"cancel":               cancelMidStream,
	"deadline":             deadline,
	"deadline-trailers":    deadlineTrailers,
	"drain":                drain,
	"drain-parked":         drainParked,
	"park":                 park,
	"keepalive":            keepAlive,
	"metadata":             metadataBothWays,
	"details":              statusDetails,
}

type world struct {
	addr   string
	conn   *grpc.ClientConn
	client pb.TestServiceClient
}

func main() {
	addr := flag.String("addr", "127.0.0.1:10000", "host and port of the server")
	name := flag.String("scenario", "", "which walk")
	limit := flag.Duration("limit", 60*time.Second, "the process ends after this time")
	flag.Parse()
	run, ok := scenarios[*name]
	if !ok {
		fail(fmt.Errorf("no scenario %q", *name))
	}
	options := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	if *name == "keepalive" {
		// 10 s is the least that grpc-go lets a client have.
		options = append(options, grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 2 * time.Second, PermitWithoutStream: true}))
	}
	conn, err := grpc.NewClient("passthrough:///"+*addr, options...)
	if err != nil {
		fail(err)
	}
	time.AfterFunc(*limit, func() { fail(fmt.Errorf("not done after %v", *limit)) })
	if err := run(context.Background(), &world{addr: *addr, conn: conn, client: pb.NewTestServiceClient(conn)}); err != nil {
		fail(err)
	}
	fmt.Println("done")
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "walker:", err)
	os.Exit(1)
}

// script tells the server which handler to play.
func script(ctx context.Context, name string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "x-script", name)
}

func request(sizes ...int32) *pb.StreamingOutputCallRequest {
	out := &pb.StreamingOutputCallRequest{}
	for _, size := range sizes {
		out.ResponseParameters = append(out.ResponseParameters, &pb.ResponseParameters{Size: size})
	}
	return out
}

// Command peer is a grpc-go server whose handlers do what clients must survive. The metadata field x-script says which; lines on the
// standard input command it: stats, graceful-stop, stop.
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
	server := grpc.NewServer()
	service := &testService{}
	pb.RegisterTestServiceServer(server, service)
	fmt.Printf("listening on %s\n", listener.Addr())
	go obey(server, service)
	if err := server.Serve(listener); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
	// Serve returns when the stop begins; the process ends when it has been said.
	time.Sleep(10 * time.Second)
}

func obey(server *grpc.Server, service *testService) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		switch lines.Text() {
		case "stats":
			fmt.Printf("running %d cancelled %d finished %d\n", service.running.Load(), service.cancelled.Load(), service.finished.Load())
		case "graceful-stop":
			go func() {
				server.GracefulStop()
				fmt.Println("stopped")
				os.Exit(0)
			}()
		case "stop":
			server.Stop()
			fmt.Println("stopped")
			os.Exit(0)
		}
	}
	// Nobody is there any more.
	os.Exit(0)
}

type testService struct {
	pb.UnimplementedTestServiceServer
	running, cancelled, finished atomic.Int64
}

// began counts a handler for as long as it runs.
func (s *testService) began() { s.running.Add(1) }

func (s *testService) ended(cancelled bool) {
	s.running.Add(-1)
	s.finished.Add(1)
	if cancelled {
		s.cancelled.Add(1)
	}
}

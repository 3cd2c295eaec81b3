// Command peer is a grpc-go or a connect-go server (over unencrypted HTTP/2) whose handlers do what clients must survive. The
// metadata field x-script says which; lines on the standard input command it: stats, graceful-stop, stop.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"net"
	"os"
	"runtime"
	"time"

	"sluice.test/interop/libraries"
)

func main() {
	name := flag.String("library", "grpc-go", "grpc-go, connect-go or connect-go-connect; connect-go answers gRPC and Connect")
	keepalive := flag.Duration("keepalive", 0, "ping a silent client after this time and give it as long to answer; 0: never")
	flag.Parse()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	scripts := &scripts{}
	server, err := libraries.NewServer(*name, scripts, *keepalive)
	if err != nil {
		fail(err)
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	go obey(server, scripts)
	if err := server.Serve(listener); err != nil {
		fail(err)
	}
	// serve returns when the stop begins; the process ends when it has been said.
	time.Sleep(10 * time.Second)
}

func obey(server libraries.Server, scripts *scripts) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		switch lines.Text() {
		case "stats":
			fmt.Printf("running %d cancelled %d finished %d goroutines %d\n",
				scripts.running.Load(), scripts.cancelled.Load(), scripts.finished.Load(), runtime.NumGoroutine())
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

func fail(err error) {
	fmt.Fprintln(os.Stderr, "peer:", err)
	os.Exit(1)
}

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
)

// library is the server as the commands need it.
type library interface {
	serve(net.Listener) error
	// gracefulStop lets streams finish, stop does not.
	gracefulStop()
	stop()
}

func main() {
	name := flag.String("library", "grpc-go", "grpc-go, connect-go or connect-go-connect; connect-go answers gRPC and Connect")
	keepalive := flag.Duration("keepalive", 0, "ping a silent client after this time and give it as long to answer; 0: never")
	flag.Parse()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	scripts := &scripts{}
	var server library
	switch *name {
	case "grpc-go":
		server = newGrpcServer(scripts, *keepalive)
	case "connect-go", "connect-go-connect":
		server = newConnectServer(scripts, *keepalive)
	default:
		fail(fmt.Errorf("no library %q", *name))
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	go obey(server, scripts)
	if err := server.serve(listener); err != nil {
		fail(err)
	}
	// serve returns when the stop begins; the process ends when it has been said.
	time.Sleep(10 * time.Second)
}

func obey(server library, scripts *scripts) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		switch lines.Text() {
		case "stats":
			fmt.Printf("running %d cancelled %d finished %d goroutines %d\n",
				scripts.running.Load(), scripts.cancelled.Load(), scripts.finished.Load(), runtime.NumGoroutine())
		case "graceful-stop":
			go func() {
				server.gracefulStop()
				fmt.Println("stopped")
				os.Exit(0)
			}()
		case "stop":
			server.stop()
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

// Command server is a dubbo-go server of grpc.testing.TestService: without group and version, and as blue 1.0.0 and blue 2.0.0. The attachment
// x-script says what a handler does. A line "stats" on the standard input is answered with what the handlers did; the process ends with its input.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"net"
	"os"
	"runtime"
	"time"

	"dubbo.apache.org/dubbo-go/v3/protocol"
	"dubbo.apache.org/dubbo-go/v3/server"

	"sluice.test/dubbo/stub"
)

func main() {
	port := flag.Int("port", 0, "the port to listen on, which must be free")
	flag.Parse()
	srv, err := server.NewServer(server.WithServerProtocol(protocol.WithTriple(), protocol.WithIp("127.0.0.1"), protocol.WithPort(*port)))
	if err != nil {
		fail(err)
	}
	counts := new(counts)
	for _, register := range []error{
		stub.Register(srv, &Plain{Scripts{counts, "/"}}),
		stub.Register(srv, &BlueOne{Scripts{counts, "blue/1.0.0"}}, server.WithGroup("blue"), server.WithVersion("1.0.0")),
		stub.Register(srv, &BlueTwo{Scripts{counts, "blue/2.0.0"}}, server.WithGroup("blue"), server.WithVersion("2.0.0")),
	} {
		if register != nil {
			fail(register)
		}
	}
	go func() {
		if err := srv.Serve(); err != nil {
			fail(err)
		}
	}()
	// dubbo-go does not tell when it listens
	address := fmt.Sprintf("127.0.0.1:%d", *port)
	for conn, err := net.Dial("tcp", address); ; conn, err = net.Dial("tcp", address) {
		if err == nil {
			_ = conn.Close()
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	fmt.Printf("listening on %s\n", address)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if lines.Text() == "stats" {
			fmt.Printf("running %d cancelled %d finished %d goroutines %d\n",
				counts.running.Load(), counts.cancelled.Load(), counts.finished.Load(), runtime.NumGoroutine())
		}
	}
	os.Exit(0)
}

// Plain, BlueOne and BlueTwo are types of their own: dubbo-go knows implementations by their types' names.
type (
	Plain   struct{ Scripts }
	BlueOne struct{ Scripts }
	BlueTwo struct{ Scripts }
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, "server:", err)
	os.Exit(1)
}

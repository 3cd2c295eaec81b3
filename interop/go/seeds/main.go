// Command seeds is a grpc-go or connect-go client that takes one of the walks of interop/seeds/go, or with -serve a server that plays its
// scripts, over unencrypted HTTP/2.
package main

import (
	"fmt"
	"net"
	"os"
	"slices"

	"connectrpc.com/connect"

	"sluice.test/seeds/scripts"
	"sluice.test/seeds/walks"
)

func main() {
	if i := slices.Index(os.Args, "-serve"); i >= 0 && i+1 < len(os.Args) {
		if err := serve(os.Args[i+1]); err != nil {
			fmt.Fprintln(os.Stderr, "seeds:", err)
			os.Exit(1)
		}
		return
	}
	walks.Main(dial)
}

func dial(library, addr string) (walks.Client, error) {
	switch library {
	case "grpc-go":
		return newGrpcClient(addr)
	case "connect-go":
		return newConnectClient(addr, connect.WithGRPC()), nil
	case "connect-go-connect":
		return newConnectClient(addr), nil
	}
	return nil, fmt.Errorf("no library %q", library)
}

// serve answers until the standard input ends.
func serve(library string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	played := &scripts.Scripts{}
	go played.Obey()
	if library == "grpc-go" {
		return serveGrpc(listener, played)
	}
	return serveConnect(listener, played)
}

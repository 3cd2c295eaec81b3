// Command health is grpc-go's side of grpc.health.v1. `-watch ADDR` prints each status that a server says of `-service` and how the watch ends;
// `-check ADDR` lets grpc-go check the health of its connections itself, and prints how the channel stands; `-serve` is a server whose
// statuses are commanded by lines on the standard input: `SERVING NAME`, `NOT_SERVING NAME`, `shutdown`, `stop`.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	pb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"
)

func main() {
	watched := flag.String("watch", "", "the address of a server to watch")
	checked := flag.String("check", "", "the address of a server for a channel that checks its health")
	serves := flag.Bool("serve", false, "be a server")
	service := flag.String("service", "", "the service to ask for")
	limit := flag.Duration("limit", 60*time.Second, "the process ends after this time")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), *limit)
	defer cancel()
	var err error
	switch {
	case *watched != "":
		err = watch(ctx, *watched, *service)
	case *checked != "":
		err = check(ctx, *checked, *service)
	case *serves:
		err = serve()
	default:
		err = fmt.Errorf("one of -watch, -check and -serve is needed")
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func watch(ctx context.Context, addr, service string) error {
	channel, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer channel.Close()
	stream, err := pb.NewHealthClient(channel).Watch(ctx, &pb.HealthCheckRequest{Service: service})
	if err != nil {
		return err
	}
	for {
		response, err := stream.Recv()
		if err == io.EOF {
			fmt.Println("end OK")
			return nil
		}
		if err != nil {
			fmt.Println("end", status.Code(err))
			return nil
		}
		fmt.Println("status", response.GetStatus())
	}
}

func check(ctx context.Context, addr, service string) error {
	config := fmt.Sprintf(`{"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": %q}}`, service)
	channel, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultServiceConfig(config))
	if err != nil {
		return err
	}
	defer channel.Close()
	channel.Connect()
	for state := channel.GetState(); ; state = channel.GetState() {
		fmt.Println("channel", state)
		if state == connectivity.Idle {
			channel.Connect()
		}
		if !channel.WaitForStateChange(ctx, state) {
			return ctx.Err()
		}
	}
}

func serve() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server, statuses := grpc.NewServer(), health.NewServer()
	pb.RegisterHealthServer(server, statuses)
	reflection.Register(server)
	fmt.Printf("listening on %s\n", listener.Addr())
	go func() {
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			word, name, _ := strings.Cut(lines.Text(), " ")
			switch word {
			case "shutdown":
				statuses.Shutdown()
			case "stop":
				server.Stop()
			default:
				statuses.SetServingStatus(name, pb.HealthCheckResponse_ServingStatus(pb.HealthCheckResponse_ServingStatus_value[word]))
			}
		}
	}()
	return server.Serve(listener)
}

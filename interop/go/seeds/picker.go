package main

import (
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/base"

	"sluice.test/interop/libraries"
)

// countingClient is a client of grpc-go whose balancer counts.
type countingClient struct{ client }

func dialCounting(addr string) (countingClient, error) {
	dialled, err := libraries.DialGrpc(addr, 0, grpc.WithDefaultServiceConfig(`{"loadBalancingConfig": [{"counting": {}}]}`))
	return countingClient{client{dialled}}, err
}

// Done is how often the picker's Done has been called.
func (countingClient) Done() int64 { return done.Load() }

var done atomic.Int64

func init() { balancer.Register(base.NewBalancerBuilder("counting", countingPickers{}, base.Config{})) }

type countingPickers struct{}

func (countingPickers) Build(info base.PickerBuildInfo) balancer.Picker {
	for conn := range info.ReadySCs {
		return countingPicker{conn}
	}
	return base.NewErrPicker(balancer.ErrNoSubConnAvailable)
}

// countingPicker takes the one connection that there is.
type countingPicker struct{ conn balancer.SubConn }

func (p countingPicker) Pick(balancer.PickInfo) (balancer.PickResult, error) {
	return balancer.PickResult{SubConn: p.conn, Done: func(balancer.DoneInfo) { done.Add(1) }}, nil
}

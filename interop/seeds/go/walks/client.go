// Package walks has what a client does in each situation, and what it measures. It knows no library: those are in programs of their own,
// since dubbo-go and connect-go cannot be linked into one.
package walks

import "context"

// Client is a library's client of grpc.testing.TestService.
type Client interface {
	// Empty calls EmptyCall: afterwards the connection is there.
	Empty(ctx context.Context) error
	// Duplex opens FullDuplexCall, Output StreamingOutputCall. The script tells the handler what to play.
	Duplex(ctx context.Context, script string) (Stream, error)
	Output(ctx context.Context, script string) (Stream, error)
	// Code is the library's name for how a call ended.
	Code(err error) string
	Close()
}

// Stream is a stream of any library, with messages that are as good as any.
type Stream interface {
	// Send sends a message of so many bytes.
	Send(size int) error
	// Recv gives io.EOF at the end.
	Recv() error
	CloseSend() error
	// Leave is what the library has for leaving a stream besides ending its context; errors.ErrUnsupported where there is nothing.
	Leave() error
}

// Picking is a client with a balancer that counts.
type Picking interface {
	// Done is how often the picker's Done has been called.
	Done() int64
}

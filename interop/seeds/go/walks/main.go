package walks

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"
)

// World is what a walk has.
type World struct {
	client Client
	// before is the number of goroutines when the connection was there and no stream.
	before int
	Kind   string
	Script string
	How    string
	Count  int
	Bound  time.Duration
}

var walks = map[string]func(*World) error{
	"leave":   leave,
	"close":   closeStream,
	"loop":    loop,
	"abandon": abandon,
	"group":   group,
	"give-up": giveUp,
}

// Main makes the client that is asked for, takes the walk, and prints what it measured as JSON.
func Main(dial func(library, addr string) (Client, error)) {
	w := &World{}
	library := flag.String("library", "", "which client")
	addr := flag.String("addr", "", "host and port of the server")
	name := flag.String("walk", "", "leave, close, loop, abandon, group or give-up")
	limit := flag.Duration("limit", 2*time.Minute, "the process ends after this time")
	flag.StringVar(&w.Kind, "kind", "duplex", "output or duplex: which method")
	flag.StringVar(&w.Script, "script", "hold", "what the handler plays")
	flag.StringVar(&w.How, "how", "", "how the walk ends the stream")
	flag.IntVar(&w.Count, "count", 1, "how often")
	flag.DurationVar(&w.Bound, "bound", 2*time.Second, "what takes longer counts as blocked")
	flag.Parse()
	walk, ok := walks[*name]
	if !ok {
		fail(fmt.Errorf("no walk %q", *name))
	}
	time.AfterFunc(*limit, func() { fail(fmt.Errorf("not done after %v", *limit)) })
	client, err := dial(*library, *addr)
	if err != nil {
		fail(err)
	}
	w.client = client
	if err := client.Empty(context.Background()); err != nil {
		fail(err)
	}
	w.before = atRest()
	if err := walk(w); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "walk:", err)
	os.Exit(1)
}

// opened opens a stream and receives its first messages; a bidi one is asked for one.
func (w *World) opened(ctx context.Context, messages int) (Stream, error) {
	stream, err := w.open(ctx)
	if err != nil {
		return nil, err
	}
	if w.Kind == "duplex" {
		if err := stream.Send(10); err != nil {
			return nil, err
		}
	}
	for range messages {
		if err := stream.Recv(); err != nil {
			return nil, fmt.Errorf("no message: %w", err)
		}
	}
	return stream, nil
}

func (w *World) open(ctx context.Context) (Stream, error) {
	if w.Kind == "output" {
		return w.client.Output(ctx, w.Script)
	}
	return w.client.Duplex(ctx, w.Script)
}

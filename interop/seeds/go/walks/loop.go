package walks

import (
	"context"
	"time"
)

// loop has a bidi stream whose loop receives until there is an error, as in dubbo-go#2755, and ends it actively: half-close, close, cancel
// or timeout; wait does nothing.
func loop(w *World) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if w.How == "timeout" {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, timeout)
		defer stop()
	}
	stream, err := w.open(ctx)
	if err != nil {
		return err
	}
	if err := w.begun(stream); err != nil {
		return err
	}
	received := make(chan error, 1)
	go func() {
		for {
			if err := stream.Recv(); err != nil {
				received <- err
				return
			}
		}
	}()
	time.Sleep(50 * time.Millisecond)
	figures := map[string]any{"endedAt": Monotonic()}
	act := timed{}
	switch w.How {
	case "half-close":
		act = w.within(cancel, stream.CloseSend)
	case "close":
		act = w.within(cancel, func() error {
			if err := stream.CloseSend(); err != nil {
				return err
			}
			return stream.Leave()
		})
	case "cancel":
		cancel()
	}
	figures["act"] = act
	figures["loop"] = w.within(cancel, func() error { return <-received })
	figures["goroutines"] = settled(w.before)
	return tell(figures)
}

// timeout is the deadline of the walks that have one.
const timeout = 300 * time.Millisecond

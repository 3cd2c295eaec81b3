package walks

import (
	"context"
	"fmt"
	"time"
)

// leave opens streams one after the other, receives, and leaves each by its Close or its context; it tells when, so that the server can
// tell how much later it heard.
func leave(w *World) error {
	var leftAt []int64
	var tookMs []float64
	var cancels []context.CancelFunc
	messages := 3
	if w.Kind == "duplex" {
		messages = 1
	}
	for range w.Count {
		ctx, cancel := context.WithCancel(context.Background())
		cancels = append(cancels, cancel)
		stream, err := w.opened(ctx, messages)
		if err != nil {
			return err
		}
		time.Sleep(2 * time.Millisecond)
		at := Monotonic()
		if w.How == "cancel" {
			cancel()
		} else if err := w.within(cancel, stream.Leave); err.Blocked {
			return fmt.Errorf("leaving blocks")
		}
		tookMs = append(tookMs, float64(Monotonic()-at)/1e6)
		leftAt = append(leftAt, at)
	}
	left := settled(w.before)
	defer func() {
		for _, cancel := range cancels {
			cancel()
		}
	}()
	return tell(map[string]any{"leftAt": leftAt, "tookMs": tookMs, "goroutines": left})
}

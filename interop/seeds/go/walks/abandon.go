package walks

import (
	"context"
	"io"
	"runtime"
	"time"
)

// held is what the streams that were left hold at one moment.
type held struct {
	Done       int64   `json:"done"`
	Goroutines int     `json:"goroutines"`
	LiveKB     float64 `json:"liveKB"`
	AllKB      float64 `json:"allKB"`
}

// abandon sends, receives once, half-closes and walks away, so many times: for ever, or with a deadline of a second; or it reads on to the end. It tells what is held at
// once, later, when the context has been cancelled, and when the connection is closed.
func abandon(w *World) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	live, all := memory()
	doneBefore := w.done()
	look := func() held {
		nowLive, nowAll := memory()
		one := func(now, before int64) float64 { return max(0, float64(now-before)) / 1e3 / float64(w.Count) }
		return held{Done: w.done() - doneBefore, Goroutines: max(0, runtime.NumGoroutine()-w.before), LiveKB: one(nowLive, live), AllKB: one(nowAll, all)}
	}
	for range w.Count {
		if err := walkAway(ctx, w); err != nil {
			return err
		}
	}
	figures := map[string]any{}
	atRest()
	figures["atOnce"] = look()
	time.Sleep(w.Bound)
	figures["later"] = look()
	figures["laterAt"] = Monotonic()
	// Both free what is held; the context is the one that all the streams share.
	if w.How == "cancel" {
		cancel()
	} else {
		w.client.Close()
	}
	settled(w.before)
	figures["atEnd"] = look()
	return tell(figures)
}

func walkAway(ctx context.Context, w *World) error {
	if w.How == "deadline" {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, time.Second)
		_ = stop // nobody is left to call it
	}
	stream, err := w.opened(ctx, 1)
	if err != nil {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	if w.How != "read" {
		return nil
	}
	for {
		if err := stream.Recv(); err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
	}
}

func (w *World) done() int64 {
	if picking, ok := w.client.(Picking); ok {
		return picking.Done()
	}
	return -1
}

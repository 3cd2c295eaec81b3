package walks

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"
)

// group has a bidi stream under an errgroup: one task is parked, in Recv after the first answer, or in a Send that nobody reads (script
// mute); another fails. The stream is opened with the group's context, or with the outer one.
func group(w *World) error {
	outer, cancel := context.WithCancel(context.Background())
	defer cancel()
	tasks, inner := errgroup.WithContext(outer)
	ctx := inner
	if w.How == "outer" {
		ctx = outer
	}
	stream, err := w.open(ctx)
	if err != nil {
		return err
	}
	if err := w.begun(stream); err != nil {
		return err
	}
	var parked error
	tasks.Go(func() error {
		for parked == nil {
			if w.Script == "mute" {
				parked = stream.Send(64 * 1024)
			} else {
				parked = stream.Recv()
			}
		}
		return parked
	})
	failed := errors.New("the task fails")
	failing := make(chan struct{})
	tasks.Go(func() error {
		time.Sleep(200 * time.Millisecond)
		close(failing)
		return failed
	})
	<-failing
	failedAt := Monotonic()
	var first error
	waiting := w.within(cancel, func() error {
		first = tasks.Wait()
		return nil
	})
	figures := map[string]any{"waiting": waiting, "endedAt": failedAt}
	if waiting.Blocked && waiting.FreedMs < 0 {
		// What frees a parked Recv when the context does not.
		figures["leaving"] = w.within(cancel, stream.Leave)
		time.Sleep(100 * time.Millisecond)
	}
	figures["goroutines"] = settled(w.before)
	figures["first"] = first == failed
	return tell(figures)
}

// giveUp wants to give up one Recv and no more, for which there is nothing but the context of the whole stream. The answer comes 100 ms after
// it is asked for.
func giveUp(w *World) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stream, err := w.open(ctx)
	if err != nil {
		return err
	}
	if err := stream.Send(10); err != nil {
		return err
	}
	time.AfterFunc(20*time.Millisecond, cancel)
	given := w.within(cancel, stream.Recv)
	next := w.within(cancel, stream.Recv)
	return tell(map[string]any{"given": given, "next": next, "received": 0, "goroutines": settled(w.before)})
}

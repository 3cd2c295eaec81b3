package walks

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"golang.org/x/sys/unix"
)

// Monotonic is CLOCK_MONOTONIC in nanoseconds: the clock that processes of one machine share.
func Monotonic() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		panic(err)
	}
	return ts.Nano()
}

// timed is how long something took, or that it did not end within the bound and what then freed it.
type timed struct {
	Ms      float64 `json:"ms"`
	Blocked bool    `json:"blocked"`
	// FreedMs is how long it took to end once the context had been cancelled; -1 if even that did not end it.
	FreedMs float64 `json:"freedMs,omitempty"`
	// Error is the code with which it ended; Text the whole.
	Error string `json:"error,omitempty"`
	Text  string `json:"text,omitempty"`
}

// within runs what may block. After the bound it cancels, and gives it as long again.
func (w *World) within(cancel context.CancelFunc, run func() error) timed {
	ended := make(chan error, 1)
	started := time.Now()
	go func() { ended <- run() }()
	select {
	case err := <-ended:
		return w.ends(timed{Ms: since(started)}, err)
	case <-time.After(w.Bound):
	}
	blocked := timed{Ms: since(started), Blocked: true, FreedMs: -1}
	started = time.Now()
	cancel()
	select {
	case err := <-ended:
		blocked.FreedMs = since(started)
		return w.ends(blocked, err)
	case <-time.After(w.Bound):
		return blocked
	}
}

func (w *World) ends(t timed, err error) timed {
	if err != nil {
		t.Error, t.Text = w.client.Code(err), err.Error()
	}
	return t
}

func since(started time.Time) float64 { return float64(time.Since(started).Nanoseconds()) / 1e6 }

// settled waits for a second at most until there are no more goroutines than before, and gives how many are left over.
func settled(before int) int {
	for range 50 {
		if runtime.NumGoroutine() <= before {
			return 0
		}
		time.Sleep(20 * time.Millisecond)
	}
	return runtime.NumGoroutine() - before
}

// atRest waits until the number of goroutines does not change any more.
func atRest() int {
	last, same := runtime.NumGoroutine(), 0
	for i := 0; i < 100 && same < 4; i++ {
		time.Sleep(20 * time.Millisecond)
		now := runtime.NumGoroutine()
		if now == last {
			same++
		} else {
			same = 0
		}
		last = now
	}
	return last
}

// memory is the live heap and heap with stacks, in bytes, after a collection.
func memory() (live, all int64) {
	runtime.GC()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc), int64(m.HeapInuse + m.StackInuse)
}

// tell prints what was measured, and when it is told, as one line of JSON.
func tell(figures map[string]any) error {
	// The server may be about to hear.
	time.Sleep(100 * time.Millisecond)
	figures["toldAt"] = Monotonic()
	line, err := json.Marshal(figures)
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	return nil
}

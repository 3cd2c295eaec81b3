// Package measure holds what a load counts.
package measure

import (
	"math"
	"time"
)

// Histogram counts durations in buckets 2 % apart, from 1 µs to about 400 s.
type Histogram struct {
	buckets [1000]int64
	total   int64
}

const step = 1.02

func (h *Histogram) Add(d time.Duration) {
	us := max(1, float64(d.Nanoseconds())/1000)
	h.buckets[min(len(h.buckets)-1, int(math.Log(us)/math.Log(step)))]++
	h.total++
}

func (h *Histogram) Merge(other *Histogram) {
	for i, count := range other.buckets {
		h.buckets[i] += count
	}
	h.total += other.total
}

// Quantile is in microseconds, the middle of its bucket; 0 when nothing was counted.
func (h *Histogram) Quantile(q float64) float64 {
	rest := int64(math.Ceil(q * float64(h.total)))
	for i, count := range h.buckets {
		if rest -= count; rest <= 0 && count > 0 {
			return math.Round(math.Pow(step, float64(i)+0.5)*10) / 10
		}
	}
	return 0
}

// Total is how many durations were counted.
func (h *Histogram) Total() int64 { return h.total }

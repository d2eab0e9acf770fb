package main

import (
	"fmt"
	"math"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"dsr-server/internal/export/fakevendor"
)

// The lane's figures, against a fake with the vendor's limit on. `make bench-lane` runs
// them at full size (DSR_BENCH_PAGES=300); the smoke run takes a few pages. "Fewest" is
// the least number of calls that could bring the answer, "shortest" the least time the
// limit allows for them.

// benchPages is how many pages of conversations a benchmark reads.
func benchPages() int {
	if n, err := strconv.Atoi(os.Getenv("DSR_BENCH_PAGES")); err == nil {
		return n
	}
	return 4
}

func BenchmarkLane(b *testing.B) {
	for _, window := range []struct {
		name string
		kind fakevendor.RateWindow
	}{{"sliding", fakevendor.Sliding}, {"fixed", fakevendor.Fixed}} {
		for _, latency := range []time.Duration{100, 300, 800} {
			latency *= time.Millisecond
			b.Run(fmt.Sprintf("%s/latency=%s/pages=%d", window.name, latency, benchPages()), func(b *testing.B) {
				benchLane(b, 1, fakevendor.Options{RateWindow: window.kind, Latency: latency})
			})
		}
	}
}

// BenchmarkLaneShared submits a hundred requests over one window at once.
func BenchmarkLaneShared(b *testing.B) {
	benchLane(b, 100, fakevendor.Options{Latency: 300 * time.Millisecond})
}

func benchLane(b *testing.B, requests int, o fakevendor.Options) {
	for range b.N {
		h := build(b, fakevendor.Synthetic(1000*benchPages()), setup{options: o, pageSize: 1000, rate: "3/s", earliest: "2024-07-01"})
		began := time.Now()
		ids := make([]string, requests)
		for i := range ids {
			ids[i] = h.submit(fmt.Sprintf(`{"selectors":[{"metadata":{"key":"userId","value":"%d"}}],"window":{"end":"2025-07-01T00:00:00Z"}}`, 1000000+37*i))
		}
		matches := 0.0
		for _, id := range ids {
			r := h.until(id, "ready", "review")
			matches += r["result"].(map[string]any)["conversations"].(float64)
		}
		h.report(b, time.Since(began), requests, matches)
		h.stop()
	}
}

// report relates what was measured to what was possible.
func (h *house) report(b *testing.B, took time.Duration, requests int, matches float64) {
	throttled := 0
	for _, c := range h.vendor.Calls() {
		if c.Status == http.StatusTooManyRequests {
			throttled++
		}
	}
	scan, collect := float64(h.vendor.Count(fakevendor.Conversations)), float64(h.vendor.Count(fakevendor.Messages))
	fewest := float64(benchPages())
	shortest := math.Max(fewest, matches) / 3
	b.ReportMetric(scan/fewest, "scan-calls/fewest")
	b.ReportMetric(collect/math.Max(matches, 1), "message-calls/fewest")
	b.ReportMetric(float64(throttled)/(scan+collect), "429/call")
	b.ReportMetric(took.Seconds()/shortest, "time/shortest")
	b.ReportMetric(float64(requests), "requests")
	b.ReportMetric(0, "ns/op")
}

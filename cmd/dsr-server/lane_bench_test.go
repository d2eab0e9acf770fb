package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime/metrics"
	"strconv"
	"testing"
	"time"

	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
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
		kind vendor.RateWindow
	}{{"sliding", vendor.Sliding}, {"fixed", vendor.Fixed}} {
		for _, latency := range []time.Duration{100, 300, 800} {
			latency *= time.Millisecond
			b.Run(fmt.Sprintf("%s/latency=%s/pages=%d", window.name, latency, benchPages()), func(b *testing.B) {
				benchLane(b, 1, "2024-07-01", vendor.Options{RateWindow: window.kind, Latency: latency})
			})
		}
	}
}

// BenchmarkLaneShared submits a hundred requests over one window at once.
func BenchmarkLaneShared(b *testing.B) {
	benchLane(b, 100, "2024-07-01", vendor.Options{Latency: 300 * time.Millisecond})
}

// BenchmarkLaneSkewed has all of its conversations in the last of seven years.
func BenchmarkLaneSkewed(b *testing.B) {
	benchLane(b, 1, "2018-07-01", vendor.Options{Latency: 300 * time.Millisecond})
}

// BenchmarkLaneTutorial is the loop of the vendors' tutorials, for comparison: get a
// page, sleep a third of a second; messages afterwards.
func BenchmarkLaneTutorial(b *testing.B) {
	for range b.N {
		fake := chaos.New(vendor.Synthetic(1000*benchPages()), vendor.Options{Keys: []string{testKey}, Latency: 300 * time.Millisecond})
		server := httptest.NewServer(fake)
		began := time.Now()
		tutorialLoop(b, server.URL)
		b.ReportMetric(float64(fake.Count(""))/float64(benchPages()), "scan-calls/fewest")
		b.ReportMetric(time.Since(began).Seconds()/(float64(benchPages())/3), "time/shortest")
		b.ReportMetric(0, "ns/op")
		server.Close()
	}
}

func tutorialLoop(b *testing.B, base string) {
	b.Helper()
	cursor := ""
	for {
		var page struct{ Cursor *string }
		params := url.Values{"start_time": {"1719792000"}, "end_time": {"1751328000"}, "bot_name": {vendor.DefaultBot}, "per_page": {"1000"}}
		if cursor != "" {
			params.Set("cursor", cursor)
		}
		req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, base+vendor.ConversationsPath+"?"+params.Encode(), nil)
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("x-api-key", testKey)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		err = json.NewDecoder(resp.Body).Decode(&page)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			b.Fatalf("status %d, %v", resp.StatusCode, err)
		}
		time.Sleep(time.Second / 3)
		if page.Cursor == nil {
			return
		}
		cursor = *page.Cursor
	}
}

func benchLane(b *testing.B, requests int, earliest string, o vendor.Options) {
	for range b.N {
		h := build(b, vendor.Synthetic(1000*benchPages()), setup{
			options: o, pageSize: 1000, rate: "3/s", earliest: earliest, top: "limits: {submissions_per_second: 1000}",
		})
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
func (h *harness) report(b *testing.B, took time.Duration, requests int, matches float64) {
	throttled := 0
	for _, c := range h.vendor.Calls() {
		if c.Status == http.StatusTooManyRequests {
			throttled++
		}
	}
	scan, collect := float64(h.vendor.Count(vendor.Conversations)), float64(h.vendor.Count(vendor.Messages))
	fewest := float64(benchPages())
	shortest := math.Max(fewest, matches) / 3
	b.ReportMetric(scan/fewest, "scan-calls/fewest")
	b.ReportMetric(collect/math.Max(matches, 1), "message-calls/fewest")
	b.ReportMetric(float64(throttled)/(scan+collect), "429/call")
	b.ReportMetric(took.Seconds()/shortest, "time/shortest")
	b.ReportMetric(float64(requests), "requests")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkLaneUnlimited reads as fast as the service can, with the vendor's limit off,
// and reports the most memory that was live, the fake vendor's included. `make
// bench-lane` runs it over 100,000 and 1,000,000 conversations: it should not grow.
func BenchmarkLaneUnlimited(b *testing.B) {
	for _, pages := range []int{benchPages(), 10 * benchPages()} {
		b.Run(fmt.Sprintf("conversations=%d", 1000*pages), func(b *testing.B) {
			for range b.N {
				h := build(b, vendor.Synthetic(1000*pages), setup{
					options: vendor.Options{RateWindow: vendor.Off}, pageSize: 1000, rate: "100000/s", earliest: "2024-07-01",
				})
				heap := watchHeap()
				began := time.Now()
				h.until(h.submit(`{"selectors":[{"metadata":{"key":"email","value":"person007@example.org"}}],"window":{"end":"2025-07-01T00:00:00Z"}}`), "ready")
				b.ReportMetric(float64(h.vendor.Count(vendor.Conversations))/time.Since(began).Seconds(), "pages/s")
				b.ReportMetric(heap()/1e6, "MB-live-peak")
				b.ReportMetric(0, "ns/op")
				h.stop()
			}
		})
	}
}

// watchHeap samples the live heap until the returned func is called, which returns the peak in bytes.
func watchHeap() (peak func() float64) {
	stop, result := make(chan struct{}), make(chan float64)
	go func() {
		most := 0.0
		sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			metrics.Read(sample)
			most = math.Max(most, float64(sample[0].Value.Uint64()))
			select {
			case <-tick.C:
			case <-stop:
				result <- most
				return
			}
		}
	}()
	return func() float64 {
		close(stop)
		return <-result
	}
}

package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dsr-server/internal/fake/vendor"
)

// benchStatus reports how often a second fifty programs can ask how one request is.
func (h *harness) benchStatus(b *testing.B) {
	id := h.call(http.MethodGet, "/api/v1/requests?limit=1", "").json["items"].([]any)[0].(map[string]any)["id"].(string)
	perSecond, p99 := atOnce(b, 50, benchRequests(), func(client *http.Client, _ int64) {
		h.benchCall(b, client, http.MethodGet, "/api/v1/requests/"+id, http.StatusOK, "")
	})
	b.ReportMetric(perSecond, "reads/s@50")
	b.ReportMetric(p99, "ms-p99-read@50")
}

// benchEvents reports how many events a second the audit log takes, each a commit of its own
// with its place in the tree.
func (h *harness) benchEvents(b *testing.B) {
	perSecond, _ := atOnce(b, 10, benchRequests(), func(_ *http.Client, _ int64) {
		if err := h.p.Store.RecordSignOut(b.Context(), "user:bench"); err != nil {
			b.Error(err)
		}
	})
	b.ReportMetric(perSecond, "events/s")
}

// benchArchive is how large the archive is that is downloaded, in bytes.
func benchArchive() int64 {
	if benchRequests() >= 10_000 {
		return 100_000_000
	}
	return 1_000_000
}

// downloadsAtOnce is how many callers download it at the same time.
const downloadsAtOnce = 50

// BenchmarkDownloads has fifty callers download the same archive at once, and reports how fast
// that goes and how much the heap grows meanwhile: the archive is read and decrypted piece by
// piece, so the size of neither the archive nor all downloads may show in it.
func BenchmarkDownloads(b *testing.B) {
	b.ReportMetric(0, "ns/op")
	h := build(b, vendor.Sample(), setup{options: unlimitedFake(), source: "region: DE}\n  - {name: big, type: dump, path: ./big",
		top: `limits: {reads_per_second: 100000, calls_at_once: 1000, connections: 1000}`})
	benchBig(b, filepath.Join(h.dir, "big"), benchArchive())
	id := h.submit(`{"selectors":[{"conversation_id":"long"}],"sources":["big"]}`)
	h.until(id, "ready", "review")
	path := "/api/v1/requests/" + id + "/archive"
	size := h.benchCall(b, http.DefaultClient, http.MethodGet, path, http.StatusOK, "")
	if size < benchArchive() {
		b.Fatalf("the archive has %d bytes, want %d at least", size, benchArchive())
	}
	var sent atomic.Int64
	began := time.Now()
	growth := heapGrowth(func() {
		var all sync.WaitGroup
		for range downloadsAtOnce {
			all.Go(func() { sent.Add(h.benchCall(b, http.DefaultClient, http.MethodGet, path, http.StatusOK, "")) })
		}
		all.Wait()
	})
	if sent.Load() != size*downloadsAtOnce {
		b.Errorf("%d bytes were sent, want %d times %d", sent.Load(), downloadsAtOnce, size)
	}
	if most := int64(64 << 20); growth > most {
		b.Errorf("the heap grew by %d bytes for %d downloads of %d bytes, want %d at most", growth, downloadsAtOnce, size, most)
	}
	b.ReportMetric(float64(size)/1e6, "MB-archive")
	b.ReportMetric(float64(sent.Load())/1e6/time.Since(began).Seconds(), "MB/s")
	b.ReportMetric(float64(growth)/1e6, "MB-heap-growth")
}

// heapGrowth is by how much more the heap holds at its largest while f runs than before.
func heapGrowth(f func()) int64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}} // without what the next collection takes
	heap := func() int64 {
		metrics.Read(live)
		return int64(live[0].Value.Uint64())
	}
	runtime.GC()
	before := heap()
	most, done := before, make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-tick.C:
				most = max(most, heap())
			case <-done:
				tick.Stop()
				return
			}
		}
	})
	f()
	close(done)
	watch.Wait()
	return most - before
}

// benchBig writes a dump of one conversation, of texts that cannot be compressed below half,
// which the archive holds more than once.
func benchBig(b *testing.B, dir string, archive int64) {
	b.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		b.Fatal(err)
	}
	const text = 32 << 10 // of one message
	var said strings.Builder
	for i := int64(0); i*text*2 < archive; i++ { // the archive holds each text twice and more
		noise := make([]byte, text/2)
		_, _ = rand.Read(noise)
		fmt.Fprintf(&said, `{"_id":"m%d","time":%d,"type":"UserInput","userInput":"%s","conversationId":"long"}`+"\n", i, 1744750670+i, hex.EncodeToString(noise))
	}
	for name, text := range map[string]string{"conversations.ndjson": `{"_id":"long","startTime":1744750665,"lastActionAt":"2025-04-15T20:58:15","metadata":{}}` + "\n", "messages.ndjson": said.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
}

package main

import (
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dsr-server/internal/fake/vendor"
)

// What compliance tooling waits for, on the whole program: `make bench-api` runs it with
// DSR_BENCH_REQUESTS=10000, the smoke run with a few. The vendor answers nothing meanwhile, so
// that the requests stay open.

func benchRequests() int {
	if n, err := strconv.Atoi(os.Getenv("DSR_BENCH_REQUESTS")); err == nil {
		return n
	}
	return 60
}

// connections of the submitters.
const benchConnections = 50

func BenchmarkAPI(b *testing.B) {
	b.ReportMetric(0, "ns/op")
	h := build(b, vendor.Sample(), setup{options: vendor.Options{Latency: time.Hour},
		source: "region: DE}\n  - {name: idle, type: dump, path: ./idle",
		top: `webhooks: {allow_loopback: true}
limits: {submissions_per_second: 100000, reads_per_second: 100000, open_requests: 100000, calls_at_once: 1000, connections: 1000}`,
	})
	h.benchSubmit(b)
	h.benchIdle(b)
	h.benchList(b)
	people := h.benchBatch(b)
	h.benchMatrix(b, people)
	h.benchWebhooks(b, people)
	h.benchReading(b)
}

// benchSubmit reports durable submissions a second, and beside them what the disk can do: rows
// committed one after the other.
func (h *harness) benchSubmit(b *testing.B) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: benchConnections}}
	began := time.Now()
	var next atomic.Int64
	var all sync.WaitGroup
	for range benchConnections {
		all.Go(func() {
			for n := next.Add(1); n <= int64(benchRequests()); n = next.Add(1) {
				h.benchPost(b, client, fmt.Sprintf(`{"selectors":[{"metadata":{"key":"userId","value":"%d"}}],"sources":["bot"]}`, n))
			}
		})
	}
	all.Wait()
	perSecond := float64(benchRequests()) / time.Since(began).Seconds()
	b.ReportMetric(perSecond, "submits/s")
	b.ReportMetric(perSecond/commitsPerSecond(b, h.dir), "submits/commit")
}

func (h *harness) benchPost(b *testing.B, client *http.Client, body string) {
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, h.url+"/api/v1/requests", strings.NewReader(body))
	if err != nil {
		b.Error(err)
		return
	}
	req.Header.Set("Authorization", "Bearer "+testToken)
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		b.Error(err)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	if text, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusCreated {
		b.Errorf("%d %s", resp.StatusCode, text)
	}
}

// commitsPerSecond commits single rows to a database of its own in the folder.
func commitsPerSecond(b *testing.B, dir string) float64 {
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "bench.db")+"?_journal_mode=WAL&_synchronous=FULL")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(b.Context(), `CREATE TABLE t (n INTEGER)`); err != nil {
		b.Fatal(err)
	}
	const rows = 200
	began := time.Now()
	for n := range rows {
		if _, err := db.ExecContext(b.Context(), `INSERT INTO t VALUES (?)`, n); err != nil {
			b.Fatal(err)
		}
	}
	return rows / time.Since(began).Seconds()
}

// benchIdle reports how long a request to a source that nobody uses is queued behind all of
// those to a busy one.
func (h *harness) benchIdle(b *testing.B) {
	if err := os.MkdirAll(filepath.Join(h.dir, "idle"), 0o700); err != nil {
		b.Fatal(err)
	}
	benchFolder(b, filepath.Join(h.dir, "idle"))
	began := time.Now()
	id := h.submit(`{"selectors":[{"conversation_id":"nobody"}],"sources":["idle"]}`)
	for h.call(http.MethodGet, "/api/v1/requests/"+id, "").json["status"] == "queued" {
		pause(b, 5*time.Millisecond)
	}
	b.ReportMetric(float64(time.Since(began).Milliseconds()), "ms-to-start-idle")
	queued := h.call(http.MethodGet, "/api/v1/requests?status=queued&limit=200", "").json["items"].([]any)
	b.ReportMetric(float64(len(queued)), "still-queued")
}

// largestBatch is the most submissions that one call takes.
const largestBatch = 1000

// benchBatch reports how long a batch of 1,000 screenings takes until it is answered, and
// returns their ids.
func (h *harness) benchBatch(b *testing.B) (ids []string) {
	rows := make([]string, min(benchRequests(), largestBatch))
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"mode":"screen","sources":["idle"],"selectors":[{"metadata":{"key":"email","value":"person-%d@example.com"}}]}`, i)
	}
	began := time.Now()
	a := h.call(http.MethodPost, "/api/v1/requests/batch", `{"atomic":true,"requests":[`+strings.Join(rows, ",")+`]}`)
	b.ReportMetric(float64(time.Since(began).Milliseconds()), "ms-batch")
	for _, result := range a.json["results"].([]any) {
		ids = append(ids, result.(map[string]any)["id"].(string))
	}
	return ids
}

// benchMatrix reports how long the screening matrix of these people takes, once all are done.
func (h *harness) benchMatrix(b *testing.B, ids []string) {
	for _, id := range ids {
		h.until(id, "ready", "review")
	}
	began := time.Now()
	a := h.call(http.MethodPost, "/api/v1/reports/screening", `{"requests":["`+strings.Join(ids, `","`)+`"]}`)
	b.ReportMetric(float64(time.Since(began).Milliseconds()), "ms-matrix")
	if rows := a.json["requests"].([]any); len(rows) != len(ids) {
		b.Fatalf("%d rows of %d", len(rows), len(ids))
	}
}

// benchReading reports the median of reading a page of a conversation of 500 messages.
func (h *harness) benchReading(b *testing.B) {
	id := h.submit(`{"selectors":[{"conversation_id":"long"}],"sources":["idle"]}`)
	h.until(id, "ready", "review")
	var took []time.Duration
	for range 50 {
		began := time.Now()
		a := h.call(http.MethodGet, "/api/v1/requests/"+id+"/conversations/idle/long?limit=500", "")
		took = append(took, time.Since(began))
		if said := a.json["messages"].([]any); len(said) != benchMessages {
			b.Fatalf("%d messages, want %d", len(said), benchMessages)
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-reading")
}

// benchWebhooks reports how many messages a second reach a receiver that answers at once. All are
// there before the first is let through: each ends a request of its own.
func (h *harness) benchWebhooks(b *testing.B, ids []string) {
	open := make(chan struct{})
	var got atomic.Int64
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-open:
			got.Add(1)
		case <-r.Context().Done(): // it is sent again
		}
	}))
	defer receiver.Close()
	if a := h.call(http.MethodPost, "/api/v1/webhooks", fmt.Sprintf(`{"url":%q,"events":["request.answered"]}`, receiver.URL)); a.status != http.StatusCreated {
		b.Fatalf("%d %s", a.status, a.raw)
	}
	for _, id := range ids {
		if a := h.call(http.MethodPost, "/api/v1/requests/"+id+"/answered", `{"outcome":"withdrawn"}`); a.status != http.StatusOK {
			b.Fatalf("%d %s", a.status, a.raw)
		}
	}
	began := time.Now()
	close(open)
	for got.Load() < int64(len(ids)) {
		pause(b, time.Millisecond)
	}
	b.ReportMetric(float64(len(ids))/time.Since(began).Seconds(), "webhooks/s")
}

// benchMessages are in the conversation that is read.
const benchMessages = 500

// benchFolder is what the idle source holds: one conversation.
func benchFolder(b *testing.B, dir string) {
	var said strings.Builder
	for i := range benchMessages {
		fmt.Fprintf(&said, `{"_id":"m%d","time":%d,"type":"UserInput","userInput":"message %d","conversationId":"long"}`+"\n", i, 1744750670+i, i)
	}
	for name, text := range map[string]string{"conversations.ndjson": `{"_id":"long","startTime":1744750665,"lastActionAt":"2025-04-15T20:58:15","metadata":{}}` + "\n", "messages.ndjson": said.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
}

// benchList reports the median of reading the newest fifty, once all have been planned.
func (h *harness) benchList(b *testing.B) {
	for len(h.call(http.MethodGet, "/api/v1/requests?status=queued&limit=1", "").json["items"].([]any)) > 0 {
		pause(b, 100*time.Millisecond)
	}
	var took []time.Duration
	for range 100 {
		began := time.Now()
		if a := h.call(http.MethodGet, "/api/v1/requests?limit=50", ""); a.status != http.StatusOK {
			b.Fatalf("%d %s", a.status, a.raw)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-list-of-50")
}

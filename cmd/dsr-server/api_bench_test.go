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

func BenchmarkAPI(b *testing.B) {
	b.ReportMetric(0, "ns/op")
	h := build(b, vendor.Sample(), setup{options: vendor.Options{Latency: time.Hour},
		source: "region: DE}\n  - {name: idle, type: dump, path: ./idle",
		top: `webhooks: {allow_loopback: true}
limits: {submissions_per_second: 100000, reads_per_second: 100000, open_requests: 100000, calls_at_once: 1000, connections: 1000}`,
	})
	for _, connections := range []int{1, 10, 50} {
		h.benchSubmit(b, connections)
	}
	h.benchStatus(b)
	h.benchEvents(b)
	h.benchIdle(b)
	h.benchList(b)
	people := h.benchBatch(b)
	h.benchMatrix(b, people)
	h.benchWebhooks(b, people)
	h.benchReading(b)
}

// benchSubmit reports durable submissions a second over so many connections, which each wait
// for the answer, and the time that one in a hundred takes longer than; beside the most of them
// what the disk can do: rows committed one after the other. Together they make benchRequests.
func (h *harness) benchSubmit(b *testing.B, connections int) {
	n := map[int]int{1: benchRequests() / 20, 10: benchRequests() / 4, 50: benchRequests() * 7 / 10}[connections]
	perSecond, p99 := atOnce(b, connections, n, func(client *http.Client, n int64) {
		h.benchCall(b, client, http.MethodPost, "/api/v1/requests", http.StatusCreated,
			fmt.Sprintf(`{"selectors":[{"metadata":{"key":"userId","value":"%d-%d"}}],"sources":["bot"]}`, connections, n))
	})
	b.ReportMetric(perSecond, fmt.Sprintf("submits/s@%d", connections))
	b.ReportMetric(p99, fmt.Sprintf("ms-p99-submit@%d", connections))
	if connections == 50 {
		b.ReportMetric(perSecond/commitsPerSecond(b, h.dir), "submits/commit")
	}
}

// atOnce does something n times over so many connections; it returns how often a second, and
// the milliseconds that one in a hundred takes longer than.
func atOnce(b *testing.B, connections, n int, do func(*http.Client, int64)) (perSecond, p99 float64) {
	transport := &http.Transport{MaxIdleConnsPerHost: connections}
	defer transport.CloseIdleConnections()
	took := make([]time.Duration, n)
	var next atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range connections {
		all.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				start := time.Now()
				do(&http.Client{Transport: transport}, i)
				took[i-1] = time.Since(start)
			}
		})
	}
	all.Wait()
	perSecond = float64(n) / time.Since(began).Seconds()
	slices.Sort(took)
	if n == 0 {
		b.Fatal("nothing was done")
	}
	return perSecond, float64(took[(n*99)/100].Microseconds()) / 1000
}

// benchCall makes a call, reads its answer to the end and throws it away.
func (h *harness) benchCall(b *testing.B, client *http.Client, method, path string, status int, body string) (size int64) {
	req, err := http.NewRequestWithContext(b.Context(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		b.Error(err)
		return 0
	}
	req.Header.Set("Authorization", "Bearer "+testToken)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := client.Do(req)
	if err != nil {
		b.Error(err)
		return 0
	}
	defer func() { _ = resp.Body.Close() }()
	size, err = io.Copy(io.Discard, resp.Body)
	if err != nil || resp.StatusCode != status {
		b.Errorf("%s %s: %d, %v", method, path, resp.StatusCode, err)
	}
	return size
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

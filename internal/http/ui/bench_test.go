package ui_test

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/dsr"
)

// How much is stored while pages are timed: `make bench-pages` asks for 10,000 requests and
// 1,000,000 events, the smoke run for a few.
func benchSize(name string, few int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return few
}

// BenchmarkPages reports the 95th percentile of the time in which pages are answered, calls
// and sign-in included.
func BenchmarkPages(b *testing.B) {
	s := apptest.Open(b, func(o *apptest.Setup) { o.Now, o.BaseURL = siteNow, "http://127.0.0.1" })
	ids := benchRequests(b, s, benchSize("DSR_BENCH_REQUESTS", 100))
	benchEvents(b, s, ids, benchSize("DSR_BENCH_EVENTS", 1000))
	send := benchBrowser(b, s)
	get := func(b *testing.B, path string) { send(b, http.MethodGet, path, nil) }
	draft := send(b, http.MethodPost, "/requests/new", url.Values{"values": {"ana@example.com"}, "rows": {"0"}, "source": apptest.Sources,
		"received": {siteNow.Format(time.DateOnly)}, "language": {"en"}, "action": {"check"}})
	first := "/requests/" + ids[len(ids)/2]
	for _, page := range []struct{ name, path string }{
		{"today", "/"},
		{"list", "/requests"},
		{"list-last-page", "/requests?list=all&page=" + strconv.Itoa(max(1, len(ids)/25))},
		{"list-by-found", "/requests?list=all&sort=found&order=desc"},
		{"list-search", "/requests?q=f-77"},
		{"sources", "/sources"},
		{"audit", "/audit"},
		{"audit-person-and-kind", "/audit?who=user%3Ap7&what=request.viewed"},
		{"audit-nothing-found", "/audit?who=user%3Ap7&what=request.purged"},
		{"audit-request", "/audit?request=ref-77"},
		{"request", first},
		{"request-deadline", first + "/deadline"},
		{"request-history", first + "/history"},
		{"request-more", first + "/more"},
		{"request-answer", first + "/answer"},
		{"request-letter", first + "/letter"},
		{"request-handover", first + "/handover"},
		{"people", "/people"},
		{"person", "/people/p7"},
		{"tokens", "/tokens"},
		{"webhooks", "/webhooks"},
		{"settings", "/settings"},
		{"account", "/account"},
		{"upload", "/requests/upload"},
		{"new", "/requests/new"},
		{"new-check", draft},
		{"audit-day", "/audit?from=2025-06-20&until=2025-06-20&what=request.viewed"},
	} {
		b.Run(page.name, func(b *testing.B) {
			var took []time.Duration
			before := processorTime(b)
			for b.Loop() {
				began := time.Now()
				get(b, page.path)
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
			b.ReportMetric(float64((processorTime(b)-before).Microseconds())/1000/float64(len(took)), "cpu-ms/op")
		})
	}
}

// processorTime is what this process has used, which says more than the time on a machine that
// others use.
func processorTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// benchRequests stores requests of which a third each is open, waits for a decision and can be sent.
func benchRequests(b *testing.B, s *apptest.Site, n int) (ids []string) {
	by := dsr.Call{By: dsr.Principal{ID: "user:requester", Role: dsr.Admin}}
	for at := 0; at < n; at += 1000 {
		var rows []dsr.BatchRow
		for i := at; i < min(at+1000, n); i++ {
			rows = append(rows, dsr.BatchRow{Submission: dsr.Submission{
				Reference: fmt.Sprintf("REF-%d", i), Selectors: []dsr.Selector{{ConversationID: strconv.Itoa(i)}}, Sources: apptest.Sources,
				ReceivedAt: siteNow.AddDate(0, 0, -i%60), Language: "en",
			}})
		}
		stored, err := s.Store.SubmitBatch(b.Context(), by, rows, true)
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range stored {
			ids = append(ids, r.ID)
		}
	}
	s.Exec(`UPDATE requests SET status = 'running', as_of = created_at WHERE rowid % 3 > 0`)
	s.Exec(`UPDATE requests SET status = iif(rowid % 3 = 1, 'review', 'ready'), complete = 1, archive_name = id, archive_size = 7, archive_sha256 = zeroblob(32),
		archive_expires_at = created_at, conversations = rowid % 50 WHERE status = 'running'`)
	return ids
}

// benchEvents fills the log as 50 people would, past the program: it has to be read only.
func benchEvents(b *testing.B, s *apptest.Site, ids []string, n int) {
	s.Exec(`CREATE TABLE bench_ids (n INTEGER PRIMARY KEY, id TEXT NOT NULL)`)
	s.Exec(`INSERT INTO bench_ids SELECT key, value FROM json_each(?)`, `["`+strings.Join(ids, `","`)+`"]`)
	var first int
	if err := s.Store.DB().QueryRowContext(b.Context(), `SELECT max(idx) + 1 FROM audit_events`).Scan(&first); err != nil {
		b.Fatal(err)
	}
	s.Exec(`
		WITH RECURSIVE i (n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM i WHERE n + 1 < ?2),
			e AS (SELECT n, ?3 - (?2 - n) * 1000 AS at, iif(n % 4 = 0, 'request.amended', 'request.viewed') AS kind, 'user:p' || (n % 50) AS actor,
				(SELECT id FROM bench_ids WHERE bench_ids.n = i.n % ?4) AS id FROM i)
		INSERT INTO audit_events (idx, at, kind, actor, request_id, leaf)
		SELECT n, at, kind, actor, id, CAST('{"actor":"' || actor || '","at":"' || strftime('%Y-%m-%dT%H:%M:%S', at / 1000, 'unixepoch') || '.000Z","data":{},"index":' || n ||
			',"kind":"' || kind || '","request":"' || id || '"}' AS BLOB) FROM e`, first, n, siteNow.UnixMilli(), len(ids))
	s.Exec(`INSERT INTO audit_hashes (idx, hash) WITH RECURSIVE i (n) AS (SELECT max(idx) + 1 FROM audit_hashes UNION ALL SELECT n + 1 FROM i WHERE n + 1 < ?) SELECT n, zeroblob(32) FROM i`, tlog.StoredHashIndex(0, int64(n)))
	s.Exec(`INSERT INTO people (id, login, name, role, password_hash, created_at)
		WITH RECURSIVE i (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < 49) SELECT 'user:p' || n, 'p' || n, 'Person ' || n, 'approver', '$argon2id$', 0 FROM i`)
}

// benchBrowser signs an administrator in and returns what fetches a page.
func benchBrowser(b *testing.B, s *apptest.Site) func(b *testing.B, method, path string, form url.Values) (at string) {
	s.AddPerson("admin", sitePassword, dsr.Admin)
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	send := func(b *testing.B, method, path string, form url.Values) (at string) {
		r, err := http.NewRequestWithContext(b.Context(), method, s.URL+path, strings.NewReader(form.Encode()))
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		resp, err := client.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		if resp.StatusCode != http.StatusOK {
			b.Fatalf("%s: %d", path, resp.StatusCode)
		}
		return resp.Request.URL.Path
	}
	send(b, http.MethodPost, "/sign-in", url.Values{"login": {"admin"}, "password": {sitePassword}})
	return send
}

package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
)

// prepare makes a harness without starting the program: the vendor answers and the files
// are written. Every role has a token, and every bot of the vendor's options is a source
// of its own name beside "bot".
func prepare(t *testing.T, data *vendor.Data, s setup) *harness {
	t.Helper()
	if s.options.Keys == nil {
		s.options.Keys = []string{testKey}
	}
	h := &harness{t: t, dir: t.TempDir(), vendor: chaos.New(data, s.options), log: &logBuffer{}}
	server := httptest.NewServer(h.vendor)
	t.Cleanup(server.Close)
	for _, role := range []string{"requester", "approver", "auditor"} {
		h.write(role, tokenOf(role))
		s.tokens += fmt.Sprintf(", {name: the-%s, role: %s, token_file: ./%s}", role, role, role)
	}
	h.configure(server.URL, s)
	for bot := range s.options.Bots {
		h.addSource(bot)
	}
	return h
}

func tokenOf(role string) string { return "test-token-of-the-" + role + "-0123456789abcdef" }

// addSource gives the configuration a copy of its first source for another bot.
func (h *harness) addSource(bot string) {
	h.t.Helper()
	text, err := os.ReadFile(filepath.Join(h.dir, "dsr.yaml"))
	if err != nil {
		h.t.Fatal(err)
	}
	first, rest, found := strings.Cut(string(text), "bootstrap:")
	_, entry, named := strings.Cut(first, "  - {name: bot,")
	if !found || !named {
		h.t.Fatal("the configuration has no source to copy")
	}
	entry, _, _ = strings.Cut(entry, "\n")
	entry = strings.Replace(entry, vendor.DefaultBot, bot, 1)
	h.write("dsr.yaml", first+"  - {name: "+bot+","+entry+"\nbootstrap:"+rest)
}

// open prepares a harness and starts the program in it.
func open(t *testing.T, data *vendor.Data, s setup) *harness {
	t.Helper()
	h := prepare(t, data, s)
	h.start(s)
	return h
}

// as is call by somebody with another role than the admin's.
func (h *harness) as(role, method, path string) answer {
	h.t.Helper()
	return h.call(method, "/api/v1/requests/"+path, "", "Authorization", "Bearer "+tokenOf(role))
}

// await polls until the condition holds.
func (h *harness) await(what string, holds func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !holds(); pause(h.t, 25*time.Millisecond) {
		if time.Now().After(deadline) {
			h.t.Fatalf("%s: this did not come to be\n%s", what, h.story())
		}
	}
}

// come waits for a moment that something else brings about.
func (h *harness) come(what string, moment <-chan struct{}) {
	h.t.Helper()
	select {
	case <-moment:
	case <-time.After(2 * time.Minute):
		h.t.Fatalf("%s: this did not come to be\n%s", what, h.story())
	}
}

// database is a second connection to the program's database.
func (h *harness) database() *sql.DB {
	h.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+url.PathEscape(filepath.Join(h.dir, "data", "dsr.db"))+"?mode=rw&_busy_timeout=20000")
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = db.Close() })
	return db
}

func (h *harness) exec(statement string) {
	h.t.Helper()
	if strings.HasPrefix(statement, "CREATE TRIGGER") { // which would be found, and nothing be deleted any more
		h.await("the inspection at the start has ended", func() bool {
			return h.number(`SELECT count(*) FROM jobs WHERE kind = 'sweep' AND state = 'due' AND run_at > ?`, time.Now().Add(time.Minute).UnixMilli()) == 1
		})
	}
	db := h.database()
	if _, err := db.ExecContext(h.t.Context(), statement); err != nil {
		h.t.Fatalf("%s: %v", statement, err)
	}
	if err := db.Close(); err != nil {
		h.t.Fatal(err)
	}
}

// number is the single number that a query answers with.
func (h *harness) number(query string, args ...any) (n int) {
	h.t.Helper()
	db := h.database()
	defer func() { _ = db.Close() }()
	if err := db.QueryRowContext(h.t.Context(), query, args...).Scan(&n); err != nil {
		h.t.Fatalf("%s: %v", query, err)
	}
	return n
}

func (h *harness) events(kind, request string) int {
	h.t.Helper()
	return h.number(`SELECT count(*) FROM audit_events WHERE kind = ? AND request_id = ?`, kind, request)
}

// idle waits until nobody works on a request any more.
func (h *harness) idle() {
	h.t.Helper()
	h.await("the queue is empty", func() bool {
		return h.number(`SELECT count(*) FROM jobs WHERE kind NOT IN ('sweep', 'deadlines')`) == 0
	})
}

// wantNoAttemptUsed holds when no job was ever blamed for a failure.
func (h *harness) wantNoAttemptUsed() {
	h.t.Helper()
	if n := h.number(`SELECT coalesce(max(attempts), 0) FROM jobs`); n != 0 {
		h.t.Errorf("%d attempts are used up", n)
	}
	if strings.Contains(h.log.String(), `"outcome":"failed"`) {
		h.t.Errorf("a job attempt failed:\n%s", h.story())
	}
}

// coverage is what the program says it has searched.
type coverage struct {
	Complete bool
	Sources  []struct {
		Name     string
		Complete bool
		Reasons  []struct{ Code, Detail string }
		Assumes  []string
		Read     []struct {
			Start, End     time.Time
			Pages, Records int
		}
		Calls, Retries map[string]int
		Anomalies      []struct {
			Rule  string
			Count int
		}
	}
}

func (h *harness) coverage(id string) (c coverage) {
	h.t.Helper()
	a := h.call("GET", "/api/v1/requests/"+id+"/coverage", "")
	if err := json.Unmarshal(a.raw, &c); err != nil || a.status != 200 {
		h.t.Fatalf("GET coverage: %d %s", a.status, a.raw)
	}
	return c
}

// untilAwake waits for the run's end, of a request whose sources have no reason to sleep.
func (h *harness) untilAwake(id string) (r map[string]any) {
	h.t.Helper()
	h.await("the run ends", func() bool {
		r = h.call("GET", "/api/v1/requests/"+id, "").json
		if waiting := r["progress"].(map[string]any)["waiting"]; waiting != nil {
			h.t.Fatalf("a source sleeps although its vendor answers: %v\n%s", waiting, h.story())
		}
		return r["status"] != "queued" && r["status"] != "running"
	})
	return r
}

// story is the log without the calls of the API, which are mostly the test's polling.
func (h *harness) story() string {
	lines := strings.Split(h.log.String(), "\n")
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return strings.Contains(line, `"msg":"call"`) }), "\n")
}

// wantReason holds when a request is in review, incomplete for this reason alone.
func (h *harness) wantReason(id, code string) (detail string) {
	h.t.Helper()
	r := h.untilAwake(id)
	c := h.coverage(id)
	if r["status"] != "review" || r["complete"] != false || c.Complete || len(c.Sources) != 1 {
		h.t.Fatalf("got %v, complete %v, coverage %+v; want an incomplete request in review", r["status"], r["complete"], c)
	}
	reasons := c.Sources[0].Reasons
	problem, _ := r["error"].(map[string]any)
	if len(reasons) == 0 || reasons[0].Code != code || problem["code"] != code {
		h.t.Fatalf("got reasons %+v and error %v, want %s", reasons, problem, code)
	}
	return reasons[0].Detail
}

// wantExact holds when a ready archive is what the reference expects of one source.
func (h *harness) wantExact(c corpus, q question, id string) bundle {
	h.t.Helper()
	r := h.until(id, "ready", "review", "failed")
	if !searchedWhole(r) {
		h.t.Fatalf("%s: %v, complete %v, error %v", q.name, r["status"], r["complete"], r["error"])
	}
	b := h.download(id)
	conversations, messages := c.expect(h.t, q)
	b.wantLines(h.t, "data/bot/conversations.ndjson", conversations)
	b.wantLines(h.t, "data/bot/messages.ndjson", messages)
	if len(conversations) == 0 {
		h.t.Error("nothing was compared")
	}
	return b
}

func (b bundle) wantLines(t testing.TB, name string, want []string) {
	t.Helper()
	got := b.lines(t, name)
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Errorf("%s: %d lines, want %d; the first that differs is line %d", name, len(got), len(want), i+1)
			return
		}
	}
}

// compacted is a JSON text without the white space between its tokens.
func compacted(t testing.TB, text []byte) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// ofAna asks for the sample's main data subject.
var ofAna = question{name: "email", selectors: []selector{{Key: "*", Value: vendor.SampleEmail}}}

// gate stands before the vendor's answers: it tells when a call comes and can hold
// calls back. Its zero value is open.
type gate struct {
	mu    sync.Mutex
	calls int
	marks map[int]chan struct{}
	from  int           // first call that is held
	held  chan struct{} // closed to let go
}

func (g *gate) onCall(vendor.Call) {
	g.mu.Lock()
	g.calls++
	if mark := g.marks[g.calls]; mark != nil {
		close(mark)
		delete(g.marks, g.calls)
	}
	wait := g.held
	if g.calls < g.from {
		wait = nil
	}
	g.mu.Unlock()
	if wait != nil {
		<-wait
	}
}

// at is closed when the nth call from the beginning comes.
func (g *gate) at(n int) <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	mark := make(chan struct{})
	if n <= g.calls {
		close(mark)
		return mark
	}
	if g.marks == nil {
		g.marks = map[int]chan struct{}{}
	}
	if g.marks[n] == nil {
		g.marks[n] = mark
	}
	return g.marks[n]
}

// hold keeps the nth call and all later ones waiting until release.
func (g *gate) hold(t *testing.T, n int) (reached <-chan struct{}, release func()) {
	t.Helper()
	g.mu.Lock()
	held := make(chan struct{})
	g.from, g.held = n, held
	g.mu.Unlock()
	release = sync.OnceFunc(func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.held = nil
		close(held)
	})
	t.Cleanup(release)
	return g.at(n), release
}

// clock goes like the real one, some way ahead of it.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }
func (c *clock) set(at time.Time)        { c.ahead.Store(int64(time.Until(at))) }
func mustData(t *testing.T, conversations, messages []json.RawMessage) (*vendor.Data, corpus) {
	t.Helper()
	data, err := vendor.NewData(conversations, messages)
	if err != nil {
		t.Fatal(err)
	}
	return data, readCorpus(t, conversations, messages)
}

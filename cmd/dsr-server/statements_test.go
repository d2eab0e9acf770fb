package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mattn/go-sqlite3"

	"dsr-server/internal/dsr"
	"dsr-server/internal/fake/vendor"
)

// statements is a database driver that notes what is asked of SQLite.
type statements struct {
	sqlite3.SQLiteDriver
	mu   sync.Mutex
	seen []string
}

var drivers atomic.Int64

// countStatements registers a new driver and returns it with its name.
func countStatements() (name string, s *statements) {
	s = &statements{}
	name = fmt.Sprintf("sqlite3-counted-%d", drivers.Add(1))
	sql.Register(name, s)
	return name, s
}

func (s *statements) Open(name string) (driver.Conn, error) {
	c, err := s.SQLiteDriver.Open(name)
	if err != nil {
		return nil, err
	}
	return countedConn{c.(*sqlite3.SQLiteConn), s}, nil
}

func (s *statements) note(query string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, strings.Join(strings.Fields(query), " "))
}

// during returns what was asked while f ran, but for the queue's own looks for work.
func (s *statements) during(f func()) []string {
	s.mu.Lock()
	s.seen = nil
	s.mu.Unlock()
	f()
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.seen), func(q string) bool { return strings.Contains(q, " jobs ") })
}

type countedConn struct {
	*sqlite3.SQLiteConn
	s *statements
}

func (c countedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.s.note(query)
	return c.SQLiteConn.QueryContext(ctx, query, args)
}

func (c countedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.s.note(query)
	return c.SQLiteConn.ExecContext(ctx, query, args)
}

func (c countedConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	c.s.note(query)
	return c.SQLiteConn.PrepareContext(ctx, query)
}

const anaRequest = `{"selectors":[{"metadata":{"key":"*","value":"ana@example.com"}}]}`

// counted boots the program with n sources and a finished request that searched all of
// them, on a driver that counts.
func counted(t *testing.T, sources int) (h *harness, s *statements, id string) {
	t.Helper()
	o := unlimitedFake()
	o.Bots = map[string]*vendor.Data{}
	for i := range sources - 1 {
		o.Bots[fmt.Sprintf("bot-%d", i)] = vendor.Sample()
	}
	name, s := countStatements()
	h = open(t, vendor.Sample(), setup{options: o, earliest: "2023-12-01", driver: name})
	id = h.submit(anaRequest)
	h.until(id, "ready", "review")
	h.idle()
	return h, s, id
}

// signedIn is a browser in which somebody with the role is signed in.
func (h *harness) signedIn(t *testing.T, role dsr.Role) *http.Client {
	t.Helper()
	const password = "a-long-and-right-one"
	p, faults := dsr.NewPerson("ana", "", role)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if err := addPerson(t.Context(), h.p.Store, p, password); err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	resp, err := client.PostForm(h.url+"/sign-in", url.Values{"login": {"ana"}, "password": {password}})
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return client
}

func get(t *testing.T, client *http.Client, address string) string {
	t.Helper()
	resp, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %d, %v", address, resp.StatusCode, err)
	}
	return string(body)
}

// rowsRead are the statements that read the row of a request, or some of it. The counts of the
// navigation are of all requests.
func rowsRead(seen []string) int {
	return len(slices.DeleteFunc(slices.Clone(seen), func(q string) bool {
		return !strings.Contains(q, " FROM requests") || strings.HasPrefix(q, "SELECT count(*)")
	}))
}

// TestWhoLooksAtARequestReadsItsRowOnce: everything that is shown of a request is of one
// moment, and what it takes does not grow with the sources or with what they have.
func TestWhoLooksAtARequestReadsItsRowOnce(t *testing.T) {
	t.Parallel()
	few, fewSeen, one := counted(t, 1)
	many, manySeen, other := counted(t, 4)
	browsers := map[*harness]*http.Client{few: few.signedIn(t, dsr.Requester), many: many.signedIn(t, dsr.Requester)}
	for name, look := range map[string]func(h *harness, id string){
		"page": func(h *harness, id string) {
			if page := get(t, browsers[h], h.url+"/requests/"+id); !strings.Contains(page, id) {
				t.Errorf("this is no page of the request: %.200s", page)
			}
		},
		"events of the page": func(h *harness, id string) { get(t, browsers[h], h.url+"/requests/"+id+"/progress") },
		"request":            func(h *harness, id string) { h.do("GET", "/api/v1/requests/"+id, "", http.StatusOK) },
		"events":             func(h *harness, id string) { h.do("GET", "/api/v1/requests/"+id+"/events", "", http.StatusOK) },
		"coverage":           func(h *harness, id string) { h.do("GET", "/api/v1/requests/"+id+"/coverage", "", http.StatusOK) },
		"staff": func(h *harness, id string) {
			h.do("GET", "/api/v1/requests/"+id+"/coverage?view=staff", "", http.StatusOK)
		},
	} {
		look(few, one) // the first look of an hour is put on record
		look(many, other)
		a := fewSeen.during(func() { look(few, one) })
		b := manySeen.during(func() { look(many, other) })
		if rowsRead(a) != 1 {
			t.Errorf("%s: the request's row is read %d times:\n%s", name, rowsRead(a), strings.Join(a, "\n"))
		}
		if len(a) != len(b) {
			t.Errorf("%s: %d statements with one source and %d with four:\n%s", name, len(a), len(b), strings.Join(b, "\n"))
		}
	}
}

// TestTheListTakesAsManyStatementsForManyRequests as for one.
func TestTheListTakesAsManyStatementsForManyRequests(t *testing.T) {
	t.Parallel()
	h, s, _ := counted(t, 1)
	list := func() { h.do("GET", "/api/v1/requests", "", http.StatusOK) }
	one := s.during(list)
	for range 5 {
		h.until(h.submit(anaRequest), "ready", "review")
	}
	h.idle()
	if six := s.during(list); len(six) != len(one) {
		t.Errorf("%d statements for one request and %d for six:\n%s", len(one), len(six), strings.Join(six, "\n"))
	}
}

// Package apptest boots the real program for the tests of other rooms: on a temporary
// folder, with a clock that the test moves, and without workers unless the test wants
// them. It keeps true that nothing here answers in the program's place: a test either
// drives the store, or uses Intercept to fail a call or to change what is seen.
package apptest

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/app"
	"dsr-server/internal/auth"
	"dsr-server/internal/config"
	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// Setup is what a test may ask for; the zero value works.
type Setup struct {
	Now     time.Time // 2025-06-30, 10:00 UTC
	BaseURL string    // https://dsr.example
	Zone    string    // UTC
	Config  string    // further lines of dsr.yaml
	Source  string    // further keys of the first source, as YAML flow
	Limited bool      // keep the shipped rate limits, which get into the way of other tests
	Workers bool      // let the queue work; without it a request stays where the test puts it

	Listener net.Listener // what the server answers on, where BaseURL has to lead to it; nil: one of its own
}

// Site is the program with a server before it.
type Site struct {
	*app.Program
	Intercept *Interceptor
	Clock     *Clock
	Log       *Log
	Server    *edge.Server
	Dir       string // of dsr.yaml; the folder "exports" in it is read by both sources
	URL       string // of the server, which is not that of the configuration

	t testing.TB
}

// Sources are the names of the configured sources. Both are dumps of one folder, which is
// empty until the test puts something there.
var Sources = []string{"it-desk", "support-bot"}

// Open boots the program. Each role has a token whose text is the role's name.
func Open(t testing.TB, changes ...func(*Setup)) *Site {
	t.Helper()
	o := Setup{Now: time.Date(2025, 6, 30, 10, 0, 0, 0, time.UTC), BaseURL: "https://dsr.example", Zone: "UTC"}
	for _, change := range changes {
		change(&o)
	}
	s := &Site{t: t, Dir: t.TempDir(), Clock: &Clock{t: o.Now}, Log: &Log{}}
	env := app.Env{Now: s.Clock.Now, Log: slog.New(slog.NewJSONHandler(s.Log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Backoff: func(int) time.Duration { return time.Millisecond }}
	var err error
	if s.Program, err = app.Open(t.Context(), s.configure(o), env); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	s.addTokens()
	s.Log.Reset() // what happened at the start is not the test's
	s.serve(o)
	if o.Workers {
		s.work()
	}
	return s
}

// Unlimited takes the rate limits out of the way.
const unlimited = "limits: {reads_per_second: 1000000, submissions_per_second: 1000000, open_requests: 1000000}\n"

func (s *Site) configure(o Setup) *config.Config {
	s.t.Helper()
	text := fmt.Sprintf("listen: 127.0.0.1:0\nbase_url: %q\ndata_dir: ./data\ntimezone: %s\n%s", o.BaseURL, o.Zone, o.Config)
	if !o.Limited {
		text += unlimited
	}
	text += "sources:\n"
	for i, name := range Sources {
		more := ""
		if i == 0 {
			more = o.Source
		}
		text += fmt.Sprintf("- {name: %s, type: dump, path: ./exports%s}\n", name, more)
	}
	path := filepath.Join(s.Dir, "dsr.yaml")
	for _, err := range []error{os.WriteFile(path, []byte(text), 0o600), os.Mkdir(filepath.Join(s.Dir, "exports"), 0o700)} {
		if err != nil {
			s.t.Fatal(err)
		}
	}
	cfg, _, err := config.Load(path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return cfg
}

func (s *Site) addTokens() {
	s.t.Helper()
	for _, role := range dsr.Roles {
		if err := s.Store.BootstrapToken(s.t.Context(), dsr.NewToken{Name: string(role), Role: role, Hash: auth.HashToken(string(role))}); err != nil {
			s.t.Fatal(err)
		}
	}
}

// serve answers calls by the program's own edge, wrapped by s.Intercept.
func (s *Site) serve(o Setup) {
	s.t.Helper()
	s.Intercept = &Interceptor{Backend: s.Service()}
	gate := auth.NewGate(s.Store, s.Devices(), s.Clock.Now)
	gate.Hasher = auth.NewHasher(cheapKiB)
	var err error
	s.Server, err = s.Edge(app.EdgeOptions{Backend: s.Intercept, People: people{s.Store, s.Intercept}, Gate: gate})
	if err != nil {
		s.t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	if o.Listener != nil {
		_ = server.Listener.Close()
		server.Listener = o.Listener
	}
	server.Config = edge.NewHTTPServer("", s.Server)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.Start()
	s.t.Cleanup(server.Close)
	s.URL = server.URL
}

// Routes are all that can be called, as "GET /api/v1/requests".
func (s *Site) Routes() (routes []string) {
	err := chi.Walk(s.Server.Router(), func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		routes = append(routes, method+" "+pattern)
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	slices.Sort(routes)
	return routes
}

// Calls are those of the Routes that programs use and that need a token.
func (s *Site) Calls() []string {
	return slices.DeleteFunc(s.Routes(), func(route string) bool {
		return !strings.Contains(route, " /api/") && !strings.HasSuffix(route, " /metrics")
	})
}

// cheapKiB is the memory of a password hash: its cost is tested where it is made.
const cheapKiB = 64

func (s *Site) work() {
	ctx, stop := context.WithCancel(context.WithoutCancel(s.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- s.Queue.Run(ctx) }()
	s.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			s.t.Errorf("the queue: %v", err)
		}
	})
}

// AddPerson makes somebody who can sign in; the name is the login.
func (s *Site) AddPerson(login, password string, role dsr.Role) {
	s.t.Helper()
	p, faults := dsr.NewPerson(login, "", role)
	if err := faults.Err(); err != nil {
		s.t.Fatal(err)
	}
	var err error
	if p.PasswordHash, err = auth.NewHasher(cheapKiB).Hash(s.t.Context(), password); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.Store.CreatePerson(s.t.Context(), dsr.Principal{ID: "command", Role: dsr.Admin}, p); err != nil {
		s.t.Fatal(err)
	}
}

// Clock is moved by the test.
type Clock struct {
	mu sync.Mutex
	t  time.Time
}

// Now is the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

// Add moves the clock on.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// Log keeps what the program logs.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// Reset forgets what was logged.
func (l *Log) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b.Reset()
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

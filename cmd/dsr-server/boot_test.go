package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dsr-server/internal/app"
	"dsr-server/internal/archive"
	"dsr-server/internal/config"
	"dsr-server/internal/export"
	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
)

const (
	testToken = "test-token-of-the-admin-0123456789abcdef"
	testKey   = "vendor-key-0123456789"
)

// harness is a running service beside a fake vendor.
type harness struct {
	t      testing.TB
	dir    string
	vendor *chaos.Server
	url    string
	p      *app.Program
	log    *logBuffer
	stop   func()
}

// setup of a harness; zero values are the defaults of the test.
type setup struct {
	options  vendor.Options
	earliest string // of the source
	source   string // further keys of the source, as YAML flow
	top      string // further lines of dsr.yaml
	pageSize int
	rate     string
	tokens   string // further bootstrap tokens
	now      func() time.Time
	elapsed  func() time.Duration
	driver   string // of the database
	declared bool   // the source is read by the declaration of its vendor, and not by what is written by hand
}

// build boots the whole program on a free port against a fake with the data.
func build(t testing.TB, data *vendor.Data, s setup) *harness {
	t.Helper()
	if s.options.Keys == nil {
		s.options.Keys = []string{testKey}
	}
	h := &harness{t: t, dir: t.TempDir(), vendor: chaos.New(data, s.options), log: &logBuffer{}}
	server := httptest.NewServer(h.vendor)
	t.Cleanup(server.Close)
	h.configure(server.URL, s)
	h.start(s)
	return h
}

func (h *harness) configure(vendorURL string, s setup) {
	h.t.Helper()
	if s.pageSize == 0 {
		s.pageSize = 100
	}
	if s.rate == "" {
		s.rate = "1000/s"
	}
	if s.earliest == "" {
		s.earliest = "2020-01-01"
	}
	if s.source != "" {
		s.source = ", " + s.source
	}
	way := "type: converse, bot_name: r3-218210, api_key_file: ./key"
	if s.declared {
		way = "type: rest, declaration: agentx, auth: {file: ./key}, conversations: {query: {bot_name: r3-218210}}, messages: {query: {bot_name: r3-218210}}"
	}
	files := map[string]string{"key": testKey + "\n", "token": testToken, "dsr.yaml": fmt.Sprintf(`
listen: 127.0.0.1:0
data_dir: ./data
%s
sources:
  - {name: bot, %s, base_url: "%s", earliest: %s, page_size: %d, rate: %s%s}
bootstrap: {tokens: [{name: ci, role: admin, token_file: ./token}%s]}
`, s.top, way, vendorURL, s.earliest, s.pageSize, s.rate, s.source, s.tokens)}
	for name, text := range files {
		h.write(name, text)
	}
}

func (h *harness) write(name, text string) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.dir, name), []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// start runs the program until stop or the test's end.
func (h *harness) start(s setup) {
	h.t.Helper()
	cfg, _, err := config.Load(filepath.Join(h.dir, "dsr.yaml"), nil)
	if err != nil {
		h.t.Fatal(err)
	}
	log := slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h.p, err = app.Open(h.t.Context(), cfg, app.Env{Log: log, Driver: s.driver, Now: s.now, Elapsed: s.elapsed, Backoff: func(int) time.Duration { return time.Millisecond }})
	if err != nil {
		h.t.Fatal(err)
	}
	h.url = h.p.URL()
	ctx, cancel := context.WithCancel(context.WithoutCancel(h.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- h.p.Run(ctx) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			h.t.Errorf("run: %v", err)
		}
		if err := h.p.Close(); err != nil {
			h.t.Errorf("close: %v", err)
		}
	})
	h.t.Cleanup(func() { h.stop() })
}

// answer is one HTTP answer, read whole.
type answer struct {
	status int
	header http.Header
	raw    []byte
	json   map[string]any
}

func (h *harness) call(method, path, body string, header ...string) answer {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+testToken)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	a := answer{status: resp.StatusCode, header: resp.Header}
	if a.raw, err = io.ReadAll(resp.Body); err != nil {
		h.t.Fatal(err)
	}
	if strings.Contains(resp.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(a.raw, &a.json); err != nil {
			h.t.Fatalf("%s %s: %v", method, path, err)
		}
	}
	return a
}

// submit posts a request body and returns the new request's id.
func (h *harness) submit(body string) string {
	h.t.Helper()
	for {
		a := h.call(http.MethodPost, "/api/v1/requests", body)
		if a.status == http.StatusTooManyRequests { // the service's own limit on submissions
			pause(h.t, 200*time.Millisecond)
			continue
		}
		if a.status != http.StatusCreated {
			h.t.Fatalf("POST /requests: %d %s", a.status, a.raw)
		}
		return a.json["id"].(string)
	}
}

func pause(t testing.TB, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
		t.Fatal("the test ended while waiting")
	}
}

// until polls the request until it has one of the statuses, and returns it.
func (h *harness) until(id string, statuses ...string) map[string]any {
	h.t.Helper()
	patience := 10 * time.Minute // a busy machine is not a fault
	if _, bench := h.t.(*testing.B); bench {
		patience = 30 * time.Minute
	}
	deadline := time.Now().Add(patience)
	for wait := 25 * time.Millisecond; ; wait = min(wait*5/4, 250*time.Millisecond) { // each look costs the program something too
		a := h.call(http.MethodGet, "/api/v1/requests/"+id, "")
		if a.status == http.StatusOK {
			for _, s := range statuses {
				if a.json["status"] == s {
					return a.json
				}
			}
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("request %s did not become %v: %s\n%s", id, statuses, a.raw, h.log.tail())
		}
		pause(h.t, wait)
	}
}

// bundle is a downloaded archive, verified and unpacked.
type bundle struct {
	path    string
	raw     []byte
	entries map[string][]byte
}

// download fetches the archive and has it verified.
func (h *harness) download(id string) bundle {
	h.t.Helper()
	a := h.call(http.MethodGet, "/api/v1/requests/"+id+"/archive", "")
	if a.status != http.StatusOK {
		h.t.Fatalf("GET archive: %d %s", a.status, a.raw)
	}
	b := bundle{path: filepath.Join(h.t.TempDir(), "a.zip"), raw: a.raw, entries: unzip(h.t, a.raw)}
	if err := os.WriteFile(b.path, a.raw, 0o600); err != nil {
		h.t.Fatal(err)
	}
	if _, err := archive.Verify(b.path, []byte(h.p.Signer.AllowedSigner()), export.Named); err != nil {
		h.t.Fatalf("verify: %v", err)
	}
	return b
}

func unzip(t testing.TB, raw []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	entries := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if entries[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return entries
}

// lines splits an NDJSON entry.
func (b bundle) lines(t testing.TB, name string) []string {
	t.Helper()
	body, found := b.entries[name]
	if !found {
		t.Fatalf("the archive has no %s", name)
	}
	if len(body) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")
}

// logBuffer keeps what the program logs.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// tail is the end of what was logged of the work, without the calls of the API.
func (l *logBuffer) tail() string {
	lines := slices.DeleteFunc(strings.Split(l.String(), "\n"), func(line string) bool { return strings.Contains(line, `"msg":"call"`) })
	return strings.Join(lines[max(0, len(lines)-40):], "\n")
}

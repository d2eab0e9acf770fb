package fetch_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/fetch"
)

const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"

// site is a real server on this machine and what it was asked.
type site struct {
	*httptest.Server
	asked atomic.Int64
	last  atomic.Pointer[http.Request]
}

func serve(t *testing.T, routes map[string]http.HandlerFunc) *site {
	t.Helper()
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		s.last.Store(r)
		if h, ok := routes[r.URL.Path]; ok {
			h(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) host() string { return strings.TrimPrefix(s.URL, "http://") }

func fetcher(hosts ...string) *fetch.Fetcher {
	return fetch.New(fetch.Options{Hosts: hosts, AllowLoopback: true, Timeout: 10 * time.Second, Agent: "test", Turns: fetch.NewTurns()})
}

func wantFailure(t *testing.T, err error, reason string, again bool) {
	t.Helper()
	f, ok := errors.AsType[*fetch.Failure](err)
	if !ok || f.Reason != reason || f.Again != again {
		t.Errorf("got %v, want %s, again %v", err, reason, again)
	}
}

func write(content string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, content) }
}

func TestAFileIsFetched(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]http.HandlerFunc{"/a b.png": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		http.SetCookie(w, &http.Cookie{Name: "id", Value: "1"})
		_, _ = io.WriteString(w, png)
	}})
	f := fetcher(s.host())
	for range 2 {
		var body bytes.Buffer
		got, err := f.Get(t.Context(), s.URL+"/a b.png?sig=1#x", 1<<20, &body)
		if err != nil || body.String() != png || got.SHA256 != sha256.Sum256([]byte(png)) || got.Size != int64(len(png)) {
			t.Fatalf("got %+v, %v", got, err)
		}
		if got.Kind.Extension != ".png" || got.Declared != "text/html" {
			t.Errorf("got %+v; the content decides, the type is told", got)
		}
		r := s.last.Load()
		for name := range r.Header {
			if name != "User-Agent" && name != "Accept-Encoding" && name != "Connection" {
				t.Errorf("sent %s", name)
			}
		}
		if r.URL.RawQuery != "sig=1" {
			t.Errorf("asked for %s", r.URL)
		}
	}
}

// TestOnlyListedPublicHostsAreAsked: before the first byte and after each redirect.
func TestOnlyListedPublicHostsAreAsked(t *testing.T) {
	t.Parallel()
	other := serve(t, map[string]http.HandlerFunc{"/x": write("secret")})
	var s *site
	to := func(where func() string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, where(), http.StatusFound) }
	}
	s = serve(t, map[string]http.HandlerFunc{
		"/file": write(png), "/on": to(func() string { return "/file" }), "/off": to(func() string { return other.URL + "/x" }),
		"/inner": to(func() string { return "http://169.254.169.254/latest/meta-data" }), "/round": to(func() string { return "/round" }),
		"/scheme": to(func() string { return "file:///etc/passwd" }), "/login": to(func() string { return "http://me:pw@" + s.host() + "/file" }),
	})
	_, port, _ := net.SplitHostPort(s.host())
	for _, c := range []struct {
		address, reason string
		hosts           []string
		inner           bool // loopback is not allowed
	}{
		{address: s.URL + "/file"},
		{address: s.URL + "/on"},
		{address: strings.ToUpper(s.URL[:4]) + s.URL[4:] + "/file"},
		{address: s.URL + "/off", reason: dsr.MissingHostNotListed},
		{address: s.URL + "/inner", reason: dsr.MissingHostNotListed},
		{address: s.URL + "/inner", hosts: []string{"169.254.169.254"}, reason: dsr.MissingPrivateAddress},
		{address: s.URL + "/round", reason: dsr.MissingRefused},
		{address: s.URL + "/scheme", reason: dsr.MissingNotAllowed},
		{address: s.URL + "/login", reason: dsr.MissingNotAllowed},
		{address: other.URL + "/x", reason: dsr.MissingHostNotListed},
		{address: "http://me:pw@" + s.host() + "/file", reason: dsr.MissingNotAllowed},
		{address: "http://" + s.host() + "/%zz", reason: dsr.MissingNotAllowed},
		{address: "http://127.0.0.1/file", reason: dsr.MissingHostNotListed},

		{address: s.URL + "/file", inner: true, reason: dsr.MissingPrivateAddress},
		{address: "http://localhost:" + port + "/file", hosts: []string{"localhost:" + port}, inner: true, reason: dsr.MissingPrivateAddress},
		{address: "http://[::1]:" + port + "/file", hosts: []string{"[::1]:" + port}, inner: true, reason: dsr.MissingPrivateAddress},
		{address: "http://[::ffff:127.0.0.1]:" + port + "/file", hosts: []string{"[::ffff:127.0.0.1]:" + port}, inner: true, reason: dsr.MissingPrivateAddress},
		{address: "http://10.1.2.3/x", hosts: []string{"10.1.2.3"}, reason: dsr.MissingPrivateAddress},
		{address: "http://192.168.1.1/x", hosts: []string{"192.168.1.1"}, reason: dsr.MissingPrivateAddress},
		{address: "http://100.64.0.1/x", hosts: []string{"100.64.0.1"}, reason: dsr.MissingPrivateAddress},
		{address: "http://169.254.169.254/x", hosts: []string{"169.254.169.254"}, reason: dsr.MissingPrivateAddress},
		{address: "http://0.0.0.0/x", hosts: []string{"0.0.0.0"}, reason: dsr.MissingPrivateAddress},
		{address: "http://[fd00::1]/x", hosts: []string{"[fd00::1]"}, reason: dsr.MissingPrivateAddress},
		{address: "http://[64:ff9b::a01:203]/x", hosts: []string{"[64:ff9b::a01:203]"}, reason: dsr.MissingPrivateAddress},
	} {
		f := fetch.New(fetch.Options{Hosts: append(c.hosts, s.host()), AllowLoopback: !c.inner, Timeout: 10 * time.Second, Turns: fetch.NewTurns()})
		before := other.asked.Load()
		got, err := f.Get(t.Context(), c.address, 1<<20, io.Discard)
		if c.reason == "" {
			if err != nil || got.Size == 0 {
				t.Errorf("%s: %v", c.address, err)
			}
			continue
		}
		wantFailure(t, err, c.reason, false)
		if other.asked.Load() != before {
			t.Errorf("%s: another host was asked", c.address)
		}
		if strings.Contains(fmt.Sprint(err), "://") || strings.Contains(fmt.Sprint(err), "127.0.0.1") {
			t.Errorf("the error tells the address: %v", err)
		}
	}
}

// TestARedirectTellsNothing: the first address may be a key.
func TestARedirectTellsNothing(t *testing.T) {
	t.Parallel()
	target := serve(t, map[string]http.HandlerFunc{"/file": write(png)})
	first := serve(t, map[string]http.HandlerFunc{"/on": func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "id", Value: "1"})
		http.Redirect(w, r, target.URL+"/file", http.StatusFound)
	}})
	if _, err := fetcher(first.host(), target.host()).Get(t.Context(), first.URL+"/on?key=secret", 1<<20, io.Discard); err != nil {
		t.Fatal(err)
	}
	if r := target.last.Load(); r.Header.Get("Referer") != "" || r.Header.Get("Cookie") != "" {
		t.Errorf("sent %v", r.Header)
	}
}

// endless answers with more than anybody wants, in large pieces.
func endless(w http.ResponseWriter, r *http.Request) {
	piece := make([]byte, 1<<20)
	for range 2 << 10 {
		if _, err := w.Write(piece); err != nil || r.Context().Err() != nil {
			return
		}
	}
}

// counted is a writer that keeps nothing.
type counted struct{ n int64 }

func (c *counted) Write(b []byte) (int, error) { c.n += int64(len(b)); return len(b), nil }

func TestNoMoreIsReadThanAllowed(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]http.HandlerFunc{
		"/endless": endless,
		"/said": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "2147483648")
			w.WriteHeader(http.StatusOK)
		},
		"/bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write(make([]byte, 64<<20))
			_ = z.Close()
		},
		"/exact": write(strings.Repeat("x", 1000)),
	})
	f := fetcher(s.host())
	for _, path := range []string{"/endless", "/said", "/bomb"} {
		to := &counted{}
		_, err := f.Get(t.Context(), s.URL+path, 1<<20, to)
		wantFailure(t, err, dsr.MissingTooLarge, false)
		if to.n > 1<<20+1 {
			t.Errorf("%s: wrote %d bytes", path, to.n)
		}
	}
	if got, err := f.Get(t.Context(), s.URL+"/exact", 1000, io.Discard); err != nil || got.Size != 1000 {
		t.Errorf("got %+v, %v", got, err)
	}
	_, err := f.Get(t.Context(), s.URL+"/exact", 999, io.Discard)
	wantFailure(t, err, dsr.MissingTooLarge, false)
}

func TestWhatAnAnswerIsWorth(t *testing.T) {
	t.Parallel()
	status := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if len(header) > 0 {
				w.Header().Set(header[0], header[1])
			}
			w.WriteHeader(code)
		}
	}
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	s := serve(t, map[string]http.HandlerFunc{
		"/404": status(404), "/410": status(410), "/401": status(401), "/403": status(403), "/451": status(451), "/304": status(304),
		"/429": status(429, "Retry-After", "7"), "/503": status(503, "Retry-After", "never"), "/204": status(204), "/206": status(206),
		"/br": status(200, "Content-Encoding", "br"),
		"/cut": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, "half")
		},
		"/chunk": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
		"/nothing": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"/drip": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "h")
			_ = http.NewResponseController(w).Flush()
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		},
		"/silent": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		},
	})
	f := fetch.New(fetch.Options{Hosts: []string{s.host()}, AllowLoopback: true, Timeout: 300 * time.Millisecond, Turns: fetch.NewTurns()})
	for path, want := range map[string]struct {
		reason string
		again  bool
	}{
		"/404": {dsr.MissingGone, false}, "/410": {dsr.MissingGone, false}, "/none": {dsr.MissingGone, false},
		"/401": {dsr.MissingRefused, false}, "/403": {dsr.MissingRefused, false}, "/451": {dsr.MissingRefused, false}, "/304": {dsr.MissingRefused, false},
		"/429": {dsr.MissingBroken, true}, "/503": {dsr.MissingBroken, true}, "/204": {dsr.MissingBroken, true}, "/206": {dsr.MissingBroken, true},
		"/br": {dsr.MissingBroken, true}, "/cut": {dsr.MissingBroken, true}, "/chunk": {dsr.MissingBroken, true}, "/nothing": {dsr.MissingBroken, true},
		"/drip": {dsr.MissingBroken, true}, "/silent": {dsr.MissingBroken, true},
	} {
		t.Run(path, func(t *testing.T) {
			_, err := f.Get(t.Context(), s.URL+path, 1<<20, io.Discard)
			wantFailure(t, err, want.reason, want.again)
			if failed, _ := errors.AsType[*fetch.Failure](err); failed != nil && (failed.After == 7*time.Second) != (path == "/429") {
				t.Errorf("after %v", failed.After)
			}
		})
	}
	_, err := f.Get(t.Context(), "http://127.0.0.1:1/x", 1, io.Discard)
	wantFailure(t, err, dsr.MissingHostNotListed, false)
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// TestAFullDiskIsNoFaultOfTheServer: nor is the end of the program.
func TestAFullDiskIsNoFaultOfTheServer(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]http.HandlerFunc{"/file": write(png)})
	if _, err := fetcher(s.host()).Get(t.Context(), s.URL+"/file", 1<<20, full{}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	cancel(stopped)
	if _, err := fetcher(s.host()).Get(ctx, s.URL+"/file", 1<<20, io.Discard); !errors.Is(err, stopped) {
		t.Errorf("got %v", err)
	}
}

func TestOneHostIsAskedForOneFileAtATime(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int64
	s := serve(t, map[string]http.HandlerFunc{"/file": func(w http.ResponseWriter, _ *http.Request) {
		most.Store(max(most.Load(), now.Add(1)))
		_, _ = io.WriteString(w, png)
		now.Add(-1)
	}})
	turns, done := fetch.NewTurns(), make(chan error)
	for range 8 {
		f := fetch.New(fetch.Options{Hosts: []string{s.host()}, AllowLoopback: true, Timeout: 10 * time.Second, Turns: turns})
		go func() {
			_, err := f.Get(t.Context(), s.URL+"/file", 1<<20, io.Discard)
			done <- err
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if most.Load() != 1 {
		t.Errorf("%d at once", most.Load())
	}
}

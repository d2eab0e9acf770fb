package http

import (
	"net/http"
	"strings"
	"testing"
)

// checkSecurityHeaders runs on every answer of every test.
func checkSecurityHeaders(t *testing.T, r *http.Request, resp *http.Response) {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Cache-Control":                "no-store",
	} {
		if got := resp.Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s %s (%d): got %s %q, want one %q", r.Method, r.URL.Path, resp.StatusCode, name, got, want)
		}
	}
	for name := range resp.Header {
		if strings.HasPrefix(name, "Access-Control-") || name == "Server" || name == "X-Powered-By" {
			t.Errorf("%s %s (%d): header %s must not be there", r.Method, r.URL.Path, resp.StatusCode, name)
		}
	}
}

func TestHSTSOnlyOverTLS(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"https://dsr.example":   "max-age=31536000; includeSubDomains",
		"HTTPS://dsr.example":   "max-age=31536000; includeSubDomains",
		"http://127.0.0.1:8080": "",
		"":                      "",
	} {
		g := newRig(t, func(o *Options) { o.BaseURL = base })
		if got := g.call("GET", "/healthz", "", "").header.Get("Strict-Transport-Security"); got != want {
			t.Errorf("base_url %q: got %q, want %q", base, got, want)
		}
	}
}

// The headers themselves are checked on every answer, by the transport; this walks
// over all routes and all statuses that are easy to reach.
func TestEveryRouteAndErrorCarriesSecurityHeaders(t *testing.T) {
	t.Parallel()
	g := newRig(t, unlimited)
	id := g.submit(minimal)
	for _, path := range []string{"/healthz", "/readyz", "/openapi.json", "/", "/api", "/api/v1/", "/api/v1/nothing", "/favicon.ico"} {
		for _, method := range allMethods {
			g.call(method, path, "admin", "")
		}
	}
	for _, rt := range g.server.routes {
		for _, method := range allMethods {
			for _, token := range []string{"", "wrong", "nobody", "admin"} {
				g.call(method, strings.Replace(rt.pattern, "{id}", id, 1), token, "")
			}
		}
	}
	g.svc.fault = func(string) error { panic("out of luck") }
	g.call("GET", "/api/v1/requests", "admin", "").problem(http.StatusInternalServerError, "internal")
}

func TestCrossOriginPreflightIsRefused(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.call("OPTIONS", "/api/v1/requests", "", "", "Origin", "https://elsewhere.example",
		"Access-Control-Request-Method", "GET").problem(http.StatusMethodNotAllowed, "method_not_allowed")
}

func TestRequestIDIsOurOwn(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	first := g.call("GET", "/healthz", "", "", "X-Request-Id", "chosen").header.Get("X-Request-Id")
	second := g.call("GET", "/healthz", "", "").header.Get("X-Request-Id")
	if first == second || strings.Contains(first, "chosen") || len(first) != 36 {
		t.Errorf("got ids %q and %q, want two different UUIDs of ours", first, second)
	}
}

var allMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"}

// unlimited takes the rate limits out of the way of a test that is not about them.
func unlimited(o *Options) { o.Limits = Limits{ReadsPerSecond: 1e9, SubmissionsPerSecond: 1e9} }

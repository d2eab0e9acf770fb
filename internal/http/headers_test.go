package http_test

import (
	"net/http"
	"strings"
	"testing"

	"dsr-server/internal/app/apptest"
)

func TestHSTSOnlyOverTLS(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"https://dsr.example":   "max-age=31536000; includeSubDomains",
		"HTTPS://dsr.example":   "max-age=31536000; includeSubDomains",
		"http://127.0.0.1:8080": "",
	} {
		g := apptest.NewRig(t, func(o *apptest.Setup) { o.BaseURL = base })
		if got := g.Call("GET", "/healthz", "", "").Header.Get("Strict-Transport-Security"); got != want {
			t.Errorf("base_url %q: got %q, want %q", base, got, want)
		}
	}
}

// The headers themselves are checked on every answer, by the transport; this walks
// over all routes and all statuses that are easy to reach.
func TestEveryRouteAndErrorCarriesSecurityHeaders(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	id := g.Submit(apptest.Minimal)
	for _, path := range []string{"/healthz", "/readyz", "/openapi.json", "/", "/api", "/api/v1/", "/api/v1/nothing", "/favicon.ico"} {
		for _, method := range allMethods {
			g.Call(method, path, "admin", "")
		}
	}
	for _, call := range g.Calls() {
		_, pattern, _ := strings.Cut(call, " ")
		for _, method := range allMethods {
			for _, token := range []string{"", "wrong", apptest.Nobody, "admin"} {
				g.Call(method, strings.Replace(pattern, "{id}", id, 1), token, "")
			}
		}
	}
	g.Intercept.Fail(func(string) error { panic("out of luck") })
	g.Call("GET", "/api/v1/requests", "admin", "").Problem(http.StatusInternalServerError, "internal")
}

func TestCrossOriginPreflightIsRefused(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	g.Call("OPTIONS", "/api/v1/requests", "", "", "Origin", "https://elsewhere.example",
		"Access-Control-Request-Method", "GET").Problem(http.StatusMethodNotAllowed, "method_not_allowed")
}

var allMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"}

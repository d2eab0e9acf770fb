package http_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

func TestRoutesAndDocumentAreTheSameSet(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	routes := append(g.Calls(), "GET /healthz", "GET /readyz", "GET /openapi.json")
	var described []string
	doc, err := apptest.Document()
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			described = append(described, method+" "+path)
		}
	}
	slices.Sort(routes)
	slices.Sort(described)
	if diff := cmp.Diff(described, routes); diff != "" {
		t.Errorf("openapi.yaml (-) and the router (+) differ:\n%s", diff)
	}
}

func TestUnknownAddressIsNotFound(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for _, path := range []string{"/api/v1/nothing", "/api/v2/requests", "/nothing", "/api/v1/requests/x/y/z"} {
		for _, method := range []string{"GET", "POST", "PROPFIND"} {
			if path == "/nothing" { // in a browser, a page
				g.Call(method, path, "admin", "").Want(http.StatusNotFound)
				continue
			}
			g.Call(method, path, "admin", "").Problem(http.StatusNotFound, "not_found")
		}
	}
}

func TestMethodThatIsNotDeclaredIsRefused(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for path, allow := range map[string]string{
		"/api/v1/requests": "GET, HEAD, POST",
		"/api/v1/requests/0198c5f0-7a3e-7cc1-9d50-0f6a6e1d2b3c":         "DELETE, GET, HEAD, PATCH",
		"/api/v1/requests/0198c5f0-7a3e-7cc1-9d50-0f6a6e1d2b3c/cancel":  "POST",
		"/api/v1/requests/0198c5f0-7a3e-7cc1-9d50-0f6a6e1d2b3c/archive": "GET, HEAD",
		"/healthz": "GET, HEAD",
	} {
		for _, method := range allMethods {
			if slices.Contains(strings.Split(allow, ", "), method) {
				continue
			}
			a := g.Call(method, path, "admin", "").Want(http.StatusMethodNotAllowed)
			if got := a.Header.Get("Allow"); got != allow {
				t.Errorf("%s %s: got Allow %q, want %q", method, path, got, allow)
			}
		}
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t, func(o *apptest.Setup) { o.Workers = true })
	if got := g.Call("GET", "/healthz", "", "").Want(200).Object()["status"]; got != "ok" {
		t.Errorf("got %v, want ok", got)
	}
	if got := g.Call("GET", "/readyz", "", "").Want(200).Object()["status"]; got != "ready" {
		t.Errorf("got %v, want ready", got)
	}
}

// notReady is what /readyz of a service that is not ready for this reason answers, and
// what it logs.
func notReady(t *testing.T, why error) (p edge.Problem, log string) {
	t.Helper()
	var lines strings.Builder
	s, err := edge.New(edge.Options{Ready: func(context.Context) error { return why }, Log: slog.New(slog.NewTextHandler(&lines, nil))})
	if err != nil {
		t.Fatal(err)
	}
	for path, status := range map[string]int{"/healthz": 200, "/readyz": 503} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
		if w.Code != status {
			t.Errorf("%s: got %d, want %d", path, w.Code, status)
		}
		if path == "/readyz" {
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Code == "" {
				t.Errorf("got %s", w.Body)
			}
		}
	}
	return p, lines.String()
}

func TestNotReadySaysWhyIfThatIsForReaders(t *testing.T) {
	t.Parallel()
	if p, _ := notReady(t, dsr.Errorf(dsr.Unavailable, "disk", "the archive folder is not writable")); p.Code != "disk" || p.Detail != "the archive folder is not writable" {
		t.Errorf("got %q, %q", p.Code, p.Detail)
	}
	p, log := notReady(t, errSecret)
	if p.Code != "not_ready" {
		t.Errorf("got code %q", p.Code)
	}
	if strings.Contains(p.Detail, errSecret.Error()) {
		t.Errorf("detail shows the cause: %q", p.Detail)
	}
	if n := strings.Count(log, errSecret.Error()); n != 1 {
		t.Errorf("the cause is in the log %d times, want once:\n%s", n, log)
	}
}

func TestDocumentIsServed(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	doc := g.Call("GET", "/openapi.json", "", "").Want(200).Object()
	if v, _ := doc["openapi"].(string); !strings.HasPrefix(v, "3.1.") {
		t.Errorf("got openapi %v, want 3.1.x", doc["openapi"])
	}
	if _, ok := doc["paths"].(map[string]any)["/api/v1/requests"]; !ok {
		t.Error("the document does not describe /api/v1/requests")
	}
}

func TestNewRefusesABaseURLThatIsNone(t *testing.T) {
	t.Parallel()
	_, err := edge.New(edge.Options{BaseURL: "http://user:hunter2@[::1"})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v, want an error that does not repeat the URL", err)
	}
}

func TestAddressesFollowTheBaseURL(t *testing.T) {
	t.Parallel()
	s, err := edge.New(edge.Options{BaseURL: "https://example.com/privacy/"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.Path("/requests/1")+" "+s.URL("download", "x"), "/privacy/requests/1 https://example.com/privacy/download/x"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

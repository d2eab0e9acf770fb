package http

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/dsr"
)

func TestRoutesAndDocumentAreTheSameSet(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	var routes, described []string
	err := chi.Walk(g.server.mux, func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		routes = append(routes, method+" "+pattern)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := document()
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

func TestEveryAPIRouteIsRegisteredWithARight(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	guarded := map[string]bool{}
	for _, rt := range g.server.routes {
		guarded[rt.method+" "+rt.pattern] = rt.action != ""
	}
	open := []string{"GET /healthz", "GET /readyz", "GET /openapi.json"}
	_ = chi.Walk(g.server.mux, func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if name := method + " " + pattern; !guarded[name] && !slices.Contains(open, name) {
			t.Errorf("%s is registered without a right", name)
		}
		return nil
	})
}

func TestRouteWithoutARightCannotBeRegistered(t *testing.T) {
	t.Parallel()
	for _, action := range []dsr.Action{"", "fly"} {
		s := &Server{}
		mux := chi.NewRouter()
		a := &apiRoutes{s: s, mux: mux, limits: newTokenLimits(Limits{})}
		a.route("GET", "/secrets", action, func(http.ResponseWriter, *http.Request, dsr.Principal) error { return nil })
		if len(a.errs) != 1 || mux.Match(chi.NewRouteContext(), "GET", "/api/v1/secrets") {
			t.Errorf("action %q: got errors %v, want one and no route", action, a.errs)
		}
	}
}

func TestUnknownAddressIsNotFound(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	for _, path := range []string{"/api/v1/nothing", "/api/v2/requests", "/nothing", "/api/v1/requests/x/y/z"} {
		for _, method := range []string{"GET", "POST", "PROPFIND"} {
			g.call(method, path, "admin", "").problem(http.StatusNotFound, "not_found")
		}
	}
}

func TestMethodThatIsNotDeclaredIsRefused(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	for path, allow := range map[string]string{
		"/api/v1/requests": "GET, POST",
		"/api/v1/requests/0198c5f0-7a3e-7cc1-9d50-0f6a6e1d2b3c":         "DELETE, GET",
		"/api/v1/requests/0198c5f0-7a3e-7cc1-9d50-0f6a6e1d2b3c/cancel":  "POST",
		"/api/v1/requests/0198c5f0-7a3e-7cc1-9d50-0f6a6e1d2b3c/archive": "GET, HEAD",
		"/healthz": "GET",
	} {
		for _, method := range allMethods {
			if slices.Contains(strings.Split(allow, ", "), method) {
				continue
			}
			a := g.call(method, path, "admin", "").want(http.StatusMethodNotAllowed)
			if got := a.header.Get("Allow"); got != allow {
				t.Errorf("%s %s: got Allow %q, want %q", method, path, got, allow)
			}
		}
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	if got := g.call("GET", "/healthz", "", "").want(200).object()["status"]; got != "ok" {
		t.Errorf("got %v, want ok", got)
	}
	if got := g.call("GET", "/readyz", "", "").want(200).object()["status"]; got != "ready" {
		t.Errorf("got %v, want ready", got)
	}
	g.svc.ready = dsr.Errorf(dsr.Unavailable, "disk", "the archive folder is not writable")
	if p := g.call("GET", "/readyz", "", "").problem(503, "not_ready"); p.Detail != "the archive folder is not writable" {
		t.Errorf("got detail %q", p.Detail)
	}
	g.call("GET", "/healthz", "", "").want(200)
}

func TestNotReadyForAnInternalReasonTellsTheLogOnly(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.svc.ready = errSecret
	p := g.call("GET", "/readyz", "", "").problem(503, "not_ready")
	if strings.Contains(p.Detail, errSecret.Error()) {
		t.Errorf("detail shows the cause: %q", p.Detail)
	}
	if n := strings.Count(g.log.String(), errSecret.Error()); n != 1 {
		t.Errorf("the cause is in the log %d times, want once:\n%s", n, g.log)
	}
}

func TestDocumentIsServed(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	doc := g.call("GET", "/openapi.json", "", "").want(200).object()
	if v, _ := doc["openapi"].(string); !strings.HasPrefix(v, "3.1.") {
		t.Errorf("got openapi %v, want 3.1.x", doc["openapi"])
	}
	if _, ok := doc["paths"].(map[string]any)["/api/v1/requests"]; !ok {
		t.Error("the document does not describe /api/v1/requests")
	}
}

func TestNewRefusesABaseURLThatIsNone(t *testing.T) {
	t.Parallel()
	_, err := New(newFakeService(nil), Options{BaseURL: "http://user:hunter2@[::1"})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v, want an error that does not repeat the URL", err)
	}
}

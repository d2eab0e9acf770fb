package api_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
)

// scopesMay says which scope allows each call, as it was agreed and not as it is coded. A call
// that is not listed takes a token without scopes.
var scopesMay = map[string][]string{
	"POST /api/v1/requests":              {"submit", "own"},
	"POST /api/v1/requests/batch":        {"submit", "own"},
	"POST /api/v1/requests/estimate":     {"submit", "own", "read"},
	"GET /api/v1/requests":               {"own", "read"},
	"GET /api/v1/requests/{id}":          {"own", "read"},
	"GET /api/v1/requests/{id}/notes":    {"own", "read"},
	"GET /api/v1/requests/{id}/history":  {"own", "read"},
	"GET /api/v1/requests/{id}/hold":     {"own", "read"},
	"GET /api/v1/requests/{id}/receipt":  {"own", "read"},
	"GET /api/v1/requests/{id}/events":   {"own", "read"},
	"GET /api/v1/requests/{id}/coverage": {"own", "read"},
	"GET /api/v1/requests/{id}/letter":   {"own", "read"},
	"GET /api/v1/sources":                {"own", "read"},
	"GET /api/v1/signing-key":            {"own", "read"},
	"POST /api/v1/reports/screening":     {"own", "read"},
	"GET /api/v1/reports/requests.csv":   {"own", "read"},
	"GET /api/v1/requests/{id}/withheld": {"read"},
	"GET /api/v1/audit":                  {"read"},
	"GET /api/v1/audit/checkpoint":       {"read"},
	"GET /api/v1/audit/proof":            {"read"},
	"GET /metrics":                       {"metrics"},

	"PATCH /api/v1/requests/{id}":               {"own"},
	"POST /api/v1/requests/{id}/notes":          {"own"},
	"POST /api/v1/requests/{id}/cancel":         {"own"},
	"POST /api/v1/requests/{id}/retry":          {"own"},
	"POST /api/v1/requests/{id}/revise":         {"own"},
	"POST /api/v1/requests/{id}/extend":         {"own"},
	"POST /api/v1/requests/{id}/answered":       {"own"},
	"POST /api/v1/requests/{id}/pause":          {"own"},
	"POST /api/v1/requests/{id}/resume":         {"own"},
	"POST /api/v1/requests/{id}/reopen":         {"own"},
	"POST /api/v1/requests/{id}/links":          {"own"},
	"GET /api/v1/requests/{id}/links":           {"own"},
	"DELETE /api/v1/requests/{id}/links/{link}": {"own"},
	"POST /api/v1/requests/{id}/repackage":      {"own"},

	"GET /api/v1/requests/{id}/archive":                               {"own", "archives"},
	"GET /api/v1/requests/{id}/erasure-list":                          {"own", "archives"},
	"GET /api/v1/requests/{id}/conversations":                         {"own", "archives"},
	"GET /api/v1/requests/{id}/conversations/{source}/{conversation}": {"own", "archives"},
}

// confine makes a token whose text is its name.
func confine(t *testing.T, g *apptest.Rig, name string, role dsr.Role, scopes ...dsr.Scope) {
	t.Helper()
	_, err := g.Store.CreateToken(t.Context(), dsr.Principal{ID: "command", Role: dsr.Admin},
		dsr.NewToken{Name: name, Role: role, Scopes: scopes, Hash: auth.HashToken(name)})
	if err != nil {
		t.Fatal(err)
	}
}

// submitAs stores one request and returns its id.
func submitAs(g *apptest.Rig, token, body string) string {
	return g.Call("POST", "/api/v1/requests", token, body).Want(http.StatusCreated).Object()["id"].(string)
}

// TestWhichScopeAllowsWhat goes through the whole route table with tokens of a role that may
// do everything.
func TestWhichScopeAllowsWhat(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for _, scope := range dsr.ScopeNames {
		confine(t, g, string(scope), dsr.Admin, scope)
	}
	routes := g.Calls()
	for name := range scopesMay {
		if !slices.Contains(routes, name) {
			t.Errorf("the matrix has %s, which there is not", name)
		}
	}
	for _, name := range routes {
		method, pattern, _ := strings.Cut(name, " ")
		for _, scope := range dsr.ScopeNames {
			id := submitAs(g, "own", apptest.Minimal)
			body := ""
			if name == "POST /api/v1/requests" {
				body = apptest.Minimal
			}
			if strings.HasSuffix(pattern, "/events") {
				g.Finish(id, true, nil) // the stream of an open request has no end
			}
			before := g.Lookup(id)
			a := g.Call(method, strings.Replace(pattern, "{id}", id, 1), string(scope), body)
			if slices.Contains(scopesMay[name], string(scope)) {
				if a.Status == http.StatusForbidden || a.Status == http.StatusUnauthorized {
					t.Errorf("%s with %s: got %d", name, scope, a.Status)
				}
				continue
			}
			if a.Status != http.StatusForbidden || a.Header.Get("WWW-Authenticate") != wantChallenge(name) {
				t.Errorf("%s with %s: got %d, WWW-Authenticate %q, want 403, %q", name, scope, a.Status, a.Header.Get("WWW-Authenticate"), wantChallenge(name))
			}
			if diff := cmp.Diff(before, g.Lookup(id)); diff != "" {
				t.Errorf("%s with %s was refused and changed the request:\n%s", name, scope, diff)
			}
		}
	}
	g.Call("GET", "/api/v1/requests", "metrics", "").Problem(http.StatusForbidden, "insufficient_scope")
	if events := g.Events(audit.CallRefused); len(events) == 0 || events[0].Data["code"] != "insufficient_scope" {
		t.Errorf("on record: %+v", events)
	}
}

// wantChallenge names the scope to ask for: own only where nothing less would do.
func wantChallenge(route string) string {
	may := slices.DeleteFunc(slices.Clone(scopesMay[route]), func(s string) bool { return s == "own" && len(scopesMay[route]) > 1 })
	if len(may) == 0 {
		return `Bearer realm="dsr-server", error="insufficient_scope"`
	}
	return `Bearer realm="dsr-server", error="insufficient_scope", scope="` + may[0] + `"`
}

func TestScopesNeverAllowMoreThanTheRole(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	confine(t, g, "reader", dsr.Requester, dsr.ScopeRead, dsr.ScopeArchives)
	id := g.Submit(apptest.Minimal)
	g.Finish(id, false, []byte("zip")) // in review, which requesters may not download
	g.Call("GET", "/api/v1/requests/"+id+"/archive", "reader", "").Problem(http.StatusConflict, "not_ready")
	g.Call("GET", "/api/v1/audit", "reader", "").Problem(http.StatusForbidden, "forbidden")
	confine(t, g, "archives", dsr.Approver, dsr.ScopeArchives)
	confine(t, g, "own", dsr.Approver, dsr.ScopeOwn)
	g.Call("GET", "/api/v1/requests/"+id+"/archive", "archives", "").Want(http.StatusOK)
	mine := submitAs(g, "own", apptest.Minimal)
	g.Finish(mine, false, []byte("zip"))
	g.Call("GET", "/api/v1/requests/"+mine+"/archive", "own", "").Problem(http.StatusConflict, "not_ready")
}

// TestATokenConfinedToItsOwnKnowsOfNoOtherRequest: wherever a request can be reached, with
// whatever other scope beside.
func TestATokenConfinedToItsOwnKnowsOfNoOtherRequest(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	confine(t, g, "own", dsr.Admin, dsr.ScopeOwn, dsr.ScopeRead, dsr.ScopeArchives)
	others := g.Submit(`{"reference":"PRIV-1","mode":"screen","selectors":[{"conversation_id":"c-1"}]}`)
	own := submitAs(g, "own", `{"reference":"PRIV-2","mode":"screen","selectors":[{"conversation_id":"c-1"}]}`)
	g.Finish(others, true, nil)
	before := g.Lookup(others)
	for _, route := range slices.Sorted(maps.Keys(scopesMay)) {
		method, pattern, _ := strings.Cut(route, " ")
		if !strings.Contains(pattern, "/requests/{id}") {
			continue
		}
		if a := g.Call(method, strings.Replace(pattern, "{id}", others, 1), "own", ""); a.Status != http.StatusNotFound {
			t.Errorf("%s: got %d: %s", route, a.Status, a.Body)
		}
	}
	if diff := cmp.Diff(before, g.Lookup(others)); diff != "" {
		t.Errorf("the request of somebody else has changed:\n%s", diff)
	}
	g.Call("GET", "/api/v1/requests/"+own, "own", "").Want(http.StatusOK)
	if items := g.Call("GET", "/api/v1/requests", "own", "").Want(200).Object()["items"].([]any); len(items) != 1 || items[0].(map[string]any)["id"] != own {
		t.Errorf("the list has %v", items)
	}
	for _, q := range []string{"q=" + others, "q=PRIV-1", "limit=1"} {
		if a := g.Call("GET", "/api/v1/requests?"+q, "own", "").Want(200); strings.Contains(string(a.Body), others) {
			t.Errorf("%s lists %s", q, a.Body)
		}
	}
	report := string(g.Call("GET", "/api/v1/reports/requests.csv", "own", "").Want(200).Body)
	if strings.Contains(report, others) || !strings.Contains(report, own) {
		t.Errorf("the report has %s", report)
	}
	g.Call("POST", "/api/v1/reports/screening", "own", `{"requests":["`+own+`"]}`).Want(200)
	g.Call("POST", "/api/v1/reports/screening", "own", `{"requests":["`+others+`"]}`).Problem(http.StatusUnprocessableEntity, "invalid_value")
}

// TestATakenReferenceTellsAConfinedTokenNoId of a request that it may not know of.
func TestATakenReferenceTellsAConfinedTokenNoId(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	confine(t, g, "own", dsr.Requester, dsr.ScopeOwn)
	const one, two = `{"reference":"PRIV-1","selectors":[{"conversation_id":"c-1"}]}`, `{"reference":"PRIV-2","selectors":[{"conversation_id":"c-1"}]}`
	others, own := g.Submit(one), submitAs(g, "own", two)
	for _, a := range []apptest.Answer{
		g.Call("POST", "/api/v1/requests", "own", one).Want(http.StatusConflict),
		g.Call("PATCH", "/api/v1/requests/"+own, "own", `{"reference":"PRIV-1"}`).Want(http.StatusConflict),
		g.Call("POST", "/api/v1/requests/batch", "own", `{"requests":[`+one+`]}`).Want(http.StatusOK),
		g.Call("POST", "/api/v1/requests/batch", "own", `{"atomic":true,"requests":[`+one+`]}`).Want(http.StatusUnprocessableEntity),
	} {
		if !strings.Contains(string(a.Body), "duplicate_reference") || strings.Contains(string(a.Body), others) || strings.Contains(string(a.Body), "existing_id") {
			t.Errorf("got %s", a.Body)
		}
	}
	if p := g.Call("POST", "/api/v1/requests", "own", two).Problem(http.StatusConflict, "duplicate_reference"); p.ExistingID != own {
		t.Errorf("of its own request it is told %q", p.ExistingID)
	}
}

// TestAStreamEndsWithItsReadersRight: the token is revoked, or has reached its end.
func TestAStreamEndsWithItsReadersRight(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*apptest.Rig){
		"revoked": func(g *apptest.Rig) { g.Call("DELETE", "/api/v1/tokens/reader", "admin", "").Want(204) },
		"expired": func(g *apptest.Rig) { g.Clock.Add(2 * time.Hour) },
		"replaced": func(g *apptest.Rig) {
			g.Call("POST", "/api/v1/tokens/reader/rotate", "admin", `{"overlap_hours":0}`).Want(200)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := apptest.NewRig(t)
			_, err := g.Store.CreateToken(t.Context(), dsr.Principal{ID: "command", Role: dsr.Admin},
				dsr.NewToken{Name: "reader", Role: dsr.Auditor, ExpiresAt: g.Clock.Now().Add(time.Hour), Hash: auth.HashToken("reader")})
			if err != nil {
				t.Fatal(err)
			}
			id := g.Submit(apptest.Minimal)
			s := followAs(t, g, "reader", id, "")
			if event, _ := s.next(); event == "" {
				t.Fatal("the stream of an open request is empty")
			}
			s.next() // the second event of the first look
			end(g)
			if event, _ := s.next(); event != "" {
				t.Errorf("the stream goes on with %s", event)
			}
			if err := s.lines.Err(); err != nil {
				t.Errorf("the stream was cut off and has not ended: %v", err)
			}
			g.Call("GET", "/api/v1/requests/"+id+"/events", "reader", "").Want(http.StatusUnauthorized)
		})
	}
}

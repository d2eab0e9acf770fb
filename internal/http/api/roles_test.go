package api_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/dsr"
)

// mayCall says who may make each call, as it was agreed and not as it is coded.
var mayCall = map[string][]string{
	"POST /api/v1/requests":                     {"requester", "approver", "admin"},
	"GET /api/v1/requests":                      {"requester", "approver", "auditor", "admin"},
	"GET /api/v1/requests/{id}":                 {"requester", "approver", "auditor", "admin"},
	"PATCH /api/v1/requests/{id}":               {"requester", "approver", "admin"},
	"POST /api/v1/requests/{id}/notes":          {"requester", "approver", "admin"},
	"GET /api/v1/requests/{id}/notes":           {"requester", "approver", "auditor", "admin"},
	"GET /api/v1/requests/{id}/history":         {"requester", "approver", "auditor", "admin"},
	"POST /api/v1/requests/{id}/cancel":         {"requester", "approver", "admin"},
	"POST /api/v1/requests/{id}/retry":          {"requester", "approver", "admin"},
	"POST /api/v1/requests/{id}/revise":         {"requester", "approver", "admin"},
	"POST /api/v1/requests/{id}/approve":        {"approver", "admin"},
	"POST /api/v1/requests/{id}/reject":         {"approver", "admin"},
	"POST /api/v1/requests/{id}/extend":         {"requester", "approver", "admin"},
	"POST /api/v1/requests/{id}/answered":       {"requester", "approver", "admin"},
	"POST /api/v1/requests/{id}/pause":          {"requester", "approver", "admin"},
	"POST /api/v1/requests/{id}/resume":         {"requester", "approver", "admin"},
	"POST /api/v1/requests/{id}/reopen":         {"requester", "approver", "admin"},
	"POST /api/v1/requests/{id}/links":          {"requester", "approver", "admin"},
	"GET /api/v1/requests/{id}/links":           {"requester", "approver", "admin"},
	"DELETE /api/v1/requests/{id}/links/{link}": {"requester", "approver", "admin"},
	"GET /api/v1/requests/{id}/hold":            {"requester", "approver", "auditor", "admin"},
	"POST /api/v1/requests/{id}/hold":           {"admin"},
	"DELETE /api/v1/requests/{id}/hold":         {"admin"},
	"DELETE /api/v1/requests/{id}":              {"admin"},
	"GET /api/v1/requests/{id}/receipt":         {"requester", "approver", "auditor", "admin"},
	"GET /api/v1/requests/{id}/events":          {"requester", "approver", "auditor", "admin"},
	"GET /api/v1/sources":                       {"requester", "approver", "auditor", "admin"},
	"GET /api/v1/tokens":                        {"admin"},
	"POST /api/v1/tokens":                       {"admin"},
	"POST /api/v1/tokens/{name}/rotate":         {"admin"},
	"DELETE /api/v1/tokens/{name}":              {"admin"},
	"POST /api/v1/requests/{id}/repackage":      {"requester", "approver", "admin"},
	"GET /metrics":                              {"requester", "approver", "auditor", "admin"},
	"GET /api/v1/signing-key":                   {"requester", "approver", "auditor", "admin"},
	"GET /api/v1/audit":                         {"auditor", "admin"},
	"GET /api/v1/audit/checkpoint":              {"auditor", "admin"},
	"GET /api/v1/audit/proof":                   {"auditor", "admin"},
	"POST /api/v1/requests/batch":               {"requester", "approver", "admin"},
	"POST /api/v1/reports/screening":            {"requester", "approver", "auditor", "admin"},
	"GET /api/v1/reports/requests.csv":          {"approver", "auditor", "admin"},
	"POST /api/v1/requests/estimate":            {"requester", "approver", "auditor", "admin"},
	"POST /api/v1/sources/{name}/check":         {"requester", "approver", "admin"},
	"GET /api/v1/requests/{id}/coverage":        {"requester", "approver", "auditor", "admin"},
	"GET /api/v1/requests/{id}/archive":         {"requester", "approver", "auditor", "admin"},

	"GET /api/v1/requests/{id}/erasure-list":                          {"requester", "approver", "auditor", "admin"},
	"GET /api/v1/requests/{id}/conversations":                         {"requester", "approver", "auditor", "admin"},
	"GET /api/v1/requests/{id}/conversations/{source}/{conversation}": {"requester", "approver", "auditor", "admin"},
	"POST /api/v1/requests/{id}/withheld":                             {"approver", "admin"},
	"GET /api/v1/requests/{id}/withheld":                              {"approver", "auditor", "admin"},
	"GET /api/v1/requests/{id}/withheld/proposals":                    {"approver", "admin"},
	"DELETE /api/v1/requests/{id}/withheld/{item}":                    {"approver", "admin"},
	"GET /api/v1/webhooks":                                            {"admin"},
	"POST /api/v1/webhooks":                                           {"admin"},
	"GET /api/v1/webhooks/{id}":                                       {"admin"},
	"PATCH /api/v1/webhooks/{id}":                                     {"admin"},
	"DELETE /api/v1/webhooks/{id}":                                    {"admin"},
	"POST /api/v1/webhooks/{id}/rotate":                               {"admin"},
	"POST /api/v1/webhooks/{id}/test":                                 {"admin"},
	"GET /api/v1/webhooks/{id}/deliveries":                            {"admin"},
	"POST /api/v1/webhooks/{id}/deliveries/{delivery}/replay":         {"admin"},
	"GET /api/v1/requests/{id}/letter":                                {"requester", "approver", "auditor", "admin"},
}

func TestWhoMayCallWhat(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	routes := g.Calls()
	if diff := cmp.Diff(slices.Sorted(maps.Keys(mayCall)), routes); diff != "" {
		t.Fatalf("the matrix (-) does not have the routes there are (+):\n%s", diff)
	}
	for _, name := range routes {
		method, pattern, _ := strings.Cut(name, " ")
		for _, token := range []string{"requester", "approver", "auditor", "admin", apptest.Nobody} {
			id := g.Submit(apptest.Minimal)
			body := ""
			if name == "POST /api/v1/requests" {
				body = apptest.Minimal
			}
			if strings.HasSuffix(pattern, "/events") {
				g.Finish(id, true, nil) // the stream of an open request has no end
			}
			before := g.Lookup(id)
			a := g.Call(method, strings.Replace(pattern, "{id}", id, 1), token, body)
			if may := slices.Contains(mayCall[name], token); may == (a.Status == http.StatusForbidden) {
				t.Errorf("%s as %s: got %d, allowed is %v", name, token, a.Status, may)
			} else if diff := cmp.Diff(before, g.Lookup(id)); !may && diff != "" {
				t.Errorf("%s as %s was refused and changed the request:\n%s", name, token, diff)
			}
		}
		for _, token := range []string{"", "wrong"} {
			g.Call(method, strings.Replace(pattern, "{id}", "0198c5f0-7a3e-7cc1-9d50-0f6a6e1d2b3c", 1), token, "").Want(http.StatusUnauthorized)
		}
	}
}

func TestTokenIsNeededAndAskedFor(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for header, code := range map[string]string{
		"":                           "no_token",
		"Bearer":                     "no_token",
		"Bearer ":                    "no_token",
		"Basic cmVxdWVzdGVyOg==":     "no_token",
		"requester":                  "no_token",
		"Bearer wrong":               "bad_token",
		"Bearer requester requester": "bad_token",
	} {
		a := g.Call("GET", "/api/v1/requests", "", "", "Authorization", header)
		a.Problem(http.StatusUnauthorized, code)
		want := `Bearer realm="dsr-server"`
		if code == "bad_token" {
			want += `, error="invalid_token"`
		}
		if got := a.Header.Get("WWW-Authenticate"); got != want {
			t.Errorf("%q: got WWW-Authenticate %q, want %q", header, got, want)
		}
	}
	g.Call("GET", "/api/v1/requests", "", "", "Authorization", "bearer requester").Want(200)
	g.Call("GET", "/api/v1/requests?access_token=requester", "", "").Want(http.StatusUnauthorized)
}

func TestStorageFaultWhileAuthenticatingIsNoRefusal(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	g.Intercept.Fail(func(string) error { return dsr.Errorf(dsr.Unavailable, "storage_unavailable", "the database is busy") })
	g.Call("GET", "/api/v1/requests", "requester", "").Problem(503, "storage_unavailable")
}

func TestNobodyDecidesOnTheirOwnRequest(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	id := g.Call("POST", "/api/v1/requests", "approver", apptest.Minimal).Want(201).Object()["id"].(string)
	g.Finish(id, false, []byte("zip"))
	g.Call("POST", "/api/v1/requests/"+id+"/approve", "approver", "").Problem(403, "own_request")
	g.Call("POST", "/api/v1/requests/"+id+"/approve", "admin", "").Want(200)
}

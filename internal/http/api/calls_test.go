package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/dsr"
)

// everyCall is each call of the API and of the system, about a request that is ready.
func everyCall(g *archived, each func(method, pattern, path, body string)) {
	calls := append(g.Calls(), "GET /healthz", "GET /readyz", "GET /openapi.json")
	for _, call := range calls {
		method, pattern, _ := strings.Cut(call, " ")
		body := bodyFor[pattern]
		if body == "" && method != http.MethodGet && method != http.MethodDelete {
			body = "{}"
		}
		id, delivery := g.id, ""
		if strings.HasPrefix(pattern, "/api/v1/webhooks/") {
			id, delivery = webhookWithADelivery(g)
		}
		path := strings.NewReplacer("{id}", id, "{delivery}", delivery, "{name}", "none", "{source}", "it-desk", "{conversation}", "none", "{item}", "w1").Replace(pattern)
		each(method, pattern, path, body)
	}
}

func webhookWithADelivery(g *archived) (hook, delivery string) {
	made := g.Call("POST", "/api/v1/webhooks", "admin", `{"url":"https://tools.example.com/dsr","events":["request.ready"]}`)
	if made.Status == http.StatusServiceUnavailable { // nothing is changed there
		return g.id, "none"
	}
	hook = made.Want(201).Object()["id"].(string)
	delivery = g.Call("POST", "/api/v1/webhooks/"+hook+"/test", "admin", "").Want(202).Object()["id"].(string)
	return hook, delivery
}

// needed are the parameters without which a call is refused.
var needed = map[string]string{"/api/v1/requests/{id}/letter": "?kind=receipt", "/api/v1/audit/proof": "?index=0"}

func TestEveryCallRefusesParametersThatItDoesNotHave(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	everyCall(g, func(method, _, path, body string) {
		if p := g.Call(method, path+"?unheard_of=1", "admin", body).Problem(400, "unknown_field"); p.Field != "unheard_of" {
			t.Errorf("%s %s: the field is %q", method, path, p.Field)
		}
		g.Call(method, path+"?ana@example.com=1", "admin", body).Problem(400, "unknown_field")
	})
}

// TestHEADIsWhereverGETIs, with the same status and headers and without a body.
func TestHEADIsWhereverGETIs(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	everyCall(g, func(method, pattern, path, _ string) {
		if method != http.MethodGet {
			return
		}
		path += needed[pattern]
		get := g.Call("GET", path, "admin", "")
		head := g.Call("HEAD", path, "admin", "").Want(get.Status)
		for _, of := range []http.Header{get.Header, head.Header} {
			for _, name := range []string{"Date", "X-Request-Id", "Content-Length", "Etag"} {
				if name != "Etag" || strings.HasSuffix(path, "/requests") { // downloads have been counted meanwhile
					of.Del(name)
				}
			}
		}
		if diff := cmp.Diff(get.Header, head.Header); diff != "" || len(head.Body) > 0 {
			t.Errorf("%s: GET (-) and HEAD (+) with %d bytes:\n%s", path, len(head.Body), diff)
		}
	})
}

// TestEveryAddressSaysWhatCanBeDoneThere: each method is either answered or refused with a list
// of just those that are.
func TestEveryAddressSaysWhatCanBeDoneThere(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	g.Intercept.Fail(func(string) error {
		return dsr.Errorf(dsr.Unavailable, "storage_unavailable", "nothing is changed here")
	})
	declared := map[string][]string{}
	everyCall(g, func(method, _, path, _ string) { declared[path] = append(declared[path], method) })
	for path, methods := range declared {
		var answered []string
		allow := map[string]string{}
		for _, method := range []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PROPFIND", "PUT", "TRACE"} {
			if a := g.Call(method, path, "admin", ""); a.Status == http.StatusMethodNotAllowed {
				allow[method] = a.Header.Get("Allow")
			} else {
				answered = append(answered, method)
			}
		}
		for method, says := range allow {
			if says != strings.Join(answered, ", ") || slices.Contains(methods, method) {
				t.Errorf("%s %s: Allow is %q, and %v are answered", method, path, says, answered)
			}
		}
		if len(allow) == 0 {
			t.Errorf("%s: every method is answered", path)
		}
	}
}

func TestEveryCallRefusesABodyThatItCannotRead(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	everyCall(g, func(method, pattern, path, body string) {
		if body == "" || method == http.MethodGet || method == http.MethodDelete {
			return
		}
		a := g.Call(method, path, "admin", body, "Content-Type", "application/xml")
		a.Problem(415, "unsupported_type")
		want := "application/json"
		if strings.HasSuffix(pattern, "/batch") {
			want += ", text/csv"
		}
		if got := a.Header.Get("Accept"); got != want {
			t.Errorf("%s %s: Accept is %q, want %q", method, path, got, want)
		}
		a = g.Call(method, path, "admin", body, "Content-Encoding", "gzip")
		a.Problem(415, "unsupported_coding")
		if got := a.Header.Get("Accept-Encoding"); got != "identity" {
			t.Errorf("%s %s: Accept-Encoding is %q", method, path, got)
		}
	})
}

func TestAnIDMayBeWrittenInCapitals(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	everyCall(g, func(method, pattern, path, body string) {
		if !strings.Contains(pattern, "{id}") {
			return
		}
		path = strings.Replace(path, g.id, strings.ToUpper(g.id), 1) + needed[pattern]
		if a := g.Call(method, path, "auditor", body); a.Status == 404 && strings.Contains(string(a.Body), "no request with this id") {
			t.Errorf("%s %s: there is no such request", method, path)
		}
	})
	if got := g.Call("GET", "/api/v1/requests/"+strings.ToUpper(g.id), "auditor", "").Want(200).Object()["id"]; got != g.id {
		t.Errorf("got the id %v, want %s", got, g.id)
	}
	screen := g.Submit(`{"selectors":[{"conversation_id":"c"}],"mode":"screen"}`)
	g.Call("POST", "/api/v1/reports/screening", "auditor", `{"requests":["`+strings.ToUpper(screen)+`"]}`).Want(200)
}

func TestEveryCallSaysWhenItMayBeMadeAgain(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	g.Intercept.Fail(func(string) error { return dsr.Errorf(dsr.Unavailable, "storage_unavailable", "the database is busy") })
	for _, call := range g.Calls() {
		method, path, _ := strings.Cut(call, " ")
		if a := g.Call(method, strings.Replace(path, "{id}", g.id, 1), "admin", "").Want(503); a.Header.Get("Retry-After") != "5" {
			t.Errorf("%s: Retry-After is %q", call, a.Header.Get("Retry-After"))
		}
	}
}

func TestARoleThatIsNotEnoughIsSaidAsRFC6750HasIt(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	everyCall(g, func(method, pattern, path, body string) {
		if may, guarded := mayCall[method+" "+pattern]; !guarded || slices.Contains(may, "requester") {
			return
		}
		a := g.Call(method, path, "requester", body)
		a.Problem(403, "forbidden")
		if got := a.Header.Get("WWW-Authenticate"); !strings.HasSuffix(got, `error="insufficient_scope"`) {
			t.Errorf("%s %s: WWW-Authenticate is %q", method, path, got)
		}
	})
}

// TestTimesAreThoseOfRFC3339, nothing wider and nothing narrower.
func TestTimesAreThoseOfRFC3339(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for text, want := range map[string]string{
		"2025-01-01T00:00:00Z":               "2025-01-01T00:00:00Z",
		"2025-01-01t00:00:00z":               "2025-01-01T00:00:00Z",
		"2025-01-01T00:00:00.1234567891234Z": "2025-01-01T00:00:00.123Z",
		"2025-01-01T00:00:00+23:59":          "2024-12-31T00:01:00Z",
		"2025-01-01T00:00:00-00:00":          "2025-01-01T00:00:00Z",
		"2016-12-31T23:59:60Z":               "2017-01-01T00:00:00Z",
		"2017-01-01T01:59:60.5+02:00":        "2017-01-01T00:00:00Z",
		"2024-02-29T12:00:00Z":               "2024-02-29T12:00:00Z",
		"2016-12-31T22:59:60Z":               "",
		"2016-12-30T23:59:60Z":               "",
		"2025-02-29T12:00:00Z":               "",
		"2025-01-01T24:00:00Z":               "",
		"2025-01-01T00:00:00":                "",
		"2025-01-01 00:00:00Z":               "",
		"2025-01-01T00:00Z":                  "",
		"2025-1-1T00:00:00Z":                 "",
		"2025-01-01T00:00:00,5Z":             "",
		"2025-01-01T00:00:00.Z":              "",
		"2025-01-01T00:00:00+24:00":          "",
		"2025-01-01T00:00:00+02":             "",
		"2025-01-01T00:00:00+0200":           "",
		"2025-01-01T00:00:00UTC":             "",
		"+2025-01-01T00:00:00Z":              "",
		"２025-01-01T00:00:00Z":               "",
		"1969-12-31T23:59:59Z":               "",
		"9999-01-01T00:00:00Z":               "",
	} {
		a := g.Call("POST", "/api/v1/requests", "requester", `{"selectors":[{"conversation_id":"c"}],"window":{"start":"`+text+`"}}`)
		if want == "" {
			if p := a.Problem(422, "invalid_value"); p.Field != "window.start" {
				t.Errorf("%s: the field is %q", text, p.Field)
			}
			continue
		}
		if got := a.Want(201).Object()["window"].(map[string]any)["start"]; got != want {
			t.Errorf("%s: got %v, want %s", text, got, want)
		}
	}
}

// TestAWholeNumberMayHaveAFractionOfNothing, as in JSON Schema; and no other number is one.
func TestAWholeNumberMayHaveAFractionOfNothing(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	path := "/api/v1/requests/" + g.id + "/links"
	for text, code := range map[string]string{"1": "", "1.0": "", "10.00e1": "", "1e1": "", "null": "", "1.5": "wrong_type", "1e-1": "wrong_type", "1e1000000000": "wrong_type",
		`"1"`: "wrong_type", "true": "wrong_type", "9223372036854775808": "wrong_type", "0.0": "invalid_value", "01": "malformed", "1.": "malformed"} {
		a := g.Call("POST", path, "requester", `{"minutes":`+text+`}`)
		if code == "" {
			a.Want(201)
			continue
		}
		a.Problem(map[string]int{"invalid_value": 422, "wrong_type": 400, "malformed": 400}[code], code)
	}
}

func TestTheSigningKeyIsAnsweredAsItIsLikedBest(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for accept, want := range map[string]string{"": "text/plain; charset=utf-8", "application/json": "application/json", "application/json;q=0, */*": "text/plain; charset=utf-8",
		"text/plain;q=0.1, application/json;q=0.2": "application/json"} {
		if got := g.Call("GET", "/api/v1/signing-key", "auditor", "", "Accept", accept).Want(200).Header.Get("Content-Type"); got != want {
			t.Errorf("Accept %q: got %s, want %s", accept, got, want)
		}
	}
}

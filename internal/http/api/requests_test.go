package api_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

const full = `{"reference":"PRIV-1042",
 "selectors":[{"conversation_id":"5c80"},{"metadata":{"key":"email","value":"ana@example.com","match":"contains"}}],
 "sources":["support-bot"],"window":{"start":"2025-01-01T02:00:00+02:00","end":"2025-07-01T00:00:00Z"},
 "received_at":"2025-06-29T09:00:00Z","language":"de","notes":"called twice"}`

func TestSubmittedRequestComesBackToTheLetter(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	a := g.Call("POST", "/api/v1/requests", "requester", full).Want(201)
	id := a.Object()["id"].(string)
	if got := a.Header.Get("Location"); got != "/api/v1/requests/"+id {
		t.Errorf("got Location %q", got)
	}
	want := `{"id":"` + id + `","reference":"PRIV-1042","status":"queued","complete":null,` +
		`"selectors":[{"conversation_id":"5c80"},{"metadata":{"key":"email","value":"ana@example.com","match":"contains"}}],` +
		`"sources":["support-bot"],"window":{"start":"2025-01-01T00:00:00Z","end":"2025-07-01T00:00:00Z"},"mode":"package",` +
		`"received_at":"2025-06-29T09:00:00Z","due_at":"2025-07-29T23:59:59Z","due_because":"one month from the day of receipt, 2025-06-29 (Art. 12(3) GDPR)","regime":"gdpr","language":"de","labels":{},"assignee":null,"channel":null,"extended":false,"pauses":[],"answered_at":null,` +
		`"created_at":"2025-06-30T10:00:00Z","created_by":"token:requester","updated_at":"2025-06-30T10:00:00Z",` +
		`"progress":{"pages":0,"records":0,"conversations":0,"messages":0,"percent":0,"eta_seconds":null,"waiting":null},` +
		`"result":null,"warnings":[],"error":null,"released":null,"version":1,"repackaging":false,"repackaging_failed":false,"withheld":{"conversations":0,"messages":0,"passages":0},"answer":null,"identity":null,"decision_note":null,"reopen_reason":null,"callback_url":null}` + "\n"
	if diff := cmp.Diff(want, string(a.Body)); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	if r := g.Lookup(id); r.Language != "de" || r.Notes != "called twice" {
		t.Errorf("language or notes did not arrive: %+v", r)
	}
	if got := g.Call("GET", "/api/v1/requests/"+id, "auditor", "").Want(200); string(got.Body) != want {
		t.Errorf("read again it differs: %s", got.Body)
	}
	if views := g.Events(audit.RequestViewed); len(views) != 1 || views[0].Request != id || views[0].Actor != "token:auditor" {
		t.Errorf("got events %v, want one view by the auditor", views)
	}
}

func TestAbsentAndNullFieldsTakeTheDefaults(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for _, body := range []string{
		`{"selectors":[{"metadata":{"value":"x"}}]}`,
		`{"reference":null,"selectors":[{"conversation_id":null,"metadata":{"key":null,"value":"x","match":null}}],"sources":null,` +
			`"window":null,"received_at":null,"language":null,"notes":null}`,
		`{"selectors":[{"metadata":{"value":"x"}}],"sources":[],"window":{"start":null}}`,
	} {
		got := g.Call("POST", "/api/v1/requests", "requester", body).Want(201).Object()
		for field, want := range map[string]any{"reference": nil, "sources": []any{"it-desk", "support-bot"},
			"window": map[string]any{"start": nil, "end": nil}, "received_at": "2025-06-30T10:00:00Z",
			"selectors": []any{map[string]any{"metadata": map[string]any{"key": "", "value": "x", "match": "normalized"}}}} {
			if diff := cmp.Diff(want, got[field]); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", body, field, diff)
			}
		}
	}
}

func TestFinishedRequestShowsItsResult(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	id := g.Submit(apptest.Minimal)
	looked := 0
	g.Intercept.Show(id, func(v *dsr.View) {
		if looked++; looked == 1 {
			v.Request.Progress.Waiting = &dsr.Waiting{Source: "it-desk", Until: g.Clock.Now().Add(time.Minute)}
			v.Request.Progress.ETASeconds = 90
		}
	})
	progress := g.Call("GET", "/api/v1/requests/"+id, "admin", "").Want(200).Object()["progress"].(map[string]any)
	if diff := cmp.Diff(map[string]any{"source": "it-desk", "until": "2025-06-30T10:01:00Z"}, progress["waiting"]); diff != "" || progress["eta_seconds"] != 90.0 {
		t.Errorf("got progress %v", progress)
	}
	g.Finish(id, false, []byte("zip"))
	got := g.Call("GET", "/api/v1/requests/"+id, "admin", "").Want(200).Object()
	want := map[string]any{"conversations": 1.0, "messages": 2.0, "near_misses": 0.0, "archive": map[string]any{"size": 3.0,
		"sha256": fmt.Sprintf("%x", sha256.Sum256([]byte("zip"))), "expires_at": "2025-09-28T10:00:00Z", "downloads": 0.0}}
	if diff := cmp.Diff(want, got["result"]); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	if got["complete"] != false || got["status"] != "review" || got["error"].(map[string]any)["code"] != "key_refused" {
		t.Errorf("got %v", got)
	}
	g.Call("POST", "/api/v1/requests/"+id+"/approve", "approver", "").Want(200)
	g.Call("POST", "/api/v1/requests/"+id+"/answered", "requester", "").Want(200)
	g.Expire(id)
	got = g.Call("GET", "/api/v1/requests/"+id, "admin", "").Want(200).Object()
	if archive, there := got["result"].(map[string]any)["archive"]; archive != nil || !there || got["answered_at"] != "2025-06-30T10:00:00Z" {
		t.Errorf("got %v, want archive null and answered_at set", got)
	}
}

func TestWarningsAreToldByCodeWithoutTheirValues(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	id := g.Submit(apptest.Minimal)
	g.Intercept.Show(id, func(v *dsr.View) {
		v.Request.Warnings = []dsr.Warning{{Code: dsr.WarnSeveralIdentities, Detail: "several addresses", Named: []string{"b@example.org"}}}
	})
	text := string(g.Call("GET", "/api/v1/requests/"+id, "admin", "").Want(200).Body)
	if !strings.Contains(text, `"warnings":[{"code":"several_identities","detail":"several addresses"}]`) || strings.Contains(text, "b@example.org") {
		t.Errorf("got %s", text)
	}
}

func TestActionsMoveARequestOnlyWhereItMayGo(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for _, from := range dsr.Statuses {
		for action, allowed := range map[string][]dsr.Status{
			"cancel":  {dsr.Queued, dsr.Running},
			"retry":   {dsr.Failed, dsr.Review},
			"approve": {dsr.Review},
			"reject":  {dsr.Review},
		} {
			id := g.Submit(apptest.Minimal)
			g.Move(id, from, true)
			a := g.Call("POST", "/api/v1/requests/"+id+"/"+action, "admin", "{}")
			switch {
			case from == dsr.Purged:
				a.Problem(410, "purged")
			case slices.Contains(allowed, from):
				want := map[string]string{"cancel": "cancelled", "retry": "queued", "approve": "ready", "reject": "rejected"}[action]
				if got := a.Want(200).Object()["status"]; got != want {
					t.Errorf("%s from %s: got %v, want %s", action, from, got, want)
				}
			default:
				a.Problem(409, "wrong_status")
			}
		}
	}
	id := g.Submit(apptest.Minimal)
	g.Move(id, dsr.Ready, false)
	if got := g.Call("POST", "/api/v1/requests/"+id+"/retry", "requester", "").Want(200).Object()["status"]; got != "queued" {
		t.Errorf("retry from ready and incomplete: got %v, want queued", got)
	}
}

func TestActionBodyMayBeEmptyAndHoldsNothing(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for body, status := range map[string]int{"": 200, "{}": 200, " {} \n": 200, " ": 400, `{"reason":"x"}`: 400, "[]": 400, "null": 200, "{}{}": 400, "{": 400} {
		a := g.Call("POST", "/api/v1/requests/"+g.Submit(apptest.Minimal)+"/cancel", "requester", body)
		if a.Status != status {
			t.Errorf("body %q: got %d, want %d", body, a.Status, status)
		}
	}
}

func TestIdempotencyKeyIsBoundToTheCall(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	post := func(body, key string) apptest.Answer {
		return g.Call("POST", "/api/v1/requests", "requester", body, "Idempotency-Key", key)
	}
	first := post(apptest.Minimal, "key 1").Want(201).Object()["id"]
	if again := post(apptest.Minimal, "key 1").Want(201).Object()["id"]; again != first {
		t.Errorf("the same call twice made two requests, %v and %v", first, again)
	}
	post(full, "key 1").Problem(409, "idempotency_key_reused")
	if other := post(apptest.Minimal, "key 2").Want(201).Object()["id"]; other == first {
		t.Error("another key gave the same request")
	}
	path := "/api/v1/requests/" + first.(string) + "/cancel"
	g.Call("POST", path, "requester", "", "Idempotency-Key", "key 1").Problem(409, "idempotency_key_reused")
	for range 2 {
		g.Call("POST", path, "requester", "", "Idempotency-Key", "key 3").Want(200)
	}
	g.Call("POST", path, "requester", "").Problem(409, "wrong_status")
}

func TestIdempotencyKeyIsPrintableASCII(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	path := "/api/v1/requests/" + g.Submit(apptest.Minimal) + "/cancel"
	for _, key := range []string{"", strings.Repeat("k", 256), "schlüssel", "a\tb"} {
		if p := g.Call("POST", path, "requester", "", "Idempotency-Key", key).Problem(422, "invalid_value"); p.Field != "Idempotency-Key" {
			t.Errorf("key %q: got field %q", key, p.Field)
		}
	}
	g.Call("POST", path, "requester", "", "Idempotency-Key", strings.Repeat("k", 255)).Want(200)
}

func TestListIsPagedNewestFirst(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	var want []string
	for range 7 {
		want = append([]string{g.Submit(apptest.Minimal)}, want...)
	}
	var got []string
	path := "/api/v1/requests?limit=3"
	for pages := 1; ; pages++ {
		list := g.Call("GET", path, "auditor", "").Want(200).Object()
		for _, item := range list["items"].([]any) {
			got = append(got, item.(map[string]any)["id"].(string))
		}
		next, there := list["next_cursor"]
		if next == nil {
			if !there || pages != 3 {
				t.Errorf("got %d pages, next_cursor there: %v; want 3, true", pages, there)
			}
			break
		}
		path = "/api/v1/requests?limit=3&cursor=" + next.(string)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestListFilters(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	a := g.Submit(`{"reference":"PRIV-1","selectors":[{"conversation_id":"c"}],"sources":["it-desk"],"received_at":"2025-05-01T00:00:00Z"}`)
	b := g.Submit(`{"reference":"PRIV-2","selectors":[{"conversation_id":"c"}],"sources":["support-bot"]}`)
	g.Call("POST", "/api/v1/requests/"+b+"/cancel", "requester", "").Want(200)
	for query, want := range map[string][]string{
		"":                                 {b, a},
		"?status=cancelled":                {b},
		"?status=queued&source=it-desk":    {a},
		"?source=it-desk":                  {a},
		"?source=unheard-of":               {},
		"?due_before=2025-07-01T00:00:00Z": {a},
		"?due_before=2025-06-01T23:59:59%2B00:00": {},
		"?q=PRIV-":            {b, a},
		"?q=PRIV-2":           {b},
		"?q=" + a:             {a},
		"?status=&q=&cursor=": {b, a},
		"?limit=1":            {b},
	} {
		got := []string{}
		for _, item := range g.Call("GET", "/api/v1/requests"+query, "requester", "").Want(200).Object()["items"].([]any) {
			got = append(got, item.(map[string]any)["id"].(string))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", query, got, want)
		}
	}
}

func TestListMasksSelectorsAndWritesNoEvent(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	g.Submit(full)
	a := g.Call("GET", "/api/v1/requests", "auditor", "").Want(200)
	if body := string(a.Body); strings.Contains(body, "ana@example.com") || strings.Contains(body, "5c80") || !strings.Contains(body, `"a•••"`) {
		t.Errorf("selectors are not masked: %s", body)
	}
	if views := g.Events(audit.RequestViewed); len(views) != 0 {
		t.Errorf("got events %v, want none", views)
	}
}

func TestListHoldsFiftyUnlessAskedOtherwise(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for range 51 {
		g.Submit(apptest.Minimal)
	}
	for query, want := range map[string]int{"": 50, "?limit=200": 51, "?limit=51": 51} {
		if got := len(g.Call("GET", "/api/v1/requests"+query, "admin", "").Want(200).Object()["items"].([]any)); got != want {
			t.Errorf("%q: got %d, want %d", query, got, want)
		}
	}
}

func TestCoverageHasNoNullLists(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	id := g.Submit(apptest.Minimal)
	if got := string(g.Call("GET", "/api/v1/requests/"+id+"/coverage", "auditor", "").Want(200).Body); got != `{"as_of":null,"complete":false,"sources":[]}`+"\n" {
		t.Errorf("before planning: got %s", got)
	}
	g.Intercept.Show(id, func(v *dsr.View) {
		v.Coverage = dsr.Coverage{Complete: true, Sources: []dsr.SourceCoverage{{Name: "it-desk", Type: "dump", Complete: true,
			Asked: dsr.Span{Start: g.Clock.Now(), End: g.Clock.Now()}}}}
	})
	var c struct {
		Complete bool
		Sources  []map[string]json.RawMessage
	}
	if err := json.Unmarshal(g.Call("GET", "/api/v1/requests/"+id+"/coverage", "auditor", "").Want(200).Body, &c); err != nil {
		t.Fatal(err)
	}
	if !c.Complete || len(c.Sources) != 1 {
		t.Fatalf("got %+v", c)
	}
	want := map[string]string{"reasons": "[]", "assumes": "[]", "anomalies": "[]", "calls": "{}", "retries": "{}"}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got := string(c.Sources[0][name]); got != want[name] {
			t.Errorf("%s: got %s, want %s", name, got, want[name])
		}
	}
}

// bodyFor are the bodies of the calls about a request that need one.
var bodyFor = map[string]string{
	"/api/v1/requests/{id}/extend":   `{"months":1,"reason":"r"}`,
	"/api/v1/requests/{id}/hold":     `{"reason":"r"}`,
	"/api/v1/requests/{id}/pause":    `{"reason":"identity"}`,
	"/api/v1/requests/{id}/notes":    `{"text":"t"}`,
	"/api/v1/requests/{id}/revise":   `{"sources":[]}`,
	"/api/v1/requests/{id}/withheld": `{"items":[{"source":"support-bot","conversation":"c"}],"reason":"other"}`,
	"/api/v1/requests/{id}":          `{"channel":"mail"}`,
}

// aboutARequest are the calls whose address holds a request's id.
func aboutARequest(g *apptest.Rig) []string {
	return slices.DeleteFunc(g.Calls(), func(call string) bool { return !strings.Contains(call, "/requests/{id}") })
}

func TestIDThatNoRequestHasIsNotFound(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	known := g.Submit(apptest.Minimal)
	ids := []string{"1", "none", "{" + known + "}", strings.ReplaceAll(known, "-", ""), "urn:uuid:" + known,
		known + "%00", "..%2f" + known, "%27%20or%201=1", "0198c5f0-7a3e-7cc1-9d50-0f6a6e1d2b3c"}
	for _, id := range ids {
		for _, call := range aboutARequest(g) {
			method, pattern, _ := strings.Cut(call, " ")
			a := g.Call(method, strings.Replace(pattern, "{id}", id, 1), "admin", bodyFor[pattern])
			if a.Status != 404 {
				t.Errorf("%s with id %q: got %d, want 404", call, id, a.Status)
			}
		}
	}
}

func TestPurgedRequestIsGone(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	id := g.Submit(apptest.Minimal)
	g.Move(id, dsr.Purged, false)
	for _, call := range aboutARequest(g) {
		method, pattern, _ := strings.Cut(call, " ")
		status := 410
		if strings.HasSuffix(pattern, "/receipt") {
			status = 200
		}
		g.Call(method, strings.Replace(pattern, "{id}", id, 1), "admin", bodyFor[pattern]).Want(status)
	}
}

func TestNothingOfAValueIsEscapedAway(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	a := g.Call("POST", "/api/v1/requests", "requester", fmt.Sprintf(`{"selectors":[{"conversation_id":%q}]}`, "<b>&\u2603 \"x\"")).Want(201)
	if !strings.Contains(string(a.Body), `"<b>&☃ \"x\""`) {
		t.Errorf("got %s", a.Body)
	}
}

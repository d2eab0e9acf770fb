package http

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/dsr"
)

const full = `{"reference":"PRIV-1042",
 "selectors":[{"conversation_id":"5c80"},{"metadata":{"key":"email","value":"ana@example.com","match":"contains"}}],
 "sources":["support-bot"],"window":{"start":"2025-01-01T02:00:00+02:00","end":"2025-07-01T00:00:00Z"},
 "received_at":"2025-06-29T09:00:00Z","language":"de","notes":"called twice"}`

func TestSubmittedRequestComesBackToTheLetter(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	a := g.call("POST", "/api/v1/requests", "requester", full).want(201)
	id := a.object()["id"].(string)
	if got := a.header.Get("Location"); got != "/api/v1/requests/"+id {
		t.Errorf("got Location %q", got)
	}
	want := `{"id":"` + id + `","reference":"PRIV-1042","status":"queued","complete":null,` +
		`"selectors":[{"conversation_id":"5c80"},{"metadata":{"key":"email","value":"ana@example.com","match":"contains"}}],` +
		`"sources":["support-bot"],"window":{"start":"2025-01-01T00:00:00Z","end":"2025-07-01T00:00:00Z"},` +
		`"received_at":"2025-06-29T09:00:00Z","due_at":"2025-07-29T23:59:59Z","extended":false,"answered_at":null,` +
		`"created_at":"2025-06-30T10:00:00Z","created_by":"token:requester","updated_at":"2025-06-30T10:00:00Z",` +
		`"progress":{"pages":0,"records":0,"conversations":0,"messages":0,"percent":0,"eta_seconds":null,"waiting":null},` +
		`"result":null,"warnings":[],"error":null}` + "\n"
	if diff := cmp.Diff(want, string(a.body)); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	if r := g.svc.copyOf(id); r.Language != "de" || r.Notes != "called twice" {
		t.Errorf("language or notes did not arrive: %+v", r)
	}
	if got := g.call("GET", "/api/v1/requests/"+id, "auditor", "").want(200); string(got.body) != want {
		t.Errorf("read again it differs: %s", got.body)
	}
	if want := []string{"viewed " + id + " by token:auditor"}; !slices.Equal(g.svc.events, want) {
		t.Errorf("got events %v, want %v", g.svc.events, want)
	}
}

func TestAbsentAndNullFieldsTakeTheDefaults(t *testing.T) {
	t.Parallel()
	g := newRig(t, unlimited)
	for _, body := range []string{
		`{"selectors":[{"metadata":{"value":"x"}}]}`,
		`{"reference":null,"selectors":[{"conversation_id":null,"metadata":{"key":null,"value":"x","match":null}}],"sources":null,` +
			`"window":null,"received_at":null,"language":null,"notes":null}`,
		`{"selectors":[{"metadata":{"value":"x"}}],"sources":[],"window":{"start":null}}`,
	} {
		got := g.call("POST", "/api/v1/requests", "requester", body).want(201).object()
		for field, want := range map[string]any{"reference": nil, "sources": []any{"it-desk", "support-bot"},
			"window": map[string]any{"start": nil, "end": nil}, "received_at": "2025-06-30T10:00:00Z",
			"selectors": []any{map[string]any{"metadata": map[string]any{"key": "", "value": "x", "match": "normalized"}}}} {
			if diff := cmp.Diff(want, got[field]); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", body, field, diff)
			}
		}
	}
}

func TestLocationKeepsThePrefixOfTheBaseURL(t *testing.T) {
	t.Parallel()
	g := newRig(t, func(o *Options) { o.BaseURL = "https://example.com/privacy/" })
	if got := g.call("POST", "/api/v1/requests", "requester", minimal).want(201).header.Get("Location"); !strings.HasPrefix(got, "/privacy/api/v1/requests/") {
		t.Errorf("got Location %q", got)
	}
}

func TestFinishedRequestShowsItsResult(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	id := g.submit(minimal)
	g.svc.set(id, func(r *dsr.Request) {
		r.Progress.Waiting = &dsr.Waiting{Source: "it-desk", Until: g.clock.now().Add(time.Minute)}
		r.Progress.ETASeconds = 90
	})
	progress := g.call("GET", "/api/v1/requests/"+id, "admin", "").want(200).object()["progress"].(map[string]any)
	if diff := cmp.Diff(map[string]any{"source": "it-desk", "until": "2025-06-30T10:01:00Z"}, progress["waiting"]); diff != "" || progress["eta_seconds"] != 90.0 {
		t.Errorf("got progress %v", progress)
	}
	g.svc.finish(id, false, []byte("zip"))
	got := g.call("GET", "/api/v1/requests/"+id, "admin", "").want(200).object()
	want := map[string]any{"conversations": 1.0, "messages": 2.0, "near_misses": 0.0, "archive": map[string]any{"size": 3.0,
		"sha256": "7d6d9204bbe6a5de9f302b92ab6e6ad6d58db0a6c33b62ac6db4d9c83c7a4e2c", "expires_at": "2025-09-28T10:00:00Z", "downloads": 0.0}}
	want["archive"].(map[string]any)["sha256"] = g.svc.copyOf(id).Result.Archive.SHA256
	if diff := cmp.Diff(want, got["result"]); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	if got["complete"] != false || got["status"] != "review" || got["error"].(map[string]any)["code"] != "key_refused" {
		t.Errorf("got %v", got)
	}
	g.svc.set(id, func(r *dsr.Request) { r.Result.Archive = nil; r.AnsweredAt = g.clock.now() })
	got = g.call("GET", "/api/v1/requests/"+id, "admin", "").want(200).object()
	if archive, there := got["result"].(map[string]any)["archive"]; archive != nil || !there || got["answered_at"] != "2025-06-30T10:00:00Z" {
		t.Errorf("got %v, want archive null and answered_at set", got)
	}
}

func TestActionsMoveARequestOnlyWhereItMayGo(t *testing.T) {
	t.Parallel()
	g := newRig(t, unlimited)
	no, yes := false, true
	for _, from := range dsr.Statuses {
		for action, allowed := range map[string][]dsr.Status{
			"cancel":  {dsr.Queued, dsr.Running},
			"retry":   {dsr.Failed, dsr.Review},
			"approve": {dsr.Review},
			"reject":  {dsr.Review},
		} {
			id := g.submit(minimal)
			g.svc.set(id, func(r *dsr.Request) { r.Status, r.Complete = from, &yes })
			a := g.call("POST", "/api/v1/requests/"+id+"/"+action, "admin", "{}")
			switch {
			case from == dsr.Purged:
				a.problem(410, "purged")
			case slices.Contains(allowed, from):
				want := map[string]string{"cancel": "cancelled", "retry": "queued", "approve": "ready", "reject": "rejected"}[action]
				if got := a.want(200).object()["status"]; got != want {
					t.Errorf("%s from %s: got %v, want %s", action, from, got, want)
				}
			default:
				a.problem(409, "wrong_status")
			}
		}
	}
	id := g.submit(minimal)
	g.svc.set(id, func(r *dsr.Request) { r.Status, r.Complete = dsr.Ready, &no })
	if got := g.call("POST", "/api/v1/requests/"+id+"/retry", "requester", "").want(200).object()["status"]; got != "queued" {
		t.Errorf("retry from ready and incomplete: got %v, want queued", got)
	}
}

func TestActionBodyMayBeEmptyAndHoldsNothing(t *testing.T) {
	t.Parallel()
	g := newRig(t, unlimited)
	for body, status := range map[string]int{"": 200, "{}": 200, " {} \n": 200, " ": 400, `{"reason":"x"}`: 400, "[]": 400, "null": 400, "{}{}": 400, "{": 400} {
		a := g.call("POST", "/api/v1/requests/"+g.submit(minimal)+"/cancel", "requester", body)
		if a.status != status {
			t.Errorf("body %q: got %d, want %d", body, a.status, status)
		}
	}
}

func TestIdempotencyKeyReachesTheServiceBoundToTheCall(t *testing.T) {
	t.Parallel()
	g := newRig(t, unlimited)
	post := func(body, key string) answer {
		return g.call("POST", "/api/v1/requests", "requester", body, "Idempotency-Key", key)
	}
	first := post(minimal, "key 1").want(201).object()["id"]
	if again := post(minimal, "key 1").want(201).object()["id"]; again != first {
		t.Errorf("the same call twice made two requests, %v and %v", first, again)
	}
	post(full, "key 1").problem(409, "idempotency_key_reused")
	if other := post(minimal, "key 2").want(201).object()["id"]; other == first {
		t.Error("another key gave the same request")
	}
	path := "/api/v1/requests/" + first.(string) + "/cancel"
	g.call("POST", path, "requester", "", "Idempotency-Key", "key 1").problem(409, "idempotency_key_reused")
	for range 2 {
		g.call("POST", path, "requester", "", "Idempotency-Key", "key 3").want(200)
	}
	g.call("POST", path, "requester", "").problem(409, "wrong_status")
	if k := g.svc.calls[0].Key; k.Key != "key 1" || k.Route != "POST /api/v1/requests" || k.BodyHash == g.svc.calls[2].Key.BodyHash {
		t.Errorf("got %+v", k)
	}
}

func TestIdempotencyKeyIsPrintableASCII(t *testing.T) {
	t.Parallel()
	g := newRig(t, unlimited)
	path := "/api/v1/requests/" + g.submit(minimal) + "/cancel"
	for _, key := range []string{"", strings.Repeat("k", 256), "schlüssel", "a\tb"} {
		if p := g.call("POST", path, "requester", "", "Idempotency-Key", key).problem(422, "invalid_value"); p.Field != "Idempotency-Key" {
			t.Errorf("key %q: got field %q", key, p.Field)
		}
	}
	g.call("POST", path, "requester", "", "Idempotency-Key", strings.Repeat("k", 255)).want(200)
}

func TestListIsPagedNewestFirst(t *testing.T) {
	t.Parallel()
	g := newRig(t, unlimited)
	var want []string
	for range 7 {
		want = append([]string{g.submit(minimal)}, want...)
	}
	var got []string
	path := "/api/v1/requests?limit=3"
	for pages := 1; ; pages++ {
		list := g.call("GET", path, "auditor", "").want(200).object()
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
	g := newRig(t, unlimited)
	a := g.submit(`{"reference":"PRIV-1","selectors":[{"conversation_id":"c"}],"sources":["it-desk"],"received_at":"2025-05-01T00:00:00Z"}`)
	b := g.submit(`{"reference":"PRIV-2","selectors":[{"conversation_id":"c"}],"sources":["support-bot"]}`)
	g.call("POST", "/api/v1/requests/"+b+"/cancel", "requester", "").want(200)
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
		for _, item := range g.call("GET", "/api/v1/requests"+query, "requester", "").want(200).object()["items"].([]any) {
			got = append(got, item.(map[string]any)["id"].(string))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", query, got, want)
		}
	}
}

func TestListMasksSelectorsAndWritesNoEvent(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.submit(full)
	a := g.call("GET", "/api/v1/requests", "auditor", "").want(200)
	if body := string(a.body); strings.Contains(body, "ana@example.com") || strings.Contains(body, "5c80") || !strings.Contains(body, `"a•••"`) {
		t.Errorf("selectors are not masked: %s", body)
	}
	if len(g.svc.events) != 0 {
		t.Errorf("got events %v, want none", g.svc.events)
	}
}

func TestListHoldsFiftyUnlessAskedOtherwise(t *testing.T) {
	t.Parallel()
	g := newRig(t, unlimited)
	for range 51 {
		g.submit(minimal)
	}
	for query, want := range map[string]int{"": 50, "?limit=200": 51, "?limit=51": 51} {
		if got := len(g.call("GET", "/api/v1/requests"+query, "admin", "").want(200).object()["items"].([]any)); got != want {
			t.Errorf("%q: got %d, want %d", query, got, want)
		}
	}
}

func TestCoverageHasNoNullLists(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	id := g.submit(minimal)
	if got := string(g.call("GET", "/api/v1/requests/"+id+"/coverage", "auditor", "").want(200).body); got != `{"as_of":null,"complete":false,"sources":[]}`+"\n" {
		t.Errorf("before planning: got %s", got)
	}
	g.svc.finish(id, true, []byte("zip"))
	var c struct {
		Complete bool
		Sources  []map[string]json.RawMessage
	}
	if err := json.Unmarshal(g.call("GET", "/api/v1/requests/"+id+"/coverage", "auditor", "").want(200).body, &c); err != nil {
		t.Fatal(err)
	}
	if !c.Complete || len(c.Sources) != 2 {
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
	"/api/v1/requests/{id}/extend": `{"months":1,"reason":"r"}`,
	"/api/v1/requests/{id}/hold":   `{"reason":"r"}`,
}

func TestIDThatNoRequestHasIsNotFound(t *testing.T) {
	t.Parallel()
	g := newRig(t, unlimited)
	known := g.submit(minimal)
	ids := []string{"1", "none", strings.ToUpper(known), "{" + known + "}", strings.ReplaceAll(known, "-", ""), "urn:uuid:" + known,
		known + "%00", "..%2f" + known, "%27%20or%201=1", "0198c5f0-7a3e-7cc1-9d50-0f6a6e1d2b3c"}
	for _, id := range ids {
		for _, rt := range g.server.routes {
			if !strings.Contains(rt.pattern, "{id}") {
				continue
			}
			a := g.call(rt.method, strings.Replace(rt.pattern, "{id}", id, 1), "admin", bodyFor[rt.pattern])
			if a.status != 404 {
				t.Errorf("%s %s with id %q: got %d, want 404", rt.method, rt.pattern, id, a.status)
			}
		}
	}
}

func TestPurgedRequestIsGone(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	id := g.submit(minimal)
	g.svc.set(id, func(r *dsr.Request) { r.Status = dsr.Purged })
	for _, rt := range g.server.routes {
		if strings.Contains(rt.pattern, "{id}") {
			status := 410
			if strings.HasSuffix(rt.pattern, "/receipt") {
				status = 200
			}
			g.call(rt.method, strings.Replace(rt.pattern, "{id}", id, 1), "admin", bodyFor[rt.pattern]).want(status)
		}
	}
}

func TestNothingOfAValueIsEscapedAway(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	a := g.call("POST", "/api/v1/requests", "requester", fmt.Sprintf(`{"selectors":[{"conversation_id":%q}]}`, "<b>&\u2603 \"x\"")).want(201)
	if !strings.Contains(string(a.body), `"<b>&☃ \"x\""`) {
		t.Errorf("got %s", a.body)
	}
}

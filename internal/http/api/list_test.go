package api_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/dsr"
)

// listed are the ids of one page.
func listed(g *apptest.Rig, query string) (ids []string) {
	for _, item := range g.Call("GET", "/api/v1/requests"+query, "auditor", "").Want(200).Object()["items"].([]any) {
		ids = append(ids, item.(map[string]any)["id"].(string))
	}
	return ids
}

func TestListTakesEveryFilter(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	submit := func(body string) string {
		g.Clock.Add(time.Second)
		return g.Submit(`{"selectors":[{"conversation_id":"c"}],` + body + `}`)
	}
	a := submit(`"reference":"PRIV-1","received_at":"2025-05-01","labels":{"brand":"north","tier":"1"}`)
	b := submit(`"reference":"PRIV-2","labels":{"brand":"south","tier":"1"}`)
	c := submit(`"received_at":"2025-06-20"`)
	since := g.Clock.Now().Format(time.RFC3339Nano)
	g.Clock.Add(time.Minute)
	g.Call("POST", "/api/v1/requests/"+b+"/cancel", "requester", "").Want(200)
	g.Clock.Add(time.Minute)
	g.Call("POST", "/api/v1/requests/"+a+"/hold", "admin", `{"reason":"case 17"}`).Want(200)
	for query, want := range map[string][]string{
		"?status=cancelled&status=queued&sort=updated": {c, b, a},
		"?status=&status=cancelled&status=":            {b},
		"?sort=due":                                    {a, c, b},
		"?sort=created":                                {c, b, a},
		"?sort=updated&updated_after=" + since:         {b, a},
		"?open=true":                                   {c, a},
		"?open=false":                                  {b},
		"?held=true":                                   {a},
		"?held=false&sort=due":                         {c, b},
		"?overdue=true":                                {a},
		"?overdue=false":                               {c, b},
		"?label=tier":                                  {b, a},
		"?label=tier:1&label=brand=north":              {a},
		"?q=iv-2":                                      {b},
		"?sort=updated&updated_after=" + since + "&status=cancelled": {b},
	} {
		if got := listed(g, query); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", query, got, want)
		}
	}
	for query, field := range map[string]string{"sort=oldest": "sort", "open=yes": "open", "held=1": "held", "overdue=TRUE": "overdue",
		"updated_after=yesterday": "updated_after", "label=a%20b": "label", "status=ready&status=open": "status"} {
		if p := g.Call("GET", "/api/v1/requests?"+query, "auditor", "").Problem(422, "invalid_value"); p.Field != field {
			t.Errorf("%s: the field is %q", query, p.Field)
		}
	}
}

func TestACursorGoesWithItsFiltersAlone(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for range 3 {
		g.Submit(apptest.Minimal)
	}
	next, _ := g.Call("GET", "/api/v1/requests?limit=1&status=queued", "auditor", "").Want(200).Object()["next_cursor"].(string)
	with := "cursor=" + url.QueryEscape(next)
	if got := listed(g, "?limit=5&status=queued&"+with); len(got) != 2 {
		t.Errorf("got %v", got)
	}
	for _, query := range []string{"?", "?status=ready&", "?status=queued&sort=due&", "?status=queued&open=true&"} {
		if p := g.Call("GET", "/api/v1/requests"+query+with, "auditor", "").Problem(422, "invalid_value"); p.Field != "cursor" {
			t.Errorf("%s: the field is %q", query, p.Field)
		}
	}
}

// TestWhatIsTheSameIsNotSentAgain: of a request and of a list; and what moves is another tag,
// which names the same version.
func TestWhatIsTheSameIsNotSentAgain(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	id := g.Submit(apptest.Minimal)
	path := "/api/v1/requests/" + id
	for _, path := range []string{path, "/api/v1/requests", "/api/v1/requests?status=queued"} {
		tag := g.Call("GET", path, "auditor", "").Want(200).Header.Get("ETag")
		for header, status := range map[string]int{tag: 304, `"x", ` + tag: 304, "W/" + strings.TrimPrefix(tag, "W/"): 304, "*": 304, `"x"`: 200, "x": 200, "": 200} {
			if a := g.Call("GET", path, "auditor", "", "If-None-Match", header).Want(status); a.Header.Get("ETag") != tag || (status == 304) != (len(a.Body) == 0) {
				t.Errorf("%s: If-None-Match %s: ETag %s and %d bytes", path, header, a.Header.Get("ETag"), len(a.Body))
			}
		}
		g.Call("PATCH", "/api/v1/requests/"+id, "requester", fmt.Sprintf(`{"labels":{"n":"%d"}}`, len(path))).Want(200)
		g.Call("GET", path, "auditor", "", "If-None-Match", tag).Want(200)
	}
	g.Start(id)
	before := g.Call("GET", path, "auditor", "").Want(200)
	g.Intercept.Show(id, func(v *dsr.View) { v.Request.Progress.Pages, v.Request.Progress.Percent = 17, 40 })
	after := g.Call("GET", path, "auditor", "", "If-None-Match", before.Header.Get("ETag")).Want(200)
	version := fmt.Sprintf("\"%v", before.Object()["version"])
	if tag := after.Header.Get("ETag"); tag == before.Header.Get("ETag") || !strings.HasPrefix(tag, version+".") {
		t.Errorf("progress has moved from %s to %s", before.Header.Get("ETag"), tag)
	}
	g.Call("POST", path+"/cancel", "requester", "", "If-Match", after.Header.Get("ETag")).Want(200)
}

// TestEveryChangeIsOneToFollow: what makes another version is in the list of changes.
func TestEveryChangeIsOneToFollow(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for _, c := range []struct {
		from              dsr.Status
		complete          bool
		method, at, body  string
		before, otherwise string // a call that is made first
	}{
		{dsr.Queued, false, "POST", "/cancel", "", "", ""},
		{dsr.Queued, false, "PATCH", "", `{"channel":"mail"}`, "", ""},
		{dsr.Queued, false, "PATCH", "", `{"received_at":"2025-06-29"}`, "", ""},
		{dsr.Queued, false, "POST", "/extend", `{"months":1,"reason":"r"}`, "", ""},
		{dsr.Queued, false, "POST", "/pause", `{"reason":"identity"}`, "", ""},
		{dsr.Queued, false, "POST", "/resume", "", "/pause", `{"reason":"identity"}`},
		{dsr.Queued, false, "POST", "/hold", `{"reason":"r"}`, "", ""},
		{dsr.Queued, false, "DELETE", "/hold", "", "/hold", `{"reason":"r"}`},
		{dsr.Queued, false, "DELETE", "", "", "", ""},
		{dsr.Review, false, "POST", "/approve", "", "", ""},
		{dsr.Review, false, "POST", "/reject", "", "", ""},
		{dsr.Review, false, "POST", "/retry", "", "", ""},
		{dsr.Ready, true, "POST", "/answered", "", "", ""},
		{dsr.Ready, true, "POST", "/reopen", `{"reason":"r"}`, "/answered", ""},
		{dsr.Ready, true, "POST", "/revise", `{"sources":["it-desk"]}`, "", ""},
	} {
		id := g.Submit(apptest.Minimal)
		g.Move(id, c.from, c.complete)
		path := "/api/v1/requests/" + id
		if c.before != "" {
			g.Call("POST", path+c.before, "admin", c.otherwise).Want(200)
		}
		version, now := g.Lookup(id).Version, g.Clock.Now()
		g.Clock.Add(time.Second)
		if a := g.Call(c.method, path+c.at, "admin", c.body); a.Status >= 300 {
			t.Errorf("%s %s: got %d: %s", c.method, c.at, a.Status, a.Body)
		}
		if r := g.Lookup(id); r.Version == version || !slices.Contains(listed(g, "?sort=updated&limit=200&updated_after="+now.Format(time.RFC3339Nano)), id) {
			t.Errorf("%s %s: version %d after %d, changed at %s", c.method, c.at, r.Version, version, r.UpdatedAt)
		}
	}
}

// coded is an answer as it is on the wire.
func coded(t *testing.T, g *apptest.Rig, method, path, accept, body string) (coding string, text []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, g.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Authorization": {"Bearer admin"}, "Content-Type": {"application/json"}, "Accept-Encoding": {accept}}
	resp, err := (&http.Transport{}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, err = io.ReadAll(resp.Body); err != nil || resp.StatusCode >= 300 {
		t.Fatalf("%s: %d, %v", path, resp.StatusCode, err)
	}
	return resp.Header.Get("Content-Encoding"), text
}

// TestAnswersAreCompressedUnlessThatTellsOrBreaksSomething: a secret, a strong tag, a stream.
func TestAnswersAreCompressedUnlessThatTellsOrBreaksSomething(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	for range 9 {
		g.Submit(apptest.Minimal)
	}
	one := "/api/v1/requests/" + g.id
	for _, c := range []struct{ method, path, accept, body, coding string }{
		{"GET", "/api/v1/requests", "gzip", "", "gzip"},
		{"GET", "/api/v1/requests", "gzip;q=0", "", ""},
		{"GET", "/api/v1/requests", "identity", "", ""},
		{"GET", "/api/v1/requests?limit=1&q=none", "gzip", "", ""}, // too little to be worth it
		{"GET", "/api/v1/audit", "gzip", "", "gzip"},
		{"GET", "/openapi.json", "gzip", "", "gzip"},
		{"GET", "/metrics", "gzip", "", "gzip"},
		{"GET", one, "gzip", "", ""},
		{"GET", one + "/archive", "gzip", "", ""},
		{"GET", one + "/events", "gzip", "", ""},
		{"POST", one + "/links", "gzip", "{}", ""},
		{"POST", "/api/v1/tokens", "gzip", `{"name":"x","role":"auditor"}`, ""},
		{"GET", "/docs", "gzip", "", ""},
	} {
		coding, text := coded(t, g.Rig, c.method, c.path, c.accept, c.body)
		if coding != c.coding || (coding == "gzip") != strings.HasPrefix(string(text), "\x1f\x8b") {
			t.Errorf("%s %s with %s: got %q", c.method, c.path, c.accept, coding)
		}
	}
}

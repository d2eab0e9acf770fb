package http

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/dsr"
)

func TestSourcesAreListedWithTheirHealth(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	now := g.clock.now()
	g.svc.sources = []dsr.SourceHealth{
		{Name: "new", Type: "converse", Lane: "api.example.com"},
		{Name: "good", Type: "converse", Lane: "api.example.com", SourceState: dsr.SourceState{LastGood: now.Add(-time.Minute)}},
		{Name: "silent", Type: "avaamo", Lane: "cx.example.com", SourceState: dsr.SourceState{LastGood: now.Add(-time.Hour), SnoozedUntil: now.Add(time.Minute)}},
	}
	var got []any
	for _, item := range g.call("GET", "/api/v1/sources", "auditor", "").want(200).object()["items"].([]any) {
		s := item.(map[string]any)
		got = append(got, s["name"], s["health"], s["last_good_at"], s["snoozed_until"])
	}
	want := []any{"new", "unknown", nil, nil, "good", "good", "2025-06-30T09:59:00Z", nil,
		"silent", "snoozed", "2025-06-30T09:00:00Z", "2025-06-30T10:01:00Z"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
}

func TestTokensAreMadeShownOnceAndRevoked(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	for body, field := range map[string]string{
		`{"name":"","role":"admin"}`: "name", `{"name":"a b","role":"admin"}`: "name", `{"name":"../x","role":"admin"}`: "name",
		`{"name":"x","role":"root"}`: "role", `{"name":"x"}`: "role",
	} {
		if p := g.call("POST", "/api/v1/tokens", "admin", body).problem(422, "invalid_value"); p.Field != field {
			t.Errorf("%s: got field %q, want %q", body, p.Field, field)
		}
	}
	made := g.call("POST", "/api/v1/tokens", "admin", `{"name":"tickets","role":"requester"}`).want(201).object()
	secret, _ := made["token"].(string)
	if len(secret) < 32 || made["role"] != "requester" {
		t.Errorf("got %v", made)
	}
	g.call("POST", "/api/v1/tokens", "admin", `{"name":"tickets","role":"admin"}`).problem(409, "name_in_use")
	list := g.call("GET", "/api/v1/tokens", "admin", "").want(200)
	if strings.Contains(string(list.body), secret) || len(list.object()["items"].([]any)) != 1 {
		t.Errorf("got %s", list.body)
	}
	g.call("DELETE", "/api/v1/tokens/tickets", "admin", "").want(204)
	g.call("DELETE", "/api/v1/tokens/tickets", "admin", "").problem(404, "not_found")
	if strings.Contains(g.log.String(), secret) {
		t.Error("the log has the secret")
	}
}

func TestMetricsTakeAToken(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.call("GET", "/metrics", "", "").problem(401, "no_token")
	if got := string(g.call("GET", "/metrics", "auditor", "").want(200).body); got != "dsr_up 1\n" {
		t.Errorf("got %q", got)
	}
	without := newRig(t, func(o *Options) { o.Metrics = nil })
	req, err := without.client.Get(without.url + "/healthz")
	if err != nil || req.StatusCode != 200 {
		t.Fatal(err)
	}
	_ = req.Body.Close()
}

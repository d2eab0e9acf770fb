package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/dsr"
)

func TestSourcesAreListedWithTheirHealth(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	now := g.Clock.Now()
	const state = `INSERT INTO source_states (source, last_good_at, snoozed_until, snoozes) VALUES (?, ?, ?, ?)`
	list := func() (got []any) {
		for _, item := range g.Call("GET", "/api/v1/sources", "auditor", "").Want(200).Object()["items"].([]any) {
			s := item.(map[string]any)
			got = append(got, s["name"], s["health"], s["last_good_at"], s["snoozed_until"])
		}
		return got
	}
	if diff := cmp.Diff([]any{"it-desk", "unknown", nil, nil, "support-bot", "unknown", nil, nil}, list()); diff != "" {
		t.Errorf("sources nobody has read (-want +got):\n%s", diff)
	}
	g.Exec(state, "it-desk", now.Add(-time.Minute).UnixMilli(), nil, 0)
	g.Exec(state, "support-bot", now.Add(-time.Hour).UnixMilli(), now.Add(time.Minute).UnixMilli(), 1)
	want := []any{"it-desk", "good", "2025-06-30T09:59:00Z", nil, "support-bot", "snoozed", "2025-06-30T09:00:00Z", "2025-06-30T10:01:00Z"}
	if diff := cmp.Diff(want, list()); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
}

func TestTokensAreMadeShownOnceAndRevoked(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for body, field := range map[string]string{
		`{"name":"","role":"admin"}`: "name", `{"name":"a b","role":"admin"}`: "name", `{"name":"../x","role":"admin"}`: "name",
		`{"name":"x","role":"root"}`: "role", `{"name":"x"}`: "role",
	} {
		if p := g.Call("POST", "/api/v1/tokens", "admin", body).Problem(422, "invalid_value"); p.Field != field {
			t.Errorf("%s: got field %q, want %q", body, p.Field, field)
		}
	}
	made := g.Call("POST", "/api/v1/tokens", "admin", `{"name":"tickets","role":"requester"}`).Want(201).Object()
	secret, _ := made["token"].(string)
	if len(secret) < 32 || made["role"] != "requester" {
		t.Errorf("got %v", made)
	}
	g.Call("POST", "/api/v1/tokens", "admin", `{"name":"tickets","role":"admin"}`).Problem(409, "name_in_use")
	list := g.Call("GET", "/api/v1/tokens", "admin", "").Want(200)
	if strings.Contains(string(list.Body), secret) || len(list.Object()["items"].([]any)) != len(dsr.Roles)+1 {
		t.Errorf("got %s", list.Body)
	}
	g.Call("DELETE", "/api/v1/tokens/tickets", "admin", "").Want(204)
	g.Call("DELETE", "/api/v1/tokens/tickets", "admin", "").Problem(404, "not_found")
	if strings.Contains(g.Log.String(), secret) {
		t.Error("the log has the secret")
	}
}

func TestDeadlinesAtRiskAreCounted(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for _, received := range []string{"2025-06-30", "2025-06-01", "2025-05-01"} { // due in a month, tomorrow, long ago
		g.Call("POST", "/api/v1/requests", "requester", `{"selectors":[{"conversation_id":"c-1"}],"received_at":"`+received+`"}`).Want(201)
	}
	got := string(g.Call("GET", "/metrics", "auditor", "").Want(200).Body)
	for _, want := range []string{`dsr_requests_due_soon{days="1"} 0`, `dsr_requests_due_soon{days="3"} 1`, `dsr_requests_due_soon{days="7"} 1`, "dsr_requests_overdue 1"} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
}

func TestMetricsTakeAToken(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	g.Call("GET", "/metrics", "", "").Problem(401, "no_token")
	if got := string(g.Call("GET", "/metrics", "auditor", "").Want(200).Body); !strings.Contains(got, "\ndsr_requests_overdue 0\n") {
		t.Errorf("got %q", got)
	}
}

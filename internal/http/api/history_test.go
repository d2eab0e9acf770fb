package api_test

import (
	"strings"
	"testing"

	"dsr-server/internal/app/apptest"
)

func TestAHistoryNamesPeopleForThoseWhoMayKnowAndEveryDeadline(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	id := g.Submit(`{"reference":"PRIV-7","selectors":[{"conversation_id":"c-secret"}],"received_at":"2025-06-10"}`)
	path := "/api/v1/requests/" + id
	for _, call := range []struct{ method, path, token, body string }{
		{"POST", "/pause", "requester", `{"reason":"identity","asked_on":"2025-06-20"}`},
		{"POST", "/resume", "requester", `{"answered_on":"2025-06-25"}`},
		{"POST", "/extend", "approver", `{"months":2,"reason":"many pages of Eve"}`},
		{"PATCH", "", "approver", `{"received_at":"2025-06-12","channel":"mail"}`},
		{"POST", "/cancel", "admin", ``},
	} {
		g.Call(call.method, path+call.path, call.token, call.body).Want(200)
	}
	told := g.Call("GET", path+"/history", "auditor", "").Want(200)
	var kinds, actors []string
	for _, item := range told.Object()["items"].([]any) {
		e := item.(map[string]any)
		kinds, actors = append(kinds, e["kind"].(string)), append(actors, e["actor"].(string)+" "+e["name"].(string)+" "+e["role"].(string))
	}
	if got, want := strings.Join(kinds, " "), "request.submitted request.paused request.resumed request.extended request.amended request.cancelled request.viewed"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if actors[3] != "token:approver approver approver" || actors[5] != "token:admin admin admin" {
		t.Errorf("got actors %v", actors)
	}
	var due []string
	for _, item := range told.Object()["deadlines"].([]any) {
		d := item.(map[string]any)
		due = append(due, d["due_at"].(string)[:10])
		if d["due_because"] == "" {
			t.Errorf("%v has no reason", d)
		}
	}
	if got := strings.Join(due, " "); got != "2025-07-10 2025-07-15 2025-09-15 2025-09-17" {
		t.Errorf("got deadlines %s", got)
	}
	others := string(g.Call("GET", path+"/history", "requester", "").Want(200).Body)
	for _, secret := range []string{"token:", `"name":"`, "c-secret", "PRIV-7", "Eve"} {
		if strings.Contains(others, secret) {
			t.Errorf("a requester reads %s in %s", secret, others)
		}
	}
	if !strings.Contains(others, `"role":"approver"`) {
		t.Errorf("a requester does not learn the role: %s", others)
	}
}

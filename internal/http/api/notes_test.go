package api_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
)

func TestNotesAreKeptAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	id := g.Submit(apptest.Minimal)
	path := "/api/v1/requests/" + id
	if items := g.Call("GET", path+"/notes", "auditor", "").Want(200).Object()["items"].([]any); len(items) != 0 {
		t.Errorf("got %v", items)
	}
	first := g.Call("POST", path+"/notes", "requester", `{"text":"Eve called <b>\n"}`, "Idempotency-Key", "k").Want(201).Object()
	again := g.Call("POST", path+"/notes", "requester", `{"text":"Eve called <b>\n"}`, "Idempotency-Key", "k").Want(201).Object()
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("the repeated call:\n%s", diff)
	}
	second := g.Call("POST", path+"/notes", "approver", `{"text":"again"}`).Want(201).Object()
	items := g.Call("GET", path+"/notes", "auditor", "").Want(200).Object()["items"]
	if diff := cmp.Diff([]any{first, second}, items); diff != "" {
		t.Errorf("got:\n%s", diff)
	}
	if first["text"] != "Eve called <b>\n" || first["created_by"] != "token:requester" || first["created_at"] != "2025-06-30T10:00:00Z" {
		t.Errorf("got %v", first)
	}
	for _, body := range []string{`{}`, `{"text":" \n"}`, `{"text":"` + strings.Repeat("x", 4001) + `"}`} {
		if p := g.Call("POST", path+"/notes", "requester", body).Problem(422, "invalid_value"); p.Field != "text" {
			t.Errorf("%.40s: the field is %q", body, p.Field)
		}
	}
	if events := g.Events(audit.NoteAdded); len(events) != 2 || events[0].Actor != "token:requester" || events[0].Request != id {
		t.Errorf("on record are %v", events)
	}
	if len(g.Events(audit.RequestViewed)) != 1 {
		t.Error("the auditor's reading is not on record once")
	}
}

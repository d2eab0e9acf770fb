package api_test

import (
	"strings"
	"testing"

	"dsr-server/internal/app/apptest"
)

// TestTheHistoryIsAlsoAPage, which tells names to those alone who learn them as JSON too.
func TestTheHistoryIsAlsoAPage(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	id := g.Submit(`{"reference":"PRIV-1042","selectors":[{"conversation_id":"c-1"}],"language":"de","received_at":"2025-06-02T09:00:00Z"}`)
	path := "/api/v1/requests/" + id + "/history"
	for role, named := range map[string]bool{"requester": false, "approver": true, "auditor": true, "admin": true} {
		a := g.Call("GET", path, role, "", "Accept", "text/html").Want(200)
		if ct := a.Header.Get("Content-Type"); ct != "text/html; charset=utf-8" {
			t.Errorf("%s: got %s", role, ct)
		}
		page := string(a.Body)
		if !strings.Contains(page, "PRIV-1042") || !strings.Contains(page, "hat die Anfrage erfasst") || !strings.Contains(page, "2. Juli 2025") {
			t.Errorf("%s: got\n%s", role, page)
		}
		if names := strings.Contains(page, "<bdi>requester (Sachbearbeitung)</bdi>"); names != named {
			t.Errorf("%s: names are there: %v\n%s", role, names, page)
		}
	}
	if a := g.Call("GET", path, "requester", "", "Accept", "*/*").Want(200); !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
		t.Errorf("got %s", a.Header.Get("Content-Type"))
	}
}

package api_test

import (
	"strings"
	"testing"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

func TestLetterIsInTheRequestsLanguageAndOnRecordAsAView(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t, func(o *apptest.Setup) { o.Config = "controller: {name: Beispiel GmbH}\n" })
	id := g.Submit(`{"reference":"PRIV-1042","selectors":[{"conversation_id":"c-1"}],"language":"de","received_at":"2025-06-02T09:00:00Z"}`)
	path := "/api/v1/requests/" + id + "/letter"
	a := g.Call("GET", path+"?kind=receipt", "requester", "").Want(200)
	if ct := a.Header.Get("Content-Type"); ct != "text/plain; charset=utf-8" {
		t.Errorf("got %s", ct)
	}
	for _, want := range []string{"PRIV-1042", "am 2. Juni 2025", "spätestens am 2. Juli 2025", "Beispiel GmbH"} {
		if !strings.Contains(string(a.Body), want) {
			t.Errorf("no %q in\n%s", want, a.Body)
		}
	}
	if events := g.Events(audit.RequestViewed); len(events) != 1 || events[0].Actor != "token:requester" {
		t.Errorf("got views %+v", events)
	}
	for _, query := range []string{"?kind=farewell", "?kind=", ""} {
		if p := g.Call("GET", path+query, "requester", "").Problem(422, "invalid_value"); p.Field != "kind" || !strings.Contains(p.Detail, "receipt, clarification, extension, answer, nothing, partly, refusal") {
			t.Errorf("%q: got %+v", query, p)
		}
	}
	g.Call("GET", path+"?kind=receipt&to=x", "requester", "").Problem(400, "unknown_field")
	g.Move(id, dsr.Purged, false)
	g.Call("GET", path+"?kind=receipt", "requester", "").Problem(410, "purged")
}

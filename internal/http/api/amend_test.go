package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
)

func TestOnlyWhatIsGivenIsAmendedAndNullClears(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	id := g.Submit(full)
	path := "/api/v1/requests/" + id
	before := g.Call("GET", path, "requester", "").Want(200)
	a := g.Call("PATCH", path, "requester", `{"reference":"PRIV-2","received_at":"2025-06-20","language":"en","labels":{"brand":"north"},"assignee":"approver",
		"channel":"phone","identity":{"method":"call back"}}`, "If-Match", before.Header.Get("ETag")).Want(200)
	r, was := a.Object(), before.Object()
	for field, want := range map[string]any{
		"reference": "PRIV-2", "received_at": "2025-06-20T00:00:00Z", "due_at": "2025-07-20T23:59:59Z", "language": "en", "labels": map[string]any{"brand": "north"},
		"assignee": "approver", "channel": "phone", "identity": map[string]any{"method": "call back", "checked_on": "2025-06-30", "by": "token:requester"},
		"regime": "gdpr", "status": "queued", "selectors": was["selectors"], "window": was["window"],
	} {
		if diff := cmp.Diff(want, r[field]); diff != "" {
			t.Errorf("%s:\n%s", field, diff)
		}
	}
	if a.Header.Get("ETag") == before.Header.Get("ETag") {
		t.Error("the version has not gone up")
	}
	g.Call("PATCH", path, "requester", `{"channel":"mail"}`, "If-Match", before.Header.Get("ETag")).Problem(http.StatusPreconditionFailed, "precondition_failed")
	r = g.Call("PATCH", path, "requester", `{"reference":null,"received_at":null,"regime":"ccpa","language":null,"labels":null,"assignee":null,"channel":null,"identity":null}`).Want(200).Object()
	for field, want := range map[string]any{"reference": nil, "received_at": "2025-06-30T10:00:00Z", "due_at": "2025-08-14T23:59:59Z", "regime": "ccpa", "language": "en",
		"labels": map[string]any{}, "assignee": nil, "channel": nil, "identity": nil} {
		if diff := cmp.Diff(want, r[field]); diff != "" {
			t.Errorf("cleared, %s:\n%s", field, diff)
		}
	}
	events := g.Events(audit.RequestAmended)
	if len(events) != 2 || events[0].Data["fields"] != "reference received_at language labels assignee channel identity" || events[0].Data["due_after"] != "2025-07-20" {
		t.Errorf("on record are %v", events)
	}
}

func TestEveryFaultOfAnAmendmentNamesItsField(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	other := g.Submit(`{"reference":"taken","selectors":[{"conversation_id":"c"}]}`)
	id := g.Submit(`{"selectors":[{"conversation_id":"c"}],"received_at":"2025-06-10"}`)
	path := "/api/v1/requests/" + id
	g.Call("POST", path+"/pause", "requester", `{"reason":"identity","asked_on":"2025-06-20"}`).Want(200)
	before := g.Lookup(id)
	for body, field := range map[string]string{
		`{}`: "", `{"reference":" x"}`: "reference", `{"reference":"` + strings.Repeat("x", 201) + `"}`: "reference",
		`{"received_at":"2025-07-01"}`: "received_at", `{"received_at":"soon"}`: "received_at", `{"received_at":"2025-06-21"}`: "received_at",
		`{"regime":"none"}`: "regime", `{"regime":"ccpa"}`: "regime", `{"language":"fr"}`: "language",
		`{"labels":{"a b":"x"}}`: "labels", `{"labels":{"brand":""}}`: "labels.brand", `{"labels":{"brand":null}}`: "labels.brand",
		`{"labels":{"brand":"` + strings.Repeat("x", 101) + `"}}`: "labels.brand",
		`{"assignee":"nobody-here"}`:                              "assignee", `{"channel":"pigeon"}`: "channel",
		`{"identity":{}}`: "identity.method", `{"identity":{"method":"x","checked_on":"2025-07-01"}}`: "identity.checked_on",
		`{"identity":{"method":"x","checked_on":"today"}}`: "identity.checked_on", `{"channel":"mail","language":"fr"}`: "language",
	} {
		if p := g.Call("PATCH", path, "requester", body).Problem(422, "invalid_value"); p.Field != field {
			t.Errorf("%.60s: the field is %q, want %q", body, p.Field, field)
		}
	}
	for body, code := range map[string]string{`{"status":"ready"}`: "unknown_field", `{"identity":{"checked":true}}`: "unknown_field", `{"labels":"x"}`: "wrong_type", `{"assignee":7}`: "wrong_type"} {
		g.Call("PATCH", path, "requester", body).Problem(400, code)
	}
	if p := g.Call("PATCH", path, "requester", `{"channel":"mail","reference":"taken"}`).Problem(409, "duplicate_reference"); p.ExistingID != other {
		t.Errorf("the conflict is with %q, want %q", p.ExistingID, other)
	}
	if diff := cmp.Diff(before, g.Lookup(id)); diff != "" {
		t.Errorf("what was refused has changed the request:\n%s", diff)
	}
}

func TestTheListKnowsLabelsAndWhoIsAssigned(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	north := g.Submit(`{"selectors":[{"conversation_id":"c"}],"labels":{"brand":"north","team":"a"},"channel":"form"}`)
	south := g.Submit(`{"selectors":[{"conversation_id":"c"}],"labels":{"brand":"south"}}`)
	g.Submit(`{"selectors":[{"conversation_id":"c"}]}`)
	g.Call("PATCH", "/api/v1/requests/"+south, "requester", `{"assignee":"admin"}`).Want(200)
	for query, want := range map[string][]string{
		"label=brand:north": {north}, "label=brand%3Dsouth": {south}, "label=brand": {south, north}, "label=team": {north}, "label=brand:east": {}, "assignee=admin": {south},
		"assignee=approver": {}, "assignee=admin&label=team": {},
	} {
		got := []string{}
		for _, item := range g.Call("GET", "/api/v1/requests?"+query, "requester", "").Want(200).Object()["items"].([]any) {
			got = append(got, item.(map[string]any)["id"].(string))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", query, diff)
		}
	}
	if p := g.Call("GET", "/api/v1/requests?label=:", "requester", "").Problem(422, "invalid_value"); p.Field != "label" {
		t.Errorf("the field is %q", p.Field)
	}
}

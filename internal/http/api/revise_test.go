package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/dsr"
)

func TestARevisionReplacesWhatIsGivenAndKeepsTheRest(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	id := g.Submit(full)
	path := "/api/v1/requests/" + id
	g.Call("POST", path+"/revise", "requester", `{"selectors":[{"conversation_id":"c"}]}`).Problem(409, "wrong_status")
	g.Move(id, dsr.Review, false)
	before := g.Call("GET", path, "requester", "").Want(200)
	a := g.Call("POST", path+"/revise", "requester", `{"selectors":[{"metadata":{"value":"ana@example.com"}}]}`,
		"If-Match", before.Header.Get("ETag"), "Idempotency-Key", "k").Want(200)
	r, was := a.Object(), before.Object()
	if r["status"] != "queued" || r["complete"] != nil || r["result"] != nil {
		t.Errorf("got %v, complete %v, result %v", r["status"], r["complete"], r["result"])
	}
	for _, field := range []string{"reference", "sources", "window", "received_at", "due_at"} {
		if diff := cmp.Diff(was[field], r[field]); diff != "" {
			t.Errorf("%s was not to change:\n%s", field, diff)
		}
	}
	want := []any{map[string]any{"metadata": map[string]any{"key": "*", "value": "ana@example.com", "match": "normalized"}}}
	if got := r["selectors"]; !cmp.Equal(got, want) && !strings.Contains(string(a.Body), "ana@example.com") {
		t.Errorf("got selectors %v", got)
	}
	g.Call("POST", path+"/revise", "requester", `{"selectors":[{"metadata":{"value":"ana@example.com"}}]}`, "Idempotency-Key", "k").Want(200)
	g.Move(id, dsr.Review, false)
	g.Call("POST", path+"/revise", "requester", `{"window":{}}`, "If-Match", before.Header.Get("ETag")).Problem(http.StatusPreconditionFailed, "precondition_failed")
	r = g.Call("POST", path+"/revise", "requester", `{"window":{},"sources":[]}`).Want(200).Object()
	if w := r["window"].(map[string]any); w["start"] != nil || w["end"] != nil {
		t.Errorf("the window is %v", w)
	}
}

func TestARevisionIsCheckedLikeASubmission(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	id := g.Submit(full)
	g.Move(id, dsr.Ready, true)
	path := "/api/v1/requests/" + id
	before := g.Lookup(id)
	for body, field := range map[string]string{
		`{}`:                                          "selectors",
		`{"selectors":null}`:                          "selectors",
		`{"selectors":[]}`:                            "selectors",
		`{"selectors":[{}]}`:                          "selectors[0]",
		`{"selectors":[{"identifier":""}]}`:           "selectors[0].identifier",
		`{"sources":["nowhere"]}`:                     "sources[0]",
		`{"window":{"end":"yesterday"}}`:              "window.end",
		`{"window":{"start":"2999-01-01T00:00:00Z"}}`: "window.start",
	} {
		if p := g.Call("POST", path+"/revise", "requester", body).Problem(422, "invalid_value"); p.Field != field {
			t.Errorf("%s: the field is %q, want %q", body, p.Field, field)
		}
	}
	g.Call("POST", path+"/revise", "requester", `{"reference":"x"}`).Problem(400, "unknown_field")
	if diff := cmp.Diff(before, g.Lookup(id)); diff != "" {
		t.Errorf("what was refused has changed the request:\n%s", diff)
	}
}

package http

import (
	"net/http"
	"strings"
	"testing"
)

func TestEstimateAnswersWithoutStoring(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	got := strings.TrimSpace(string(g.call("POST", "/api/v1/requests/estimate", "auditor", minimal).want(200).body))
	if want := `{"calls":7,"seconds":3,"meets_deadline":true}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if items := g.call("GET", "/api/v1/requests", "admin", "").want(200).object()["items"].([]any); len(items) != 0 {
		t.Errorf("%d requests were stored", len(items))
	}
	g.call("POST", "/api/v1/requests/estimate", "requester", `{"selectors":[]}`).problem(422, "invalid_value")
}

func TestStaffViewIsAddedOnlyWhenAskedFor(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	path := "/api/v1/requests/" + g.submit(minimal) + "/coverage"
	if _, there := g.call("GET", path, "auditor", "").want(200).object()["staff"]; there {
		t.Error("the plain coverage has the staff view")
	}
	staff := g.call("GET", path+"?view=staff", "auditor", "").want(200).object()["staff"].(map[string]any)
	if len(staff["warnings"].([]any)) != 1 || len(staff["shared"].([]any)) != 1 {
		t.Errorf("got %v", staff)
	}
	near := staff["near_misses"].([]any)
	if len(near) != 2 || near[0].(map[string]any)["conversation_id"] != "5c80416892d94e40a64cea7dc6406e25" || staff["near_misses_untold"] != 1.0 {
		t.Errorf("got %v", staff)
	}
	g.call("GET", path+"?view=everything", "auditor", "").problem(422, "invalid_value")
}

func TestCheckSourceSaysWhatToDo(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	body := g.call("POST", "/api/v1/sources/support-bot/check", "requester", "").want(200).object()
	finding := body["findings"].([]any)[0].(map[string]any)
	if body["ok"] != false || finding["advice"] == "" {
		t.Errorf("got %v", body)
	}
	g.call("POST", "/api/v1/sources/nobody/check", "requester", "").problem(http.StatusNotFound, "not_found")
}

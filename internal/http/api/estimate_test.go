package api_test

import (
	"net/http"
	"testing"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/dsr"
)

func TestEstimateAnswersWithoutStoring(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	got := g.Call("POST", "/api/v1/requests/estimate", "auditor", apptest.Minimal).Want(200).Object()
	if got["meets_deadline"] != true || got["calls"] == nil || got["seconds"] == nil {
		t.Errorf("got %v", got)
	}
	if items := g.Call("GET", "/api/v1/requests", "admin", "").Want(200).Object()["items"].([]any); len(items) != 0 {
		t.Errorf("%d requests were stored", len(items))
	}
	g.Call("POST", "/api/v1/requests/estimate", "requester", `{"selectors":[]}`).Problem(422, "invalid_value")
}

func TestStaffViewIsAddedOnlyWhenAskedFor(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	id := g.Submit(apptest.Minimal)
	path := "/api/v1/requests/" + id + "/coverage"
	g.Intercept.Show(id, func(v *dsr.View) {
		v.Staff = dsr.Staff{Warnings: []dsr.StaffWarning{dsr.Warned("late", "the search ends after the request is due")},
			Shared: []dsr.Sharing{{Source: "support-bot", Requests: 3}},
			NearMisses: dsr.NearMisses{Untold: 1, Near: []dsr.NearMiss{
				{Source: "support-bot", ConversationID: "5c80416892d94e40a64cea7dc6406e25", Paths: []string{"contact.mail", "transcript"}, Places: []dsr.NearHit{{Path: "contact.mail", Kind: "other_key", Text: "ana@example.com"}, {Path: "transcript", Kind: "mentioned", Text: "write to ana@example.com"}}},
				{Source: "it-desk", ConversationID: "7b1f", Paths: []string{""}, Places: []dsr.NearHit{{}}},
			}}}
	})
	if _, there := g.Call("GET", path, "auditor", "").Want(200).Object()["staff"]; there {
		t.Error("the plain coverage has the staff view")
	}
	staff := g.Call("GET", path+"?view=staff", "auditor", "").Want(200).Object()["staff"].(map[string]any)
	if len(staff["warnings"].([]any)) != 1 || len(staff["shared"].([]any)) != 1 {
		t.Errorf("got %v", staff)
	}
	near := staff["near_misses"].([]any)
	if len(near) != 2 || near[0].(map[string]any)["conversation_id"] != "5c80416892d94e40a64cea7dc6406e25" || staff["near_misses_untold"] != 1.0 {
		t.Errorf("got %v", staff)
	}
	g.Call("GET", path+"?view=everything", "auditor", "").Problem(422, "invalid_value")
}

func TestCheckSourceSaysWhatToDo(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	body := g.Call("POST", "/api/v1/sources/support-bot/check", "requester", "").Want(200).Object()
	finding := body["findings"].([]any)[0].(map[string]any)
	if body["ok"] != false || finding["advice"] == "" {
		t.Errorf("got %v", body)
	}
	g.Call("POST", "/api/v1/sources/nobody/check", "requester", "").Problem(http.StatusNotFound, "not_found")
}

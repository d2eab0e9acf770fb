package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// together presses a button below the list, with these rows ticked.
func (s *site) together(do string, ids ...string) shown {
	s.t.Helper()
	s.post("/requests/together", url.Values{"do": {do}, "id": ids, "at": {"list=all&sort=request"}}).goes("/requests?list=all&sort=request")
	return s.get("/requests?list=all").want(http.StatusOK)
}

func TestManyAreAnsweredAtOnceAndTheOthersSayWhyNot(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	one, two, waits := s.submitted(url.Values{"reference": {"ONE"}}), s.submitted(url.Values{"reference": {"TWO"}}), s.submitted(url.Values{"reference": {"WAITS"}})
	for _, id := range []string{one, two} {
		s.Move(id, dsr.Ready, true)
	}
	s.together("answered", one, two, waits).says("2 requests have been marked as answered. WAITS: It is not ready to be sent.")
	if r := s.Lookup(one); r.Answer == nil || r.Answer.Outcome != dsr.Given {
		t.Errorf("got %+v", r.Answer)
	}
	s.together("answered", one).says("Nothing has been changed. ONE: It is not open any more.")
	s.together("answered").says("Tick at least one request first.")
	s.together("answered", "../x").says("Tick at least one request first.")
	s.signIn("auditor")
	s.post("/requests/together", url.Values{"do": {"answered"}, "id": {waits}}).want(http.StatusForbidden)
	s.get("/requests").saysNot("Mark as answered")
}

func TestOnlyWhatWasLookedAtAndRaisesNoDoubtIsReleasedTogether(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	ids := map[string]string{}
	for _, name := range []string{"SOUND", "UNSEEN", "PART", "MIXED", "READY"} {
		ids[name] = s.submitted(url.Values{"reference": {name}})
		s.Move(ids[name], map[bool]dsr.Status{true: dsr.Ready, false: dsr.Review}[name == "READY"], name != "PART")
	}
	s.shows(ids["MIXED"], func(r *dsr.Request) { r.Warnings = []dsr.Warning{{Code: dsr.WarnSeveralIdentities}} })
	s.signIn("approver")
	own := s.submitted(url.Values{"reference": {"OWN"}})
	s.Move(own, dsr.Review, true)
	for _, name := range []string{"SOUND", "PART", "MIXED"} {
		s.get("/requests/" + ids[name] + "/download").want(http.StatusOK)
	}
	s.together("release", ids["SOUND"], ids["UNSEEN"], ids["PART"], ids["MIXED"], ids["READY"], own).says("1 archive has been released.",
		"UNSEEN: You have not opened it yet.", "PART: The search is incomplete", "MIXED: The result may not be one person’s", "READY: It does not wait", "OWN: You submitted it")
	if events := s.Events(audit.RequestApproved); len(events) != 1 || events[0].Request != ids["SOUND"] || events[0].Actor != "user:approver" {
		t.Errorf("on record: %+v", events)
	}
}

func TestTickedRequestsAreExported(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.submitted(url.Values{"reference": {"=1+1"}})
	s.submitted(url.Values{"reference": {"OTHER"}})
	got := s.post("/requests/together", url.Values{"do": {"export"}, "id": {id}}).want(http.StatusOK)
	if text := string(got.Body); !strings.Contains(text, `"'=1+1","`+id+`","Waiting to start"`) || strings.Contains(text, "OTHER") || strings.Contains(text, "ana@") {
		t.Errorf("got %s", text)
	}
	if got.Header.Get("Content-Disposition") != `attachment; filename="requests.csv"` {
		t.Errorf("got %v", got.Header)
	}
	if ticked := s.get(s.get("/requests").link("Tick all on this page")); strings.Count(string(ticked.Body), " checked>") != 2 {
		t.Error("not all are ticked")
	}
}

package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// revised presses a button of a request that changes what it asks for, and returns the page.
func (s *site) revised(id string, pressed url.Values) shown {
	s.t.Helper()
	return s.follow(s.post("/requests/"+id+"/revise", pressed))
}

// TestARejectedRequestIsSearchedDifferently, under the same id, reference and deadline.
func TestARejectedRequestIsSearchedDifferently(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.submitted()
	s.at(id, dsr.Rejected, true)
	page := s.get("/requests/" + id)
	page.says("search differently, or refuse the request")
	form := s.revised(id, nil)
	form.says("Change what is searched for", "You can check everything before the search begins anew.")
	form.saysNot("Your reference", "When did they ask?", "Language of the archive", "Many requests at once")
	fields := form.hiddenFields("/requests/new")
	check := s.sent(url.Values{"draft": fields["draft"], "revises": fields["revises"], "values": {"ben@example.com"}, "rows": {"0"}, "source": {"it-desk"}})
	check.says("Check before you search again", "The reference, the deadline and the history of the request stay.", "ben@example.com", "it-desk", "One month from the day of receipt")
	check.saysNot("This asks for the same as before.", "Your reference", "asks for the same")
	before := s.Lookup(id)
	s.post("/requests", check.hiddenFields("/requests")).goes("/requests/" + id)
	after := s.Lookup(id)
	if after.Status != dsr.Queued || after.Reference != "PRIV-1" || !after.DueAt.Equal(before.DueAt) || after.Version <= before.Version {
		t.Errorf("the request is %+v", after)
	}
	if got := told(after.Selectors); len(got) == 0 || !strings.Contains(strings.Join(got, " "), "ben@example.com") || len(after.Sources) != 1 {
		t.Errorf("it asks for %q in %q", got, after.Sources)
	}
	if n := len(s.Events(audit.RequestSubmitted)); n != 1 {
		t.Errorf("%d requests were submitted", n)
	}
	if events := s.Events(audit.RequestRevised); len(events) != 1 || events[0].Data["changed"] != "selectors sources window" {
		t.Errorf("on record is %+v", events)
	}
	s.get("/requests/new/" + fields.Get("draft")).goes("/requests/" + id)
}

func TestARevisionOfAPressSaysWhetherItIsTheSame(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.nothingFound(goodForm(url.Values{"start": {""}, "end": {""}}))
	s.revised(id, url.Values{"conversation": {"c-77"}}).says("c-77", "Check before you search again", "stays in force until another one is released")
	draft := s.post("/requests/"+id+"/revise", nil).want(http.StatusSeeOther).Header.Get("Location")
	s.get(draft + "/check").says("This asks for the same as before.")
	broken := s.get(draft).hiddenFields("/requests/new")
	s.sent(url.Values{"draft": broken["draft"], "revises": broken["revises"], "values": {""}, "rows": {"0"}, "source": {"it-desk"}}).
		says("There is a problem", "Change what is searched for")
}

func TestWhatCannotBeRevisedIsNot(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.submitted() // waits to start
	page := s.get("/requests/" + id)
	page.saysNot("Search differently")
	page.says("Ask for the same in a new request")
	s.revised(id, nil).says("This request has changed in the meantime.")
	s.at(id, dsr.Rejected, true)
	draft := s.post("/requests/"+id+"/revise", nil).Header.Get("Location")
	check := s.get(draft + "/check")
	s.post("/requests/new", url.Values{"revises": {"0198a3c4-0000-7000-8000-000000000000"}, "values": {"x"}}).want(http.StatusNotFound)
	s.client = s.browser()
	s.signIn("auditor")
	s.post("/requests/"+id+"/revise", nil).want(http.StatusForbidden)
	s.client = s.browser()
	s.signIn("requester")
	fields := check.hiddenFields("/requests")
	s.post("/requests", fields).goes("/requests/" + id)
	s.post("/requests", fields).goes("/requests/" + id) // once more, by Back
	if n := len(s.Events(audit.RequestRevised)); n != 1 {
		t.Errorf("revised %d times", n)
	}
}

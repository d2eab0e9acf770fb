package ui_test

import (
	"strings"
	"testing"

	"dsr-server/internal/dsr"
)

// navigation is what the navigation of a page says, entry by entry.
func (a shown) navigation() (entries []string) {
	for _, nav := range a.tags("nav") {
		if attr(nav, "aria-label") != "Main" {
			continue
		}
		for n := range nav.Descendants() {
			if n.Data == "a" {
				entries = append(entries, words(n)+map[bool]string{true: " (here)"}[attr(n, "aria-current") == "page"])
			}
		}
	}
	return entries
}

// TestTheNavigationCountsWhatWaits, for those who can do something about it.
func TestTheNavigationCountsWhatWaits(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	if got := strings.Join(s.get("/help").navigation(), ", "); got != "Today, Requests, New request, Sources" {
		t.Errorf("while nothing waits: %s", got)
	}
	id := s.submitted() // received a month ago
	s.Move(id, dsr.Review, true)
	for login, want := range map[string]string{
		"requester": "Today 1, Requests, New request, Sources",
		"approver":  "Today 1, To decide 1 (here), Requests, New request, Sources",
		"auditor":   "Requests (here), Sources, Audit log, People",
	} {
		s.client = s.browser()
		s.signIn(login)
		path := "/help"
		if login != "requester" {
			path = "/requests?list=to_decide"
		}
		if got := strings.Join(s.get(path).navigation(), ", "); got != want {
			t.Errorf("%s: %s", login, got)
		}
	}
}

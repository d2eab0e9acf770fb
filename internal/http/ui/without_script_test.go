package ui_test

import (
	"path"
	"testing"

	"dsr-server/internal/dsr"
	"dsr-server/internal/http/browsertest"
)

// TestEachRoleWorksWithoutScript: what each is there for, in a browser that runs none.
func TestEachRoleWorksWithoutScript(t *testing.T) {
	t.Parallel()
	g := inBrowser(t, browsertest.Start(t), "requester", browsertest.Options{NoScript: true})
	id := g.requesterSubmits()
	g.Finish(id, false, []byte("PK the archive"))
	g.as("approver")
	g.approverRejects()
	g.as("requester")
	g.requesterSearchesDifferently(id)
	g.Finish(id, true, []byte("PK another archive"))
	g.requesterHandsOver()
	g.as("auditor")
	g.auditorLooksUp()
	g.as("admin")
	g.adminInvitesAndChecks()
}

// as signs the tab in as somebody else.
func (g *gallery) as(login string) {
	g.t.Helper()
	g.become(login)
	g.tab.SignedInAs("dsr-session", g.cookie("dsr-session").Value)
}

func (g *gallery) requesterSubmits() (id string) {
	g.t.Helper()
	g.tab.Go("/")
	g.tab.Press("New request")
	g.tab.Fill("values", "ana@example.com")
	g.tab.Fill("reference", "PRIV-9")
	g.tab.Press("Continue")
	g.tab.Press("Start the search")
	g.tab.Says("The request has been submitted.", "Waiting to start", "This page reloads every")
	return path.Base(g.tab.Path())
}

func (g *gallery) approverRejects() {
	g.t.Helper()
	g.tab.Go("/requests?list=to_decide")
	g.tab.Press("PRIV-9")
	g.tab.Unfold("Reject")
	g.tab.Press("Reject this result")
	g.tab.Says("There is a problem", "Say why the result is rejected.")
	g.tab.Fill("reason", "another person’s")
	g.tab.Press("Reject this result")
	g.tab.Says("The result has been rejected.")
}

func (g *gallery) requesterSearchesDifferently(id string) {
	g.t.Helper()
	g.tab.Go("/")
	g.tab.Says("1 rejected or failed")
	g.tab.Press("PRIV-9")
	g.tab.Press("Search differently")
	g.tab.Fill("values", "ben@example.com")
	g.tab.Press("Continue")
	g.tab.Press("Search again")
	g.tab.Says("The search has been changed and begins anew.")
	if got := g.Lookup(id); got.Status != dsr.Queued {
		g.t.Errorf("the request is %s", got.Status)
	}
}

func (g *gallery) requesterHandsOver() {
	g.t.Helper()
	g.tab.Go("/requests?list=to_send")
	g.tab.Press("PRIV-9")
	g.tab.Press("Hand over by a link")
	g.tab.Press("Make the link")
	g.tab.Says("It is shown this once.", "not opened")
	g.tab.Press("End it")
	g.tab.Says("The link has ended.")
	g.tab.Press("Request PRIV-9")
	g.tab.Unfold("Deadline")
	g.tab.Press("Pause or extend")
	g.tab.Fill("reason", "There are many conversations.")
	g.tab.Press("Show the letter")
	g.tab.Says("Nothing has been extended yet.")
	g.tab.Press("Extend the deadline")
	g.tab.Says("The answer is now due by")
}

func (g *gallery) auditorLooksUp() {
	g.t.Helper()
	g.tab.Go("/audit")
	g.tab.Fill("request", "PRIV-9")
	g.tab.Press("Filter")
	g.tab.Says("ended a download link", "changed what is searched for")
	g.tab.Go("/requests?list=all")
	g.tab.Press("PRIV-9")
	g.tab.Unfold("History and notes")
	g.tab.Press("All of the history")
	g.tab.Says("rejected the result")
}

func (g *gallery) adminInvitesAndChecks() {
	g.t.Helper()
	g.tab.Go("/people")
	g.tab.Press("Invite a person")
	g.tab.Press("Make the invitation")
	g.tab.Says("There is a problem")
	g.tab.Fill("login", "ben@example.com")
	g.tab.Press("Make the invitation")
	g.tab.Says("It works once")
	g.tab.Go("/sources")
	g.tab.Press("Check now: it-desk")
	g.tab.Says("something needs your attention")
}

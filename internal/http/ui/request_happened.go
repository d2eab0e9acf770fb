package ui

import "dsr-server/internal/dsr"

// recentEvents is how many of the latest the page of a request shows.
const recentEvents = 5

// tellHistory fills in what only the history knows: who decided, who answered, and what was
// done last.
func (d *requestPage) tellHistory(p *pages, by dsr.Principal, r dsr.Request, h dsr.History) {
	for _, e := range h.Events {
		switch e.Kind {
		case "request.approved", "request.rejected":
			d.Decision = happening{Who: p.whoDid(e), When: p.instant(e.At), Note: r.DecisionNote}
		case "request.ready", "request.in_review", "request.retried", "request.revised":
			d.Decision = happening{}
		case "request.answered":
			d.Outcome = happening{Who: p.whoDid(e), When: p.instant(e.At)}
		}
	}
	if d.May.Decide && !looked(by, h.Events) {
		d.Unread = p.say("You have not opened it yet.")
	}
	if r.Answer != nil {
		d.Outcome.Note = r.Answer.Note
	}
	d.Recent = p.eventViews(h.Events, r.Regime)
	d.Recent = d.Recent[:min(len(d.Recent), recentEvents)]
}

// looked reports whether somebody has read or downloaded something of the result that there
// is now.
func looked(by dsr.Principal, events []dsr.HistoryEvent) (yes bool) {
	for _, e := range events {
		switch e.Kind {
		case "request.in_review", "request.retried", "request.revised":
			yes = false
		case "conversation.read", "archive.downloaded":
			yes = yes || e.Actor == by.ID
		}
	}
	return yes
}

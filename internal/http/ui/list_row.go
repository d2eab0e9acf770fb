package ui

import (
	"dsr-server/internal/dsr"
)

// listItem is one row of a list. What is searched for is not shown.
type listItem struct {
	ID, Name    string
	Step        statusView
	Found       string // how many conversations; empty while that is not known
	SubmittedBy string
	Assignee    string
	Due         dueView
	DueMatters  bool // the data subject waits, and the clock runs
	Rests       bool // the clock does not, so that the deadline still moves
}

func (p *pages) listItem(r dsr.Request) listItem {
	item := listItem{ID: r.ID, Name: nameOf(r), Step: p.step(r), SubmittedBy: p.whoIs(r.CreatedBy), Assignee: r.Assignee, Due: p.due(r.DueAt, p.now()),
		DueMatters: r.ClockRuns() && !rests(r), Rests: rests(r)}
	switch {
	case r.Result != nil:
		item.Found = p.number(r.Result.Conversations)
	case r.Status == dsr.Running:
		item.Found = p.number(r.Progress.Conversations)
	}
	return item
}

// step says in a few words what has to happen next, or how the request ended.
func (p *pages) step(r dsr.Request) statusView {
	switch {
	case r.Status == dsr.Purged:
		return statusView{p.say("Deleted"), "quiet"}
	case r.Answer != nil:
		return statusView{p.say("Answered on %s", p.date(r.Answer.ToldOn)), "quiet"}
	case r.Status == dsr.Review:
		return p.reviewStepOf(r)
	case r.Status == dsr.Ready:
		return p.readyStepOf(r)
	case r.Status == dsr.Running && r.Progress.Packaging:
		return statusView{p.say("Making the archive"), "busy"}
	case r.Status == dsr.Running:
		return statusView{p.say("Searching: %s %%", p.number(int64(r.Progress.Percent))), "busy"}
	}
	return map[dsr.Status]statusView{
		dsr.Queued:    {p.say("Waiting to start"), "busy"},
		dsr.Rejected:  {p.say("Search differently or refuse"), "attention"},
		dsr.Failed:    {p.say("Failed: try again"), "bad"},
		dsr.Expired:   {p.say("Archive expired: make it again"), "attention"},
		dsr.Cancelled: {p.say("Cancelled"), "quiet"},
	}[r.Status]
}

func (p *pages) reviewStepOf(r dsr.Request) statusView {
	switch {
	case r.Complete != nil && !*r.Complete:
		return statusView{p.say("Decide: incomplete"), "attention"}
	case len(r.Warnings) > 0:
		return statusView{p.say("Decide: please check"), "attention"}
	}
	return statusView{p.say("Decide"), "attention"}
}

func (p *pages) readyStepOf(r dsr.Request) statusView {
	switch {
	case rests(r):
		return statusView{p.say("Wait for the person"), "quiet"}
	case r.Screens():
		return statusView{p.say("Screened"), "good"}
	case r.Released != nil && r.Released.Downloads > 0:
		return statusView{p.say("Downloaded: mark as answered"), "attention"}
	case r.Complete != nil && !*r.Complete:
		return statusView{p.say("Send, although incomplete"), "bad"}
	}
	return statusView{p.say("Send"), "good"}
}

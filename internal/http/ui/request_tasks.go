package ui

import "dsr-server/internal/dsr"

// taskView is one step on the way from the request to its answer.
type taskView struct {
	ID    string // search, review, hand-over, close
	Title string
	State taskState
	Brief string // how it stands, in a few words
}

// taskState says where a step stands; the stylesheet knows the words.
type taskState string

const (
	taskDone  taskState = "done"
	taskNow   taskState = "now"
	taskLater taskState = "later"
)

// Now reports whether the step is the current one.
func (t taskView) Now() bool { return t.State == taskNow }

// Done reports whether nothing of the step is left to do.
func (t taskView) Done() bool { return t.State == taskDone }

// tasks are the steps of a request. One of them is the current one, until it is answered.
func (p *pages) tasks(r dsr.Request) []taskView {
	all := []taskView{
		{ID: "search", Title: p.say("Search"), Brief: p.searchBrief(r)},
		{ID: "review", Title: p.say("Review"), Brief: p.reviewBrief(r)},
		{ID: "hand-over", Title: p.say("Hand over"), Brief: p.handOverBrief(r)},
		{ID: "close", Title: p.say("Close"), Brief: p.closeBrief(r)},
	}
	if r.Screens() {
		all = []taskView{all[0], all[1], all[3]}
	}
	now := currentTask(r)
	state := taskDone
	for i := range all {
		all[i].State = state
		if all[i].ID == now {
			all[i].State, state = taskNow, taskLater
		}
	}
	return all
}

// currentTask is the ID of the step that is to be done; empty when nothing is.
func currentTask(r dsr.Request) string {
	switch {
	case r.Answer != nil:
		return ""
	case r.Status.Open() || r.Status == dsr.Failed || r.Status == dsr.Cancelled:
		return "search"
	case r.Status == dsr.Review || r.Status == dsr.Rejected:
		return "review"
	case r.Status == dsr.Ready && !r.Screens() && r.Released != nil && r.Released.Downloads == 0:
		return "hand-over"
	}
	return "close"
}

func (p *pages) searchBrief(r dsr.Request) string {
	switch {
	case r.Complete == nil || r.Status == dsr.Cancelled:
		return p.count(int64(len(r.Sources)), "source")
	case *r.Complete:
		return p.say("complete, %s", p.count(int64(len(r.Sources)), "source"))
	}
	return p.say("incomplete, %s", p.count(int64(len(r.Sources)), "source"))
}

func (p *pages) reviewBrief(r dsr.Request) string {
	if r.Result == nil {
		return ""
	}
	return p.count(r.Result.Conversations, "conversation")
}

func (p *pages) handOverBrief(r dsr.Request) string {
	switch {
	case r.Released == nil && r.Answer != nil:
		return p.say("no archive was released")
	case r.Released == nil:
		return ""
	case r.Released.Downloads == 0:
		return p.say("not downloaded yet")
	}
	return p.say("downloaded %s", p.times(r.Released.Downloads))
}

func (p *pages) closeBrief(r dsr.Request) string {
	if r.Answer == nil {
		return ""
	}
	return p.outcomeName(r.Answer.Outcome)
}

// outcomeName is an outcome in a few words.
func (p *pages) outcomeName(o dsr.Outcome) string {
	switch o {
	case dsr.Given:
		return p.say("all data given")
	case dsr.Partly:
		return p.say("part of the data given")
	case dsr.Refused:
		return p.say("refused")
	case dsr.NotHeld:
		return p.say("nothing is held")
	case dsr.Withdrawn:
		return p.say("withdrawn")
	case dsr.Duplicate:
		return p.say("another request answers it")
	}
	return string(o)
}

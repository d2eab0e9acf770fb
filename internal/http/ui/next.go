package ui

import (
	"dsr-server/internal/dsr"
)

// mayView is what the reader can do now.
type mayView struct {
	Download, Cancel, Retry, Decide bool
	Repackage                       bool   // the archive is lost or expired and can be made again
	InForce                         bool   // the download is an archive released before, while a newer one is not
	WhyNotDecide                    string // to somebody who otherwise could
	Read                            bool   // what was found
	Share, Clock, Answer, Reopen    bool
	Amend, Purge, Hold, Again       bool
	Links                           bool // see the links that were made
	Revise                          bool // change what is searched for, under this request
}

// mayFor is what the role allows in this status.
func (p *pages) mayFor(r dsr.Request, by dsr.Principal) mayView {
	archive := r.Result != nil && r.Result.Archive != nil
	v := mayView{
		Cancel:   by.Role.May(dsr.Cancel) && r.Status.CanMove(dsr.Cancelled),
		Retry:    by.Role.May(dsr.Retry) && r.Retryable(),
		Download: archive && r.Status == dsr.Review && by.Role.May(dsr.DownloadReview) || r.Released != nil && by.Role.May(dsr.Download),
		Decide:   by.Role.May(dsr.Decide) && r.Status == dsr.Review,
	}
	waits := r.ClockRuns()
	v.Read = by.Role.May(dsr.Download) && r.MayBeRead(by) == nil
	v.Share = by.Role.May(dsr.Share) && r.Released != nil && waits
	v.Links = by.Role.May(dsr.Share) && r.Released != nil
	v.Clock = by.Role.May(dsr.Extend) && waits
	v.Answer = by.Role.May(dsr.MarkAnswered) && waits && !r.Status.Open()
	v.Reopen = by.Role.May(dsr.MarkAnswered) && r.MayReopen() == nil
	v.Amend, v.Purge, v.Hold, v.Again = by.Role.May(dsr.Amend), by.Role.May(dsr.Purge), by.Role.May(dsr.SetHold), by.Role.May(dsr.Submit)
	v.Revise = mayRevise(r, by)
	v.InForce = v.Download && r.Status != dsr.Ready && (r.Status != dsr.Review || !by.Role.May(dsr.DownloadReview))
	if v.Decide && r.CreatedBy == by.ID {
		v.Decide = false
		v.WhyNotDecide = p.say("You submitted this request, so another approver has to release or reject it.")
	}
	return v
}

// nextStep says in a sentence or two what state the request is in and what to do.
func (p *pages) nextStep(r dsr.Request, may mayView) string {
	if r.Answer != nil {
		return p.endedStep(*r.Answer)
	}
	switch r.Status {
	case dsr.Queued:
		return p.say("The request is stored. The search starts by itself.")
	case dsr.Running:
		if r.Progress.Packaging {
			return p.say("Every source has been searched. What was found is being put into the archive. You can close this page.")
		}
		return p.say("The vendors’ exports are being searched. You can close this page; the search continues.")
	case dsr.Review:
		return p.reviewStep(r, may)
	case dsr.Ready:
		return p.readyStep(r)
	case dsr.Failed:
		return p.say("The archive could not be made. What was found is kept. Try again; if it fails again, tell your administrator.")
	case dsr.Expired:
		return p.say("The archive was deleted when its retention time ended.")
	case dsr.Rejected:
		return p.say("This result was rejected. Nothing is released. The person is still waiting for an answer: search differently, or refuse the request.")
	case dsr.Cancelled:
		return p.say("The search was stopped. You can search again, as before or differently.")
	}
	return ""
}

// endedStep says how a request was answered.
func (p *pages) endedStep(a dsr.Answer) string {
	told := p.date(a.ToldOn)
	switch a.Outcome {
	case dsr.Given:
		return p.say("Answered: the person has their data. The person was told on %s.", told)
	case dsr.Partly:
		return p.say("Answered: the person has part of the data, and was told why the rest is withheld. The person was told on %s.", told)
	case dsr.Refused:
		return p.say("Answered: the request was refused. The person was told on %s.", told)
	case dsr.NotHeld:
		return p.say("Answered: nothing is held about the person. The person was told on %s.", told)
	case dsr.Withdrawn:
		return p.say("Closed: the person withdrew the request. The person was told on %s.", told)
	}
	return p.say("Closed: another request covers it. The person was told on %s.", told)
}

func (p *pages) reviewStep(r dsr.Request, may mayView) string {
	what := p.say("The search is complete.")
	switch {
	case r.Outdated:
		what = p.say("What is withheld has changed. The archive is made again; then it has to be looked at.")
	case r.Complete != nil && !*r.Complete:
		what = p.say("The search has ended, but not everything could be read.")
	case len(r.Warnings) > 0:
		what = p.say("The search is complete, but the result may not be one person’s alone.")
	}
	if may.Decide || may.WhyNotDecide != "" {
		return what
	}
	return what + " " + p.say("An approver must review the result before it can be sent.")
}

func (p *pages) readyStep(r dsr.Request) string {
	incomplete := r.Complete != nil && !*r.Complete
	switch {
	case r.Screens():
		return p.screenedStep(incomplete)
	case rests(r):
		return p.say("The archive is ready. Do not send it yet: %s.", p.pauseReason(r.Pauses[len(r.Pauses)-1].Reason))
	case incomplete:
		return p.say("The archive was released although the search is incomplete. The archive says so.")
	case r.Result != nil && r.Result.Conversations == 0:
		return p.say("Everything was searched and nothing was found. The archive documents the search. Send it with your answer.")
	case r.Released != nil && r.Released.Downloads > 0:
		return p.say("The archive has been downloaded. When the person has it, mark the request as answered.")
	}
	return p.say("Everything was searched. Hand the archive over to the person.")
}

// screenedStep is the next step of a request that only asked how much is held.
func (p *pages) screenedStep(incomplete bool) string {
	if incomplete {
		return p.say("The sources were searched for how much they hold, and not all could be read.")
	}
	return p.say("Every source was searched for how much it holds. No messages were collected and there is no archive; for one, submit a request without screening.")
}

// mayRevise reports whether by may change now what the request asks for. Once it is answered,
// whoever asks once more makes another request.
func mayRevise(r dsr.Request, by dsr.Principal) bool {
	return by.Role.May(dsr.Revise) && r.Revisable() && r.ClockRuns()
}

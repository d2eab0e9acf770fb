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
}

// mayFor is what the role allows in this status.
func mayFor(r dsr.Request, by dsr.Principal) mayView {
	archive := r.Result != nil && r.Result.Archive != nil
	v := mayView{
		Cancel:   by.Role.May(dsr.Cancel) && r.Status.CanMove(dsr.Cancelled),
		Retry:    by.Role.May(dsr.Retry) && r.Retryable(),
		Download: archive && r.Status == dsr.Review && by.Role.May(dsr.DownloadReview) || r.Released != nil && by.Role.May(dsr.Download),
		Decide:   by.Role.May(dsr.Decide) && r.Status == dsr.Review,
	}
	v.InForce = v.Download && r.Status != dsr.Ready && (r.Status != dsr.Review || !by.Role.May(dsr.DownloadReview))
	if v.Decide && r.CreatedBy == by.ID {
		v.Decide = false
		v.WhyNotDecide = "You submitted this request, so another approver has to release or reject it."
	}
	return v
}

// nextStep says in a sentence or two what state the request is in and what to do.
func (c calendar) nextStep(r dsr.Request, may mayView) string {
	if r.Answer != nil {
		return outcomeWords[r.Answer.Outcome] + " The person was told on " + c.date(r.Answer.ToldOn) + "."
	}
	incomplete := r.Complete != nil && !*r.Complete
	switch r.Status {
	case dsr.Queued:
		return "The request is stored. The search starts by itself."
	case dsr.Running:
		if r.Progress.Packaging {
			return "Every source has been searched. What was found is being put into the archive. You can close this page."
		}
		return "The vendors' exports are being searched. You can close this page; the search continues."
	case dsr.Review:
		return reviewStep(incomplete, len(r.Warnings) > 0, may)
	case dsr.Ready:
		if r.Screens() {
			return screenedStep(incomplete)
		}
		if rests(r) {
			return "The archive is ready. Do not send it yet: " + pauseWords[r.Pauses[len(r.Pauses)-1].Reason] + "."
		}
		if incomplete {
			return "The archive was released although the search is incomplete. The archive says so. See below what is missing."
		}
		if r.Result != nil && r.Result.Conversations == 0 {
			return "Everything was searched and nothing was found. The archive documents the search. Send it with your answer."
		}
		return "Everything was searched. Download the archive, review it, and send it to the person."
	case dsr.Failed:
		return "The archive could not be made. What was found is kept. Try again; if it fails again, tell your administrator."
	case dsr.Expired:
		return "The archive was deleted when its retention time ended."
	case dsr.Rejected:
		return "This result was rejected. Nothing is released. The person is still waiting for an answer."
	case dsr.Cancelled:
		return "The search was stopped. To search again, submit a new request."
	}
	return ""
}

var outcomeWords = map[dsr.Outcome]string{
	dsr.Given:     "Answered: the person has their data.",
	dsr.Partly:    "Answered: the person has part of the data, and was told why the rest is withheld.",
	dsr.Refused:   "Answered: the request was refused.",
	dsr.NotHeld:   "Answered: nothing is held about the person.",
	dsr.Withdrawn: "Closed: the person withdrew the request.",
	dsr.Duplicate: "Closed: another request covers it.",
}

func reviewStep(incomplete, warned bool, may mayView) string {
	what := "The search is complete."
	switch {
	case warned && !incomplete:
		what = "The search is complete, but the result may not be one person’s alone. See below what to check before you release it."
	case incomplete:
		what = "The search has ended, but not everything could be read. See below what is missing and why."
	}
	if may.Decide || may.WhyNotDecide != "" {
		return what
	}
	return what + " An approver must review the result before it can be sent."
}

// screenedStep is the next step of a request that only asked how much is held.
func screenedStep(incomplete bool) string {
	if incomplete {
		return "The sources were searched for how much they hold, and not all could be read. See below what is missing."
	}
	return "Every source was searched for how much it holds. No messages were collected and there is no archive; for one, submit a request without screening."
}

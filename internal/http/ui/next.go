package ui

import (
	"dsr-server/internal/dsr"
)

// mayView is what the reader can do now.
type mayView struct {
	Download, Cancel, Retry, Decide bool
	WhyNotDecide                    string // to somebody who otherwise could
}

// mayFor is what the role allows in this status.
func mayFor(r dsr.Request, by dsr.Principal) mayView {
	archive := r.Result != nil && r.Result.Archive != nil
	v := mayView{
		Cancel:   by.Role.May(dsr.Cancel) && r.Status.CanMove(dsr.Cancelled),
		Retry:    by.Role.May(dsr.Retry) && r.Retryable(),
		Download: archive && (r.Status == dsr.Ready && by.Role.May(dsr.Download) || r.Status == dsr.Review && by.Role.May(dsr.DownloadReview)),
		Decide:   by.Role.May(dsr.Decide) && r.Status == dsr.Review,
	}
	if v.Decide && r.CreatedBy == by.ID {
		v.Decide = false
		v.WhyNotDecide = "You submitted this request, so another approver has to release or reject it."
	}
	return v
}

// nextStep says in a sentence or two where the request stands and what to do.
func nextStep(r dsr.Request, may mayView) string {
	incomplete := r.Complete != nil && !*r.Complete
	switch r.Status {
	case dsr.Queued:
		return "The request is stored safely and the search begins by itself."
	case dsr.Running:
		return "The vendors' exports are being searched. You can close this page; the search goes on."
	case dsr.Review:
		return reviewStep(incomplete, len(r.Warnings) > 0, may)
	case dsr.Ready:
		if incomplete {
			return "The archive was released although the search is not complete. It says so inside. See below what is missing."
		}
		if r.Result != nil && r.Result.Conversations == 0 {
			return "Everything was searched and nothing was found. The archive proves that; download it and answer the person."
		}
		return "Everything was searched. Download the archive, look at it, and send it to the person."
	case dsr.Failed:
		return "We could not make the archive. What was found is kept. Try again; if it fails again, tell your administrator."
	case dsr.Expired:
		return "The archive was deleted when its retention time ended."
	case dsr.Rejected:
		return "A colleague decided that this result is not released."
	case dsr.Cancelled:
		return "Somebody stopped the search. To search after all, submit a new request."
	}
	return ""
}

func reviewStep(incomplete, warned bool, may mayView) string {
	what := "The search is complete. Somebody has to look at the result and release it."
	switch {
	case warned && !incomplete:
		what = "The search is complete, but the result may not be one person’s. Read the warnings below and look at the result before you release it."
	case incomplete:
		what = "The search has ended, but not everything could be read. See below what is missing and why."
	}
	if may.Decide || may.WhyNotDecide != "" {
		return what
	}
	return what + " An approver decides whether it is released."
}

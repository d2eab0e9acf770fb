package ui

import (
	"net/http"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// requestPage is everything about one request.
type requestPage struct {
	chrome
	ID, Name   string
	Reference  string
	Raw        dsr.Status
	Status     statusView
	Next       string // what happens next, or what to do
	Open       bool
	Incomplete bool
	Problem    string
	Progress   progressView
	Result     *resultView
	Due        dueView
	DueMatters bool
	Extended   bool
	Answered   *instant
	Received   instant
	Created    instant
	CreatedBy  string
	Asked      askedView
	Coverage   coverageView
	Warnings   []string // for staff; never in the archive
	May        mayView
}

func (requestPage) template() string { return "request" }

// askedView is what was asked for.
type askedView struct {
	Selectors []selectorView
	Sources   string
	Window    windowView
	Notes     string
	Language  string
}

// resultView is what a run found.
type resultView struct {
	Conversations, Messages, NearMisses string
	Near                                []nearView // the first of them
	MoreNear                            string     // how many are not listed
	Nothing                             bool
	Archive                             *archiveView
}

// nearView is a conversation outside of the result that holds what was asked for.
type nearView struct{ Source, ID, Where string }

// nearShown is how many of them a page lists.
const nearShown = 100

type archiveView struct {
	Size, SHA256, Downloads string
	Expires                 instant
}

// mayView is what the reader can do now.
type mayView struct {
	Download, Cancel, Retry, Decide bool
	WhyNotDecide                    string // to somebody who otherwise could
}

func (p *pages) requestShow(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	v, err := p.svc.View(r.Context(), by, id)
	if err != nil {
		return err
	}
	req, staff := v.Request, v.Staff
	data := p.requestPage(req, v.Coverage, by)
	for _, warning := range staff.Warnings {
		data.Warnings = append(data.Warnings, sentence(warning.Detail))
	}
	if req.Result != nil && req.Result.NearMisses > 0 {
		data.Result.listNear(staff.NearMisses)
	}
	data.chrome = p.chrome(r, "Request "+data.Name, "list")
	if data.Open {
		data.RefreshSecs = refreshSecs
	}
	return p.render(w, http.StatusOK, data)
}

// refreshSecs is how often the page of an open request loads anew without script.
const refreshSecs = 5

func (p *pages) requestPage(req dsr.Request, cov dsr.Coverage, by dsr.Principal) requestPage {
	data := requestPage{
		ID: req.ID, Name: nameOf(req), Reference: req.Reference, Raw: req.Status, Status: statusOfRequest(req),
		Open: req.Status.Open(), Incomplete: req.Complete != nil && !*req.Complete,
		Progress: p.progressView(req), Due: p.due(req.DueAt, p.now()), DueMatters: dueMatters(req), Extended: req.Extended,
		Received: p.day(req.ReceivedAt), Created: p.instant(req.CreatedAt), CreatedBy: whoIs(req.CreatedBy),
		Asked: askedView{Selectors: selectorViews(req.Selectors), Sources: inWords(req.Sources), Window: p.window(req.Window, req.AsOf),
			Notes: req.Notes, Language: languageNames[req.Language]},
		Coverage: p.coverageView(req, cov), May: mayFor(req, by),
	}
	data.Next = nextStep(req, data.May)
	if !req.AnsweredAt.IsZero() {
		at := p.instant(req.AnsweredAt)
		data.Answered = &at
	}
	if req.Problem != nil {
		data.Problem = sentence(req.Problem.Detail)
	}
	if req.Result != nil {
		data.Result = p.resultView(*req.Result)
	}
	return data
}

func (p *pages) resultView(r dsr.Result) *resultView {
	v := &resultView{
		Conversations: plural(r.Conversations, "conversation"), Messages: plural(r.Messages, "message"),
		Nothing: r.Conversations == 0,
	}
	if r.NearMisses > 0 {
		v.NearMisses = number(r.NearMisses)
	}
	if a := r.Archive; a != nil {
		v.Archive = &archiveView{Size: fileSize(a.Size), SHA256: a.SHA256, Expires: p.day(a.ExpiresAt), Downloads: times(a.Downloads)}
	}
	return v
}

func (v *resultView) listNear(all dsr.NearMisses) {
	for _, n := range all.Near[:min(len(all.Near), nearShown)] {
		v.Near = append(v.Near, nearView{Source: n.Source, ID: n.ConversationID, Where: places(n.Paths)})
	}
	if more := all.Count() - int64(len(v.Near)); more > 0 {
		v.MoreNear = number(more)
	}
}

// places names where in the metadata something stands.
func places(paths []string) string {
	quoted := make([]string, len(paths))
	for i, path := range paths {
		quoted[i] = "“" + path + "”"
	}
	switch {
	case len(paths) == 0 || paths[0] == "":
		return "the metadata itself"
	case len(paths) == 1:
		return "field " + quoted[0]
	}
	return "fields " + inWords(quoted)
}

func times(n int64) string {
	switch n {
	case 0:
		return "not yet"
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return number(n) + " times"
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

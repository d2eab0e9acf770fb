package ui

import (
	"maps"
	"net/http"
	"slices"

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
	Screens    bool // there is no archive, and never will be
	Problem    string
	Progress   progressView
	Result     *resultView
	Due        dueView
	DueMatters bool
	Paused     string // since when, and why; empty while the clock does not rest
	DueBecause string
	Answered   instant // empty while nobody has answered
	Received   instant
	Created    instant
	CreatedBy  string
	Asked      askedView
	Coverage   coverageView
	Warnings   []string // for staff; never in the archive
	Otherwise  *otherwiseView
	May        mayView
}

func (requestPage) template() string { return "request" }

// askedView is what was asked for.
type askedView struct {
	Terms    termsView
	Sources  string
	Window   windowView
	Notes    string
	Language string
}

// resultView is what a run found.
type resultView struct {
	Conversations, Messages, NearMisses string
	Near                                []nearView // the first of them
	MoreNear                            string     // how many are not listed
	Nothing                             bool
	Held                                []heldView // nil unless the request screens
	Archive                             *archiveView
}

// heldView is how much one source holds.
type heldView struct{ Source, Conversations string }

type archiveView struct {
	Size, SHA256, Downloads string
	Expires                 instant
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
	data.offerRepackaging(req, by, v.ArchiveLost)
	data.Warnings = p.warningWords(req, staff.Warnings)
	data.Otherwise = p.otherwise(req, by)
	if req.Result != nil && req.Result.NearMisses > 0 {
		data.Result.Near, data.Result.MoreNear = p.nearViews(staff.NearMisses)
	}
	data.chrome = p.chrome(r, "Request "+data.Name, "list")
	if data.Open {
		data.RefreshSecs = refreshSecs
	}
	return p.render(w, http.StatusOK, data)
}

// offerRepackaging says that an archive is lost, and offers to make one again that is lost
// or expired.
func (d *requestPage) offerRepackaging(r dsr.Request, by dsr.Principal, lost bool) {
	if lost {
		d.Next = "The archive’s file is missing or damaged. It can be made again from what is stored."
		d.May.Download = false
	}
	if r.RepackagingFailed {
		d.Next = "The archive could not be made again. Try again; if it fails again, tell your administrator."
	}
	if r.Repackaging {
		d.Next = "The archive is being made again. This takes a moment; then reload this page."
	}
	d.May.Repackage = (lost || r.Status == dsr.Expired) && r.MayRepackage() && by.Role.May(dsr.Repackage)
}

// refreshSecs is how often the page of an open request reloads without script.
const refreshSecs = 5

func (p *pages) requestPage(req dsr.Request, cov dsr.Coverage, by dsr.Principal) requestPage {
	data := requestPage{
		ID: req.ID, Name: nameOf(req), Reference: req.Reference, Raw: req.Status, Status: p.statusOf(req),
		Open: req.Status.Open(), Incomplete: req.Complete != nil && !*req.Complete, Screens: req.Screens(),
		Progress: p.progressView(req), Due: p.due(req.DueAt, p.now()), DueMatters: req.ClockRuns() && !rests(req), Paused: p.paused(req), DueBecause: sentence(p.opts.Deadlines.BecauseIn(req, p.date)),
		Received: p.day(req.ReceivedAt), Created: p.instant(req.CreatedAt), CreatedBy: p.whoIs(req.CreatedBy),
		Asked: askedView{Terms: p.terms(req.Selectors, req.Sources), Sources: p.inWords(req.Sources), Window: p.window(req.Window, req.AsOf),
			Notes: req.Notes, Language: p.say(languageNames[req.Language])},
		Coverage: p.coverageView(req, cov), May: mayFor(req, by),
	}
	data.Next = p.nextStep(req, data.May)
	data.Answered = p.instant(req.AnsweredAt)
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
		Conversations: p.count(r.Conversations, "conversation"), Messages: p.count(r.Messages, "message"),
		Nothing: r.Conversations == 0,
	}
	for _, source := range slices.Sorted(maps.Keys(r.Held)) {
		v.Held = append(v.Held, heldView{source, p.count(r.Held[source], "conversation")})
	}
	if r.NearMisses > 0 {
		v.NearMisses = p.number(r.NearMisses)
	}
	if a := r.Archive; a != nil {
		v.Archive = &archiveView{Size: p.fileSize(a.Size), SHA256: a.SHA256, Expires: p.day(a.ExpiresAt), Downloads: p.times(a.Downloads)}
	}
	return v
}

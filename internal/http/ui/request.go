package ui

import (
	"net/http"
	"net/url"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

func (p *pages) requestShow(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	return p.showRequest(w, r, by, nil)
}

// showRequest shows the page with what is wrong with a decision that was sent from it.
func (p *pages) showRequest(w http.ResponseWriter, r *http.Request, by dsr.Principal, found faults) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	v, h, err := p.svc.Told(r.Context(), by, id)
	if dsr.KindOf(err) == dsr.Gone {
		return p.showReceipt(w, r, id)
	}
	if err != nil {
		return err
	}
	data := p.requestPage(v, by)
	data.tellHistory(p, by, v.Request, h)
	data.chrome = p.chrome(r, p.say("Request %s", data.Name), "list")
	data.setDecision(p, r, found)
	if !p.mayDecideNow(r) {
		data.Confirm = providerPath + "?again&next=" + url.QueryEscape("/requests/"+data.ID)
	}
	if data.Open {
		data.RefreshSecs = refreshSecs
	}
	return p.render(w, http.StatusOK, data)
}

// setDecision fills in the fields of the decision, with what was typed.
func (d *requestPage) setDecision(p *pages, r *http.Request, found faults) {
	d.Comment = field{ID: "comment", Label: p.say("Comment"), Hint: p.say("For your colleagues. The person does not see it."), Value: r.PostFormValue("comment")}
	d.Reason = field{ID: "reason", Label: p.say("Why is it rejected?"), Hint: p.say("For your colleagues. The person does not see it."), Value: r.PostFormValue("reason"), Required: true}
	d.Faults = markFaults(found, &d.Comment, &d.Reason)
	d.Faulty = len(found) > 0
}

// refreshSecs is how often the page of an open request reloads without script.
const refreshSecs = 5

func (p *pages) requestPage(v dsr.View, by dsr.Principal) requestPage {
	req := v.Request
	data := requestPage{
		ID: req.ID, Name: nameOf(req), Raw: req.Status, Status: p.statusOf(req), Open: req.Status.Open(),
		Incomplete: req.Complete != nil && !*req.Complete, Screens: req.Screens(), Ended: !req.ClockRuns(),
		Progress: p.progressView(v), Deadline: p.deadlineView(req),
		Received: p.day(req.ReceivedAt), Created: p.instant(req.CreatedAt), CreatedBy: p.whoIs(req.CreatedBy), Assignee: req.Assignee,
		Asked: p.askedView(req), Coverage: p.coverageView(req, v.Coverage), May: p.mayFor(req, by),
		Warnings: p.warningWords(req, v.Staff.Warnings), Otherwise: p.otherwise(req, by),
	}
	if data.May.Decide && v.Barred != nil {
		data.May.Decide, data.May.WhyNotDecide = false, p.messageOf(edge.ProblemOf(v.Barred), false)
	}
	data.Next = p.nextStep(req, data.May)
	if data.Search = "again"; data.May.Revise {
		data.Search = "revise"
	}
	data.offerRepackaging(p, req, by, v.ArchiveLost)
	if req.Problem != nil {
		data.Problem = sentence(req.Problem.Detail)
	}
	if req.Hold != nil {
		data.Held = req.Hold.Reason
	}
	if req.Result != nil {
		data.Result = p.resultView(req, v.Staff.NearMisses)
	}
	data.Tasks = p.tasks(req)
	return data
}

func (p *pages) askedView(req dsr.Request) askedView {
	return askedView{Terms: p.terms(req.Selectors, req.Sources), Sources: p.inWords(req.Sources), Window: p.window(req.Window, req.AsOf),
		Notes: req.Notes, Callback: req.CallbackURL, Language: p.languageName(req.Language)}
}

func (p *pages) deadlineView(req dsr.Request) deadlineView {
	return deadlineView{Due: p.due(req.DueAt, p.now()), Matters: req.ClockRuns() && !rests(req), Paused: p.paused(req),
		Because: p.dueBecause(req), Answered: p.instant(req.AnsweredAt)}
}

// offerRepackaging says that an archive is lost, and offers to make one again that is lost
// or expired.
func (d *requestPage) offerRepackaging(p *pages, r dsr.Request, by dsr.Principal, lost bool) {
	if lost {
		d.Next = p.say("The archive’s file is missing or damaged. It can be made again from what is stored.")
		d.May.Download = false
	}
	if r.RepackagingFailed {
		d.Next = p.say("The archive could not be made again. Try again; if it fails again, tell your administrator.")
	}
	if r.Repackaging {
		d.Next = p.say("The archive is being made again. This takes a moment; then reload this page.")
	}
	d.May.Repackage = (lost || r.Status == dsr.Expired || r.RepackagingFailed && r.Outdated) && r.MayRepackage() && by.Role.May(dsr.Repackage)
}

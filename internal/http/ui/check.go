package ui

import (
	"context"
	"net/http"
	"time"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// checkPage shows what will be searched for, before it is.
type checkPage struct {
	chrome
	Draft, Digest string // the digest tells whether the draft is still the one that is shown
	Terms         []checkTerm
	Sources       string
	Window        windowView
	Cost          costView
	Received      instant
	Due           dueView
	DueBecause    string
	Alike, More   []alikeView // the first, and the rest
	Missing       []string
	Reference     string
	Notes         string
	Language      string
	Screens       bool
	Broad         []string     // values that would match nearly everybody
	Revises       *revisedView // nil: it becomes a new request
	Faults        []fault
}

func (checkPage) template() string { return "check" }

// check shows the check page of a draft, or the form with what is wrong in it.
func (p *pages) check(w http.ResponseWriter, r *http.Request, d openDraft) error {
	if d.form.Revises != "" {
		return p.checkRevision(w, r, d)
	}
	s, found := p.submission(d.form)
	err := p.svc.ReferenceFree(r.Context(), s.Reference)
	other := edge.ProblemOf(err).ExistingID
	if err != nil && other == "" {
		return err
	}
	if other != "" {
		found.add("reference", p.say("Another request already has this reference. Use a different one, or open that request."))
	}
	if len(found) > 0 {
		data := p.formPage(d.form, found)
		data.Draft, data.OtherID = d.ID, other
		return p.showForm(w, r, data)
	}
	data, err := p.checkPageOf(r.Context(), d, s, p.dueAt(s.ReceivedAt))
	if err != nil {
		return err
	}
	data.DueBecause = p.dueSentence(s.ReceivedAt)
	return p.showCheck(w, r, data, p.say("Check before you start"))
}

func (p *pages) showCheck(w http.ResponseWriter, r *http.Request, data checkPage, title string) error {
	if len(data.Broad) > 0 && r.URL.Query().Has("sure") {
		data.Faults = []fault{{"sure", p.say("This would find conversations of nearly everybody. Change it, or confirm that it is meant.")}}
	}
	data.chrome = p.chrome(r, title, placeOfForm(data.Revises != nil))
	data.Faulty = len(data.Faults) > 0
	return p.render(w, http.StatusOK, data)
}

// alikeShown is how many requests that ask for the same are shown at once.
const alikeShown = 3

func (p *pages) checkPageOf(ctx context.Context, d openDraft, s dsr.Submission, due time.Time) (checkPage, error) {
	alike, err := p.svc.Alike(ctx, s.Selectors)
	if err != nil {
		return checkPage{}, err
	}
	cost, err := p.svc.Estimate(ctx, s)
	if err != nil {
		return checkPage{}, err
	}
	all := p.alikeViews(alike, s.Selectors, d.Request)
	return checkPage{
		Draft: d.ID, Digest: d.digest(), Terms: p.checkTerms(d.form, s.Sources), Broad: broadValues(s.Selectors),
		Sources: p.sourcesWords(s.Sources), Window: p.window(s.Window, time.Time{}), Cost: p.costWords(cost, due),
		Received: p.day(s.ReceivedAt), Due: p.due(due, p.now()),
		Alike: all[:min(len(all), alikeShown)], More: all[min(len(all), alikeShown):], Missing: p.missingWords(s),
		Reference: s.Reference, Notes: s.Notes, Language: p.say(languageNames[s.Language]), Screens: s.Mode == dsr.ModeScreen,
	}, nil
}

// submitRequest stores the request and leads to it. What is submitted is what the check page
// has shown: a draft that was changed since, in another tab, is shown once more.
func (p *pages) submitRequest(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if err := parseForm(r); err != nil {
		return err
	}
	return p.onDraft(w, r, by, r.PostForm.Get("draft"), (*pages).submitDraft)
}

func (p *pages) submitDraft(w http.ResponseWriter, r *http.Request, d openDraft) error {
	if d.form.Revises != "" {
		return p.submitRevision(w, r, d)
	}
	s, found := p.submission(d.form)
	if p.checkOnceMore(w, r, d, s, found) {
		return nil
	}
	req, err := p.svc.SubmitDraft(r.Context(), dsr.Call{By: d.by, Key: submitKey(d)}, d.ID, s)
	if edge.ProblemOf(err).ExistingID != "" {
		p.redirect(w, r, checkPath(d)) // which says so
		return nil
	}
	if err != nil {
		return err
	}
	p.sessions.Put(r.Context(), sessionFlash, p.say("The request has been submitted."))
	p.redirect(w, r, "/requests/"+req.ID)
	return nil
}

// checkOnceMore leads back to the check page from what cannot be sent in as it was shown there.
func (p *pages) checkOnceMore(w http.ResponseWriter, r *http.Request, d openDraft, s dsr.Submission, found faults) bool {
	switch {
	case r.PostForm.Get("digest") != d.digest():
		p.sessions.Put(r.Context(), sessionFlash, p.say("This has been changed in the meantime. Please check it once more."))
		p.redirect(w, r, checkPath(d))
	case len(found) > 0:
		p.redirect(w, r, checkPath(d))
	case len(broadValues(s.Selectors)) > 0 && r.PostForm.Get("sure") == "":
		p.redirect(w, r, checkPath(d)+"?sure=")
	default:
		return false
	}
	return true
}

func checkPath(d openDraft) string { return draftPath(d.ID) + "/check" }

package ui

import (
	"net/http"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

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

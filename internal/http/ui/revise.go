package ui

import (
	"context"
	"net/http"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// revision is what a draft makes of the request that it changes. What the form does not ask
// for stays as it is.
func (p *pages) revision(ctx context.Context, d openDraft) (dsr.Request, dsr.Submission, faults, error) {
	req, err := p.svc.Request(ctx, d.by, d.form.Revises)
	if err != nil {
		return req, dsr.Submission{}, nil, err
	}
	v := d.form
	v.Reference, v.Received, v.Language, v.Notes = req.Reference, p.formDay(req.ReceivedAt), req.Language, ""
	s, found := p.submission(v)
	return req, revisedBy(s)(req), found, nil
}

// revisedBy makes of a request what s asks for.
func revisedBy(s dsr.Submission) func(dsr.Request) dsr.Submission {
	return dsr.Revision{Selectors: s.Selectors, Sources: s.Sources, Window: &s.Window}.Of
}

// checkRevision shows what will be searched for under the same request.
func (p *pages) checkRevision(w http.ResponseWriter, r *http.Request, d openDraft) error {
	req, s, found, err := p.revision(r.Context(), d)
	if err != nil {
		return err
	}
	if len(found) > 0 {
		data := p.formPage(d.form, found)
		data.Draft = d.ID
		return p.showForm(w, r, data)
	}
	data, err := p.checkPageOf(r.Context(), d, s, req.DueAt)
	if err != nil {
		return err
	}
	data.Revises = &revisedView{req.ID, nameOf(req), len(req.Differs(s)) == 0, req.Released != nil}
	data.DueBecause = p.dueBecause(req)
	return p.showCheck(w, r, data, p.say("Check before you search again"))
}

// submitRevision begins the search anew, under the same request.
func (p *pages) submitRevision(w http.ResponseWriter, r *http.Request, d openDraft) error {
	if err := d.by.Require(dsr.Revise); err != nil {
		return err
	}
	req, s, found, err := p.revision(r.Context(), d)
	if err != nil {
		return err
	}
	if p.checkOnceMore(w, r, d, s, found) {
		return nil
	}
	_, err = p.svc.ReviseDraft(r.Context(), dsr.Call{By: d.by, Key: submitKey(d)}, d.ID, req.ID, func(now dsr.Request) (dsr.Submission, error) {
		return revisedBy(s)(now), nil
	})
	if edge.ProblemOf(err).ExistingID != "" {
		return p.settle(w, r, nil, "/requests/"+req.ID, p.say("Another request with this reference is open, so this one cannot be searched again."))
	}
	return p.settle(w, r, err, "/requests/"+req.ID, p.say("The search has been changed and begins anew."))
}

package ui

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/dsr"
)

// openDraft is a form that somebody has begun to fill in, as it is kept for them.
type openDraft struct {
	dsr.Draft
	by   dsr.Principal
	form formValues
}

// handlerOfDraft shows or changes a draft that has not been sent in.
type handlerOfDraft func(p *pages, w http.ResponseWriter, r *http.Request, d openDraft) error

// ofDraft makes a handler of a page about a draft. One that was sent in leads to the request
// that it became, also by the browser's Back.
func ofDraft(h handlerOfDraft) handlerFor {
	return func(p *pages, w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
		return p.onDraft(w, r, by, chi.URLParam(r, "draft"), h)
	}
}

func (p *pages) onDraft(w http.ResponseWriter, r *http.Request, by dsr.Principal, id string, h handlerOfDraft) error {
	d, err := p.svc.Draft(r.Context(), by, id)
	if dsr.KindOf(err) == dsr.NotFound {
		return p.draftGone()
	}
	if err != nil {
		return err
	}
	if d.Sent() {
		p.redirect(w, r, "/requests/"+d.Request)
		return nil
	}
	open := openDraft{Draft: d, by: by}
	if err := json.Unmarshal(d.Body, &open.form); err != nil {
		return fmt.Errorf("decode draft: %w", err)
	}
	return h(p, w, r, open)
}

func (p *pages) draftGone() error {
	return dsr.Errorf(dsr.NotFound, "not_found", "%s", p.say("This draft is not there any more: drafts are kept for 24 hours, for whoever made them. Begin a new request."))
}

// saveDraft keeps the form and returns the address of its draft. request is the one that a new
// draft is made from, or empty.
func (p *pages) saveDraft(r *http.Request, by dsr.Principal, id, request string, v formValues) (path string, err error) {
	body, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode draft: %w", err)
	}
	id, err = p.svc.SaveDraft(r.Context(), by, dsr.Draft{ID: id, Body: body, Request: request})
	return draftPath(id), err
}

func draftPath(id string) string { return "/requests/new/" + id }

// digest tells whether a draft is still the one that a page has shown.
func (d openDraft) digest() string {
	sum := sha256.Sum256(d.Body)
	return hex.EncodeToString(sum[:8])
}

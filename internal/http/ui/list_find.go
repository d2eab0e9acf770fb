package ui

import (
	"net/http"
	"net/url"
	"strings"

	"dsr-server/internal/dsr"
)

// findRequest leads to the list of what is searched for. What may be personal data reaches no
// address, where browsers and logs would keep it.
func (p *pages) findRequest(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	if err := parseForm(r); err != nil {
		return err
	}
	at := listAddress(url.Values{"mine": r.PostForm["mine"], "sort": r.PostForm["sort"], "order": r.PostForm["order"]})
	text := strings.TrimSpace(r.PostFormValue("q"))
	if shape := dsr.Identify(text, nil).Shape; shape == dsr.ShapeAddress || shape == dsr.ShapePhone && strings.HasPrefix(text, "+") {
		p.sessions.Put(r.Context(), sessionFlash, p.say("Requests are found by a part of their reference, or by their ID."))
		p.redirect(w, r, at.path())
		return nil
	}
	p.redirect(w, r, at.with("q", text).path())
	return nil
}

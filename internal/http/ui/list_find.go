package ui

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"dsr-server/internal/dsr"
)

// findRequest leads to the list of what is searched for: a part of a reference, an id, or what
// requests ask for. What is neither reaches no address, where browsers and logs would keep
// it: it may be personal data.
func (p *pages) findRequest(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if err := parseForm(r); err != nil {
		return err
	}
	at := listAddress(url.Values{"mine": r.PostForm["mine"], "sort": r.PostForm["sort"], "order": r.PostForm["order"]})
	text := strings.TrimSpace(r.PostFormValue("q"))
	if text == "" {
		p.redirect(w, r, at.path())
		return nil
	}
	meant := dsr.Identify(text, slices.Sorted(maps.Values(p.opts.Regions)))
	if meant.Shape != dsr.ShapeAddress {
		called, err := p.svc.Worklist(r.Context(), dsr.ListQuery{Text: text, Limit: 1})
		if err != nil {
			return err
		}
		if called.Total > 0 {
			p.redirect(w, r, at.with("q", text).path())
			return nil
		}
	}
	keys, err := p.svc.SearchAsked(r.Context(), by, meant.Selectors)
	if err != nil {
		return err
	}
	p.redirect(w, r, at.with("asked", strings.Join(keys, ".")).path())
	return nil
}

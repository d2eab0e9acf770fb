package ui

import (
	"net/http"
	"net/url"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// again shows the check page of a new request that asks for what an old one asked for, and
// for more: one of the variants, or a conversation of which the page told.
func (p *pages) again(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	if err := parseForm(r); err != nil {
		return err
	}
	req, err := p.svc.Request(r.Context(), by, id)
	if err != nil {
		return err
	}
	v := p.formOf(req)
	p.widen(&v, r.PostForm)
	return p.checkRequest(w, r, v)
}

// widen makes the form ask for what the pressed button says.
func (p *pages) widen(v *formValues, pressed url.Values) {
	if id := pressed.Get("conversation"); id != "" {
		v.Rows = append(v.Rows, formRow{Kind: kindConversationID, Value: id, Match: string(dsr.Normalized)})
	}
	for _, other := range p.variants(*v) {
		if other.Name == pressed.Get("variant") {
			other.apply(v)
		}
	}
}

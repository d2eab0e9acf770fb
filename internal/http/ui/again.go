package ui

import (
	"net/http"
	"net/url"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// again makes a draft that asks for what an old request asked for, and for more: one of the
// variants, or a conversation of which the page told. It leads on to its check page.
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
	path, err := p.saveDraft(r, by, "", id, v)
	if err != nil {
		return err
	}
	p.redirect(w, r, path+"/check")
	return nil
}

// widen makes the form ask for what the pressed button says.
func (p *pages) widen(v *formValues, pressed url.Values) {
	if id := pressed.Get("conversation"); id != "" {
		v.Rows = append(v.Rows, rowAs(kindConversationID, "", id))
	}
	for _, other := range p.variants(*v) {
		if other.Name == pressed.Get("variant") {
			other.apply(v)
		}
	}
}

package ui

import (
	"net/http"
	"net/url"

	"dsr-server/internal/dsr"
)

// again makes a draft of a new request that asks for what an old one asked for, and for more:
// one of the variants, or a conversation of which the page told. It leads on to its check page.
func (p *pages) again(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	req, err := p.pressedOn(r, by)
	if err != nil {
		return err
	}
	v := p.formOf(req)
	p.widen(&v, r.PostForm)
	return p.beginFrom(w, r, by, req.ID, v, "/check")
}

// revise makes a draft that changes what a request asks for, as again makes one of a new one.
// Where nothing was pressed that would change it, it leads to the form.
func (p *pages) revise(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	req, err := p.pressedOn(r, by)
	if err != nil {
		return err
	}
	if !mayRevise(req, by) {
		return p.settle(w, r, dsr.Errorf(dsr.Conflict, "wrong_status", "the request cannot be revised now"), "/requests/"+req.ID, "")
	}
	v := p.formOf(req)
	v.Revises, v.Reference, v.Notes, v.Callback = req.ID, req.Reference, "", ""
	place := ""
	if p.widen(&v, r.PostForm) {
		place = "/check"
	}
	return p.beginFrom(w, r, by, req.ID, v, place)
}

// pressedOn is the request on whose page a button was pressed.
func (p *pages) pressedOn(r *http.Request, by dsr.Principal) (dsr.Request, error) {
	if err := parseForm(r); err != nil {
		return dsr.Request{}, err
	}
	return p.requestOf(r, by)
}

// beginFrom keeps a form that an old request has filled in, and leads to it.
func (p *pages) beginFrom(w http.ResponseWriter, r *http.Request, by dsr.Principal, id string, v formValues, place string) error {
	path, err := p.saveDraft(r, by, "", id, v)
	if err != nil {
		return err
	}
	p.redirect(w, r, path+place)
	return nil
}

// widen makes the form ask for what the pressed button says, and reports whether that is more.
func (p *pages) widen(v *formValues, pressed url.Values) (more bool) {
	if id := pressed.Get("conversation"); id != "" {
		v.Rows = append(v.Rows, rowAs(kindConversationID, "", id))
		more = true
	}
	for _, other := range p.variants(*v) {
		if other.Name == pressed.Get("variant") {
			other.apply(v)
			more = true
		}
	}
	return more
}

package ui

import (
	"net/http"
	"strings"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// open makes a handler of a page that needs nobody to be signed in.
func (p *pages) open(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, edge.MaxBody)
		if err := p.admitted(w, r, edge.Read, h); err != nil {
			p.edge.Fail(w, r, err)
		}
	}
}

// admitted answers the call if whoever makes it does not make too many.
func (p *pages) admitted(w http.ResponseWriter, r *http.Request, kind edge.CallKind, h handler) error {
	person := personOf(r.Context())
	if person == nil {
		if err := p.edge.AdmitStranger(edge.Client(r.Context())); err != nil {
			return err
		}
		return h(p.in(r), w, r)
	}
	done, err := p.edge.Admit(person.ID, kind)
	if err != nil {
		return err
	}
	defer done()
	return h(p.in(r), w, r)
}

// may makes a handler of a page that somebody whose role allows the action may see;
// everybody else is asked to sign in, or told that they may not.
func (p *pages) may(a dsr.Action, h handlerFor) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, edge.MaxBody)
		kind := edge.Read
		if a == dsr.Submit && r.Method == http.MethodPost {
			kind = edge.Submission
		}
		if err := p.admitted(w, r, kind, allowed(a, h)); err != nil {
			p.edge.Fail(w, r, err)
		}
	}
}

func allowed(a dsr.Action, h handlerFor) handler {
	return func(p *pages, w http.ResponseWriter, r *http.Request) error {
		person := personOf(r.Context())
		if person == nil {
			return p.askToSignIn(w, r)
		}
		if p.mustSetUp(person) && !strings.HasPrefix(r.URL.Path, setUpPath) {
			p.redirect(w, r, setUpPath)
			return nil
		}
		if !person.Role.May(a) {
			return dsr.Errorf(dsr.Forbidden, "forbidden", "Your role (%s) does not include this. Ask an administrator if you need it.", person.Role)
		}
		return h(p, w, r, person.Principal())
	}
}

func (p *pages) denyCrossOrigin(w http.ResponseWriter, r *http.Request) {
	p.edge.Fail(w, r, dsr.Errorf(dsr.Forbidden, "cross_origin", "This was sent from another website, or the browser is too old to tell. Nothing has been changed."))
}

package http

import (
	"html/template"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/chi/v5"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
)

// PageOptions is what the pages need. Without People there are no pages.
type PageOptions struct {
	People   People
	Sessions scs.Store  // sees hashes of tokens only
	Gate     *auth.Gate // nil: one with the shipped cost and limits over People
	Location *time.Location
}

// pages is the web form: everything a browser sees.
type pages struct {
	PageOptions
	*Server

	sessions *scs.SessionManager
	sets     map[string]*template.Template
	assets   assets
	loc      *time.Location
	https    bool
	broken   []byte // the page for errors of ours, made at start
}

// mountPages adds the web pages.
func (s *Server) mountPages(mux chi.Router) error {
	if s.opts.Pages.People == nil {
		return nil
	}
	p := &pages{PageOptions: s.opts.Pages, Server: s, loc: s.opts.Pages.Location, https: s.https()}
	if p.loc == nil {
		p.loc = time.UTC
	}
	if p.Gate == nil {
		p.Gate = auth.NewGate(p.People, s.now)
	}
	p.sessions = newSessions(p.Sessions, p.https, p.pageFail)
	if err := p.loadTemplates(); err != nil {
		return err
	}
	s.pageFail = p.pageFail
	p.routes(mux)
	p.linkRoutes(mux)
	return nil
}

// routes is the whole list of pages. What changes something is a POST and is refused
// when another site sent it.
func (p *pages) routes(mux chi.Router) {
	mux.Get("/static/{file}", p.asset)
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(p.denyCrossOrigin))
	mux.Group(func(mux chi.Router) {
		mux.Use(cross.Handler, neverStored, p.sessions.LoadAndSave, p.withPerson)
		mux.Get("/", p.open(p.home))
		mux.Get("/help", p.open(p.help))
		mux.Get("/sign-in", p.open(p.signInForm))
		mux.Post("/sign-in", p.open(p.signIn))
		mux.Post("/sign-out", p.open(p.signOut))
		mux.Get("/setup", p.open(p.setupForm))
		mux.Post("/setup", p.open(p.setup))
		mux.Post("/stay", p.may(dsr.Read, p.stay))
		mux.Get("/requests", p.may(dsr.Read, p.requestList))
		mux.Get("/requests/new", p.may(dsr.Submit, p.newRequest))
		mux.Post("/requests/new", p.may(dsr.Submit, p.editRequest))
		mux.Post("/requests", p.may(dsr.Submit, p.submitRequest))
		mux.Get("/requests/{id}", p.may(dsr.Read, p.requestShow))
		mux.Post("/requests/{id}/cancel", p.may(dsr.Cancel, p.action(p.svc.Cancel, "The search has been stopped.")))
		mux.Post("/requests/{id}/retry", p.may(dsr.Retry, p.action(p.svc.Retry, "The search goes on with what is missing.")))
		mux.Post("/requests/{id}/approve", p.may(dsr.Decide, p.action(p.svc.Approve, "The archive has been approved for release.")))
		mux.Post("/requests/{id}/reject", p.may(dsr.Decide, p.action(p.svc.Reject, "The result has been rejected. Nothing is released.")))
	})
	mux.Group(func(mux chi.Router) {
		mux.Use(p.withoutRenewal, p.withPerson)
		mux.Get("/requests/{id}/progress", p.open(p.progressOrEnd))
		mux.Get("/requests/{id}/download", p.may(dsr.Download, p.download))
		mux.Head("/requests/{id}/download", p.may(dsr.Download, p.download))
	})
}

// pageHandler answers one call of a browser. It has either answered or returns the
// error to answer with, not both.
type pageHandler func(w http.ResponseWriter, r *http.Request) error

// open makes a handler of a page that needs nobody to be signed in.
func (p *pages) open(h pageHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if err := h(w, r); err != nil {
			p.fail(w, r, err)
		}
	}
}

// may makes a handler of a page that somebody whose role allows the action may see;
// everybody else is asked to sign in, or told that they may not.
func (p *pages) may(a dsr.Action, h func(http.ResponseWriter, *http.Request, dsr.Principal) error) http.HandlerFunc {
	return p.open(func(w http.ResponseWriter, r *http.Request) error {
		person := personOf(r.Context())
		if person == nil {
			return p.askToSignIn(w, r)
		}
		if !person.Role.May(a) {
			return dsr.Errorf(dsr.Forbidden, "forbidden", "Your role (%s) does not include this. Ask an administrator if you need it.", person.Role)
		}
		return h(w, r, person.Principal())
	})
}

func (p *pages) redirect(w http.ResponseWriter, r *http.Request, path string) {
	http.Redirect(w, r, p.path(path), http.StatusSeeOther) //nolint:gosec // paths are constants, our own ids, or have passed ownPath
}

func (p *pages) home(w http.ResponseWriter, r *http.Request) error {
	p.redirect(w, r, "/requests")
	return nil
}

func (p *pages) denyCrossOrigin(w http.ResponseWriter, r *http.Request) {
	p.fail(w, r, dsr.Errorf(dsr.Forbidden, "cross_origin", "This was sent from another website, or the browser is too old to tell. Nothing has been changed."))
}

// clientOf is the address of the client as sign-in counts it.
func clientOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return strings.ToLower(host)
}

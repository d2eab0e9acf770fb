// Package ui is the pages: everything that a browser sees. It keeps true that every page
// states the right it needs, that everything works without script, that what somebody
// typed is not lost, and that nothing of a record becomes markup.
//
// In reading order: routes.go; what needs no sign-in: link.go, docs.go, static.go; who may
// come in: guard.go, account.go, setup.go, signin.go; the pages: list.go, again.go, new.go, request.go,
// actions.go, progress.go, coverage.go, coverage_files.go, warnings.go, near.go, next.go,
// variants.go, refill.go, form.go, faults.go, help.go; what they are made of: terms.go,
// asked.go, due.go, field.go, render.go, session.go, ui.go, people.go, assets.go, calendar.go, words.go.
package ui

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// Mount adds the pages to the server and makes it show errors as pages. This is the
// whole list of pages.
func Mount(e *edge.Server, svc Service, opts Options) error {
	opts.Deadlines = opts.Deadlines.Filled()
	p := &pages{edge: e, svc: svc, opts: opts, calendar: calendar{opts.Deadlines.Location, opts.Deadlines.Working, e.Now}}
	p.sessions = newSessions(opts.Sessions, e.HTTPS(), p.pageFail)
	if err := p.loadTemplates(); err != nil {
		return err
	}
	e.ShowErrors(p.pageFail)
	p.routes(e.Router())
	p.linkRoutes(e.Router())
	return nil
}

// routes adds the pages for people who sign in. What changes something is a POST and is refused
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
		mux.Get("/account", p.may(dsr.Read, p.account))
		mux.Post("/account", p.may(dsr.Read, p.changePassword))
		mux.Post("/stay", p.may(dsr.Read, p.stay))
		mux.Get("/requests", p.may(dsr.Read, p.requestList))
		mux.Get("/requests/new", p.may(dsr.Submit, p.newRequest))
		mux.Post("/requests/new", p.may(dsr.Submit, p.editRequest))
		mux.Post("/requests", p.may(dsr.Submit, p.submitRequest))
		mux.Get("/requests/{id}", p.may(dsr.Read, p.requestShow))
		mux.Post("/requests/{id}/again", p.may(dsr.Submit, p.again))
		mux.Post("/requests/{id}/cancel", p.may(dsr.Cancel, p.action(p.svc.Cancel, "The search has been stopped.")))
		mux.Post("/requests/{id}/retry", p.may(dsr.Retry, p.action(p.svc.Retry, "Searching again for what is missing.")))
		mux.Post("/requests/{id}/repackage", p.may(dsr.Repackage, p.action(p.svc.Repackage, "The archive is being made again.")))
		mux.Post("/requests/{id}/approve", p.may(dsr.Decide, p.decision(p.svc.Approve, "The archive has been approved for release.", archiveShown)))
		mux.Post("/requests/{id}/reject", p.may(dsr.Decide, p.decision(p.svc.Reject, "The result has been rejected. Nothing is released.", archiveShown)))
	})
	mux.Group(func(mux chi.Router) {
		mux.Use(p.withoutRenewal, p.withPerson)
		mux.Get("/stay", p.may(dsr.Read, p.stay)) // is the session still there?
		mux.Get("/requests/{id}/progress", p.open(p.progressOrEnd))
		mux.Get("/requests/{id}/download", p.may(dsr.Download, p.download))
		mux.Head("/requests/{id}/download", p.may(dsr.Download, p.download))
	})
}

func (p *pages) home(w http.ResponseWriter, r *http.Request) error {
	p.redirect(w, r, "/requests")
	return nil
}

// Package ui is the pages: everything that a browser sees. It keeps true that every page
// states the right it needs, that everything works without script, that what somebody
// typed is not lost, and that nothing of a record becomes markup.
//
// In reading order: routes.go, request_routes.go; the operator's: settings.go, settings_mail.go, settings_information.go, webhook_log.go, webhooks.go, tokens_form.go, tokens_list.go; people: people_invite.go, people_person.go, people_list.go; what needs no sign-in: link.go, docs.go, static.go; who may
// come in: guard.go, choose_language.go, account_factor.go, account.go, account_mail.go, account_sessions.go, setup.go, signin_code.go, signin_provider.go, signin.go, code.go,
// passwords.go; the pages: today.go, list.go, list_bulk.go, list_find.go,
// list_address.go, list_row.go, sources.go, auditlog_files.go, auditlog.go, again.go, check.go, revise.go, check_page.go, new.go, change.go, upload.go;
// of one request: handover.go, request_answer.go, request_extension.go, request_deadline.go, request_letter.go, request_more.go, withhold.go, transcript.go, transcript_said.go, transcript_turn.go, transcript_page.go,
// segment.go, read.go, request_history.go, actions.go, request.go, request_happened.go, request_page.go, request_result.go, receipt.go, request_events.go, event_words.go, withhold_words.go,
// request_tasks.go, request_form.go, progress.go, coverage.go, coverage_files.go, warnings.go, findings.go, near.go, next.go,
// variants.go, refill.go, uploaded.go, checked.go, draft.go, form.go, faults.go, help.go; what they are made of: terms.go,
// asked.go, due.go, field.go, render.go, nav.go, session.go, devices.go,
// ui.go, service_lists.go, service_new.go, service_request.go, service_people.go, service_webhooks.go, people.go, assets.go, address.go, calendar.go, words.go, language.go.
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
	p := &pages{edge: e, svc: svc, opts: opts, calendar: calendar{loc: opts.Deadlines.Location, working: opts.Deadlines.Working, now: e.Now}}
	p.sessions = newSessions(opts.Sessions, e.HTTPS(), p.pageFail)
	if err := p.learn(); err != nil {
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
		mux.Get("/", p.may(dsr.Read, (*pages).today))
		mux.Post("/language", p.open((*pages).chooseLanguage))
		mux.Get("/help", p.open((*pages).help))
		mux.Get("/sign-in", p.open((*pages).signInForm))
		p.signInRoutes(mux)
		mux.Post("/sign-out", p.open((*pages).signOut))
		mux.Get("/account", p.may(dsr.Read, (*pages).account))
		mux.Post("/account", p.may(dsr.Read, (*pages).changePassword))
		mux.Post("/account/mail", p.may(dsr.Read, (*pages).chooseMail))
		mux.Post("/account/sessions", p.may(dsr.Read, (*pages).endSessions))
		mux.Get(setUpPath, p.may(dsr.Read, (*pages).factorShow))
		mux.Post(setUpPath, p.may(dsr.Read, (*pages).setSecondFactor))
		mux.Post(setUpPath+"/codes", p.may(dsr.Read, (*pages).renewCodes))
		mux.Post(setUpPath+"/remove", p.may(dsr.Read, (*pages).removeFactor))
		mux.Get("/people", p.may(dsr.ReadPeople, (*pages).peopleList))
		mux.Get("/people/{login}", p.may(dsr.Manage, (*pages).personShow))
		mux.Post("/people/{login}/role", p.may(dsr.Manage, changesPerson((*pages).changeRole, "The role has been changed.")))
		mux.Post("/people/{login}/disable", p.may(dsr.Manage, changesPerson((*pages).disablePerson, "The account has been disabled.")))
		mux.Post("/people/{login}/enable", p.may(dsr.Manage, changesPerson((*pages).enablePerson, "The account has been enabled.")))
		mux.Get("/tokens", p.may(dsr.Manage, (*pages).tokenList))
		mux.Post("/tokens", p.may(dsr.Manage, (*pages).createToken))
		mux.Get("/tokens/new", p.may(dsr.Manage, (*pages).newToken))
		mux.Get("/tokens/{name}/rotate", p.may(dsr.Manage, (*pages).tokenRotate))
		mux.Post("/tokens/{name}/rotate", p.may(dsr.Manage, (*pages).rotateToken))
		mux.Get("/tokens/{name}/revoke", p.may(dsr.Manage, (*pages).tokenEnd))
		mux.Post("/tokens/{name}/revoke", p.may(dsr.Manage, (*pages).revokeToken))
		mux.Get("/webhooks", p.may(dsr.ManageWebhooks, (*pages).webhookList))
		mux.Post("/webhooks", p.may(dsr.ManageWebhooks, (*pages).createWebhook))
		mux.Get("/webhooks/new", p.may(dsr.ManageWebhooks, (*pages).newWebhook))
		mux.Get("/webhooks/{id}", p.may(dsr.ManageWebhooks, (*pages).webhookLog))
		mux.Post("/webhooks/{id}/test", p.may(dsr.ManageWebhooks, (*pages).testWebhook))
		mux.Post("/webhooks/{id}/deliveries/{delivery}/replay", p.may(dsr.ManageWebhooks, (*pages).replayDelivery))
		mux.Get("/webhooks/{id}/delete", p.may(dsr.ManageWebhooks, (*pages).webhookEnd))
		mux.Post("/webhooks/{id}/delete", p.may(dsr.ManageWebhooks, (*pages).deleteWebhook))
		mux.Get("/settings", p.may(dsr.Manage, (*pages).settingsShow))
		mux.Post("/stay", p.may(dsr.Read, (*pages).stay))
		mux.Get("/requests", p.may(dsr.Read, (*pages).requestList))
		mux.Post("/requests/find", p.may(dsr.Read, (*pages).findRequest))
		mux.Post("/requests/together", p.may(dsr.Read, (*pages).requestsTogether))
		mux.Get("/sources", p.may(dsr.Read, (*pages).sourceList))
		mux.Post("/sources/{name}/check", p.may(dsr.Manage, (*pages).checkSource))
		mux.Get("/audit", p.may(dsr.ReadAudit, (*pages).auditLog))
		mux.Get("/audit/events.csv", p.may(dsr.ReadAudit, (*pages).auditCSV))
		mux.Get("/audit/events.ndjson", p.may(dsr.ReadAudit, (*pages).auditNDJSON))
		mux.Post("/audit/checkpoint", p.may(dsr.ReadAudit, (*pages).takeCheckpoint))
		mux.Get("/requests/new", p.may(dsr.Submit, (*pages).newRequest))
		mux.Post("/requests/new", p.may(dsr.Submit, (*pages).editRequest))
		mux.Get("/requests/new/{draft}", p.may(dsr.Submit, ofDraft((*pages).draftForm)))
		mux.Get("/requests/new/{draft}/check", p.may(dsr.Submit, ofDraft((*pages).check)))
		mux.Get("/requests/new/{draft}/change/{n}", p.may(dsr.Submit, ofDraft((*pages).changeTerm)))
		mux.Get("/requests/upload", p.may(dsr.Submit, (*pages).uploadForm))
		mux.Post("/requests/upload", p.may(dsr.Submit, (*pages).upload))
		mux.Get("/requests/upload/{draft}", p.may(dsr.Submit, (*pages).uploadCheck))
		mux.Post("/requests/upload/{draft}", p.may(dsr.Submit, (*pages).submitUpload))
		mux.Post("/requests", p.may(dsr.Submit, (*pages).submitRequest))
		p.requestRoutes(mux)
	})
	mux.Group(func(mux chi.Router) {
		mux.Use(p.withoutRenewal, p.withPerson)
		mux.Get("/stay", p.may(dsr.Read, (*pages).stay)) // is the session still there?
		mux.Get("/requests/{id}/progress", p.open((*pages).progressOrEnd))
		mux.Get("/requests/{id}/download", p.may(dsr.Download, (*pages).download))
		mux.Head("/requests/{id}/download", p.may(dsr.Download, (*pages).download))
	})
}

// signInRoutes are the ways of signing in that the configuration has, with what gives people
// a password.
func (p *pages) signInRoutes(mux chi.Router) {
	if !p.opts.NoPassword {
		mux.Post("/sign-in", p.open((*pages).signIn))
		mux.Get("/sign-in/code", p.open((*pages).codeForm))
		mux.Post("/sign-in/code", p.open((*pages).completeSignIn))
		mux.Get("/setup", p.open((*pages).setupForm))
		mux.Post("/setup", p.open((*pages).setup))
		mux.Post("/people", p.may(dsr.Manage, (*pages).invite))
		mux.Get("/people/new", p.may(dsr.Manage, (*pages).newInvitation))
		mux.Post("/people/{login}/invitation", p.may(dsr.Manage, (*pages).inviteAgain))
		mux.Get("/invite/{token}", p.open((*pages).invitationShow))
		mux.Post("/invite/{token}", p.open((*pages).acceptInvitation))
	}
	if p.opts.Provider != nil {
		mux.Get(providerPath, p.open((*pages).beginAtProvider))
		mux.Get(ProviderReturn, p.open((*pages).comeBack))
	}
}

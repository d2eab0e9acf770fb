// Package api is the REST API. It keeps true that every call states the right it needs,
// that a call is answered as api/openapi.yaml describes it, and that what was refused is
// not repeated.
//
// In reading order: routes.go, guard.go; the calls: estimate.go, batch.go, batch_csv.go, batch_row.go, revise.go, amend.go, notes.go, history.go, submit.go, list.go,
// request.go, actions.go, deadline.go, purge.go, link.go, coverage.go, archive.go, proposals.go, reading.go, withhold.go, erasure.go, events.go, letter.go, audit.go, screening.go, report.go,
// sources.go, check.go, tokens.go, webhooks.go, deliveries.go; what they share: tag.go, body.go, moment.go, input.go, version.go, caller.go, shape.go, api.go, service_webhooks.go.
package api

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// Mount adds the REST API to the server. This is the whole list of what it can do. It
// fails when a route states a right that no role has.
func Mount(e *edge.Server, svc Service, opts Options) error {
	if opts.Location == nil {
		opts.Location = time.UTC
	}
	s := &API{edge: e, svc: svc, opts: opts}
	a := &registry{api: s, mux: e.Router()}
	a.route(http.MethodPost, "/requests", dsr.Submit, s.submit)
	a.queried(http.MethodPost, "/requests/batch", dsr.Submit, s.batch)
	a.route(http.MethodPost, "/requests/estimate", dsr.EstimateCost, s.estimate)
	a.queried(http.MethodGet, "/requests", dsr.Read, s.list)
	a.route(http.MethodGet, "/requests/{id}", dsr.Read, s.get)
	a.route(http.MethodPatch, "/requests/{id}", dsr.Amend, s.amend)
	a.route(http.MethodPost, "/requests/{id}/notes", dsr.Amend, s.addNote)
	a.route(http.MethodGet, "/requests/{id}/notes", dsr.Read, s.notes)
	a.route(http.MethodGet, "/requests/{id}/history", dsr.Read, s.history)
	a.queried(http.MethodGet, "/requests/{id}/conversations", dsr.Download, s.conversations)
	a.queried(http.MethodGet, "/requests/{id}/conversations/{source}/{conversation}", dsr.Download, s.transcript)
	a.route(http.MethodPost, "/requests/{id}/withheld", dsr.Withhold, s.withhold)
	a.route(http.MethodGet, "/requests/{id}/withheld", dsr.KnowNames, s.withheld)
	a.queried(http.MethodGet, "/requests/{id}/withheld/proposals", dsr.Withhold, s.proposals)
	a.route(http.MethodDelete, "/requests/{id}/withheld/{item}", dsr.Withhold, s.disclose)
	a.route(http.MethodPost, "/requests/{id}/cancel", dsr.Cancel, s.action(s.svc.Cancel))
	a.route(http.MethodPost, "/requests/{id}/retry", dsr.Retry, s.action(s.svc.Retry))
	a.route(http.MethodPost, "/requests/{id}/revise", dsr.Revise, s.revise)
	a.route(http.MethodPost, "/requests/{id}/repackage", dsr.Repackage, s.action(s.svc.Repackage))
	a.route(http.MethodPost, "/requests/{id}/approve", dsr.Decide, decision[approveInput](s.svc.Approve))
	a.route(http.MethodPost, "/requests/{id}/reject", dsr.Decide, decision[rejectInput](s.svc.Reject))
	a.route(http.MethodPost, "/requests/{id}/extend", dsr.Extend, s.extend)
	a.route(http.MethodPost, "/requests/{id}/pause", dsr.Extend, s.pause)
	a.route(http.MethodPost, "/requests/{id}/resume", dsr.Extend, s.resume)
	a.route(http.MethodPost, "/requests/{id}/answered", dsr.MarkAnswered, s.answered)
	a.route(http.MethodPost, "/requests/{id}/reopen", dsr.MarkAnswered, s.reopen)
	a.route(http.MethodPost, "/requests/{id}/hold", dsr.SetHold, s.hold)
	a.route(http.MethodGet, "/requests/{id}/hold", dsr.Read, s.showHold)
	a.route(http.MethodDelete, "/requests/{id}/hold", dsr.SetHold, s.release)
	a.route(http.MethodDelete, "/requests/{id}", dsr.Purge, s.purge)
	a.route(http.MethodGet, "/requests/{id}/receipt", dsr.Read, s.receipt)
	a.route(http.MethodPost, "/requests/{id}/links", dsr.Share, s.createLink)
	a.route(http.MethodGet, "/requests/{id}/links", dsr.Share, s.links)
	a.route(http.MethodDelete, "/requests/{id}/links/{link}", dsr.Share, s.endLink)
	a.queried(http.MethodGet, "/requests/{id}/coverage", dsr.Read, s.coverage)
	a.route(http.MethodGet, "/requests/{id}/archive", dsr.Download, s.archive)
	a.route(http.MethodGet, "/requests/{id}/erasure-list", dsr.Download, s.erasureList)
	a.queried(http.MethodGet, "/requests/{id}/letter", dsr.Read, s.letter)
	a.route(http.MethodGet, "/signing-key", dsr.Read, s.signingKey)
	a.queried(http.MethodGet, "/audit", dsr.ReadAudit, s.audit)
	a.route(http.MethodGet, "/audit/checkpoint", dsr.ReadAudit, s.checkpoint)
	a.queried(http.MethodGet, "/audit/proof", dsr.ReadAudit, s.proof)
	a.queried(http.MethodPost, "/reports/screening", dsr.Read, s.screening)
	a.route(http.MethodGet, "/reports/requests.csv", dsr.ReadReports, s.report)
	a.route(http.MethodGet, "/requests/{id}/events", dsr.Read, s.events)
	a.route(http.MethodGet, "/sources", dsr.Read, s.sources)
	a.route(http.MethodPost, "/sources/{name}/check", dsr.CheckSources, s.checkSource)
	a.route(http.MethodGet, "/tokens", dsr.Manage, s.tokens)
	a.route(http.MethodPost, "/tokens", dsr.Manage, s.createToken)
	a.route(http.MethodPost, "/tokens/{name}/rotate", dsr.Manage, s.rotateToken)
	a.route(http.MethodDelete, "/tokens/{name}", dsr.Manage, s.revokeToken)
	a.route(http.MethodGet, "/webhooks", dsr.ManageWebhooks, s.webhooks)
	a.route(http.MethodPost, "/webhooks", dsr.ManageWebhooks, s.createWebhook)
	a.route(http.MethodGet, "/webhooks/{id}", dsr.ManageWebhooks, s.webhook)
	a.route(http.MethodPatch, "/webhooks/{id}", dsr.ManageWebhooks, s.changeWebhook)
	a.route(http.MethodDelete, "/webhooks/{id}", dsr.ManageWebhooks, s.deleteWebhook)
	a.route(http.MethodPost, "/webhooks/{id}/rotate", dsr.ManageWebhooks, s.rotateWebhook)
	a.route(http.MethodPost, "/webhooks/{id}/test", dsr.ManageWebhooks, s.testWebhook)
	a.queried(http.MethodGet, "/webhooks/{id}/deliveries", dsr.ManageWebhooks, s.deliveries)
	a.route(http.MethodPost, "/webhooks/{id}/deliveries/{delivery}/replay", dsr.ManageWebhooks, s.replayDelivery)
	a.metrics()
	return errors.Join(a.errs...)
}

// registry registers the calls of the API. There is no other way to add one, so none can
// be without the right it needs.
type registry struct {
	api  *API
	mux  chi.Router
	errs []error
}

// route registers a call without parameters in its query.
func (a *registry) route(method, pattern string, action dsr.Action, h handler) {
	a.queried(method, pattern, action, withoutQuery(h))
}

func withoutQuery(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
		if err := readQuery(r.URL, nil); err != nil {
			return err
		}
		return h(w, r, by)
	}
}

// queried registers a call that reads its query itself. Only roles that may do the action can
// make it; an action that no role may do is a mistake and makes Mount fail.
func (a *registry) queried(method, pattern string, action dsr.Action, h handler) {
	if !slices.ContainsFunc(dsr.Roles, func(r dsr.Role) bool { return r.May(action) }) {
		a.errs = append(a.errs, fmt.Errorf("route %s %s: no role may %q", method, pattern, action))
		return
	}
	if strings.HasPrefix(pattern, "/requests/{id}") {
		h = a.api.owned(h)
	}
	a.mux.Method(method, prefix+pattern, a.api.guarded(action, h))
}

// metrics adds the numbers for Prometheus, unless they are served elsewhere. They are
// outside the API's prefix, where such programs look, and take a token like the rest.
func (a *registry) metrics() {
	if a.api.opts.Metrics == nil {
		return
	}
	a.mux.Method(http.MethodGet, "/metrics", a.api.guarded(dsr.ReadMetrics, withoutQuery(func(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
		a.api.opts.Metrics.ServeHTTP(w, r)
		return nil
	})))
}

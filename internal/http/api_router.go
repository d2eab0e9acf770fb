package http

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/dsr"
)

// apiPrefix is before every address of the REST API.
const apiPrefix = "/api/v1"

// apiHandler answers one call of the API by a principal who may make it. It has
// either answered or returns the error to answer with, not both.
type apiHandler func(w http.ResponseWriter, r *http.Request, by dsr.Principal) error

// route is one registered call of the API.
type route struct {
	method, pattern string
	action          dsr.Action // that the principal's role must allow
}

// apiRoutes registers the calls of the API. There is no other way to add one, so
// none can be without the right it needs.
type apiRoutes struct {
	s      *Server
	mux    chi.Router
	limits tokenLimits
	errs   []error
}

// mountAPI adds the REST API. This is the whole list of what it can do.
func (s *Server) mountAPI(mux chi.Router) error {
	a := &apiRoutes{s: s, mux: mux, limits: newTokenLimits(s.opts.Limits)}
	a.route(http.MethodPost, "/requests", dsr.Submit, s.apiSubmit)
	a.route(http.MethodPost, "/requests/estimate", dsr.Read, s.apiEstimate)
	a.route(http.MethodGet, "/requests", dsr.Read, s.apiList)
	a.route(http.MethodGet, "/requests/{id}", dsr.Read, s.apiGet)
	a.route(http.MethodPost, "/requests/{id}/cancel", dsr.Cancel, s.apiAction(s.svc.Cancel))
	a.route(http.MethodPost, "/requests/{id}/retry", dsr.Retry, s.apiAction(s.svc.Retry))
	a.route(http.MethodPost, "/requests/{id}/approve", dsr.Decide, s.apiAction(s.svc.Approve))
	a.route(http.MethodPost, "/requests/{id}/reject", dsr.Decide, s.apiAction(s.svc.Reject))
	a.route(http.MethodPost, "/requests/{id}/extend", dsr.Extend, s.apiExtend)
	a.route(http.MethodPost, "/requests/{id}/answered", dsr.Answer, s.apiAction(s.svc.Answered))
	a.route(http.MethodPost, "/requests/{id}/hold", dsr.SetHold, s.apiHold)
	a.route(http.MethodGet, "/requests/{id}/hold", dsr.Read, s.apiShowHold)
	a.route(http.MethodDelete, "/requests/{id}/hold", dsr.SetHold, s.apiRelease)
	a.route(http.MethodDelete, "/requests/{id}", dsr.Purge, s.apiPurge)
	a.route(http.MethodGet, "/requests/{id}/receipt", dsr.Read, s.apiReceipt)
	a.route(http.MethodPost, "/requests/{id}/links", dsr.Share, s.apiCreateLink)
	a.route(http.MethodGet, "/requests/{id}/coverage", dsr.Read, s.apiCoverage)
	a.route(http.MethodGet, "/requests/{id}/archive", dsr.Download, s.apiArchive)
	a.route(http.MethodHead, "/requests/{id}/archive", dsr.Download, s.apiArchive)
	a.route(http.MethodGet, "/signing-key", dsr.Read, s.apiSigningKey)
	a.route(http.MethodGet, "/audit", dsr.ReadAudit, s.apiAudit)
	a.route(http.MethodGet, "/audit/checkpoint", dsr.ReadAudit, s.apiCheckpoint)
	a.route(http.MethodGet, "/audit/proof", dsr.ReadAudit, s.apiProof)
	a.route(http.MethodGet, "/requests/{id}/events", dsr.Read, s.apiEvents)
	a.route(http.MethodGet, "/sources", dsr.Read, s.apiSources)
	a.route(http.MethodPost, "/sources/{name}/check", dsr.CheckSources, s.apiCheckSource)
	a.route(http.MethodGet, "/tokens", dsr.Manage, s.apiTokens)
	a.route(http.MethodPost, "/tokens", dsr.Manage, s.apiCreateToken)
	a.route(http.MethodDelete, "/tokens/{name}", dsr.Manage, s.apiRevokeToken)
	a.metrics()
	return errors.Join(a.errs...)
}

// route registers a call, which only roles that may do the action can make. An
// action that no role may do is a mistake and makes New fail.
func (a *apiRoutes) route(method, pattern string, action dsr.Action, h apiHandler) {
	if !slices.ContainsFunc(dsr.Roles, func(r dsr.Role) bool { return r.May(action) }) {
		a.errs = append(a.errs, fmt.Errorf("route %s %s: no role may %q", method, pattern, action))
		return
	}
	lim := a.limits.reads
	if action == dsr.Submit {
		lim = a.limits.submissions
	}
	a.at(method, apiPrefix+pattern, action, a.s.guarded(action, lim, h))
}

func (a *apiRoutes) at(method, pattern string, action dsr.Action, h http.HandlerFunc) {
	a.s.routes = append(a.s.routes, route{method, pattern, action})
	a.mux.Method(method, pattern, h)
}

// metrics adds the figures for machines, unless they are served elsewhere. They are
// outside the API's prefix, where such programs look, and take a token like the rest.
func (a *apiRoutes) metrics() {
	if a.s.opts.Metrics == nil {
		return
	}
	a.at(http.MethodGet, "/metrics", dsr.Read, a.s.guarded(dsr.Read, a.limits.reads, func(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
		a.s.opts.Metrics.ServeHTTP(w, r)
		return nil
	}))
}

// guarded is the way into every call of the API: who is it, are they too fast, may
// they do this; then the handler; then its error, if there is one.
func (s *Server) guarded(action dsr.Action, lim *limiter, h apiHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		by, err := s.authenticate(r)
		if err == nil {
			err = s.admit(w, by, action, lim)
		}
		if err == nil {
			err = h(w, r, by)
		}
		if err != nil {
			s.problem(w, r, err)
		}
	}
}

func (s *Server) admit(w http.ResponseWriter, by dsr.Principal, action dsr.Action, lim *limiter) error {
	if wait, err := lim.allow(by.ID, s.now()); err != nil {
		w.Header().Set("Retry-After", retryAfter(wait))
		return err
	}
	return by.Require(action)
}

// authenticate returns who makes the call, by the bearer token.
func (s *Server) authenticate(r *http.Request) (dsr.Principal, error) {
	token, ok := bearer(r)
	if !ok {
		return dsr.Principal{}, dsr.Errorf(dsr.Unauthenticated, "no_token", "send one header: Authorization: Bearer <token>")
	}
	return s.svc.Authenticate(r.Context(), token)
}

// bearer reads the token (RFC 6750). Two headers are ambiguous and therefore none.
func bearer(r *http.Request) (token string, ok bool) {
	headers := r.Header.Values("Authorization")
	if len(headers) != 1 {
		return "", false
	}
	scheme, token, ok := strings.Cut(headers[0], " ")
	token = strings.Trim(token, " ")
	return token, ok && strings.EqualFold(scheme, "Bearer") && token != ""
}

// challenge is the WWW-Authenticate header of a 401.
func challenge(r *http.Request) string {
	if _, ok := bearer(r); ok {
		return `Bearer realm="dsr-server", error="invalid_token"`
	}
	return `Bearer realm="dsr-server"`
}

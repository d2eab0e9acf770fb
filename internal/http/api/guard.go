package api

import (
	"net/http"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// guarded is the way into every call of the API: who is it, are they too fast, may
// they do this; then the handler; then its error, if there is one.
func (s *API) guarded(action dsr.Action, lim *limiter, h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		by, err := s.authenticate(r)
		if err == nil {
			err = s.admit(w, by, action, lim)
		}
		if err == nil {
			err = h(w, r, by)
		}
		if err != nil {
			s.edge.Problem(w, r, err)
		}
	}
}

func (s *API) admit(w http.ResponseWriter, by dsr.Principal, action dsr.Action, lim *limiter) error {
	if wait, err := lim.allow(by.ID, s.edge.Now()); err != nil {
		w.Header().Set("Retry-After", retryAfter(wait))
		return err
	}
	return by.Require(action)
}

// authenticate returns who makes the call, by the bearer token.
func (s *API) authenticate(r *http.Request) (dsr.Principal, error) {
	token, ok := edge.Bearer(r)
	if !ok {
		return dsr.Principal{}, dsr.Errorf(dsr.Unauthenticated, "no_token", "send one header: Authorization: Bearer <token>")
	}
	return s.svc.Authenticate(r.Context(), token)
}

package api

import (
	"net/http"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// owned is h for a request that the caller may know of: to others it is one that there is not.
func (s *API) owned(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
		if by.OwnOnly() {
			id, err := edge.RequestID(r)
			if err != nil {
				return err
			}
			if err := s.svc.Owns(r.Context(), by, id); err != nil {
				return err
			}
		}
		return h(w, r, by)
	}
}

// still reports whether the caller may still do what was allowed before. What cannot be told
// now is told at the next look.
func (s *API) still(r *http.Request, action dsr.Action) bool {
	by, err := s.authenticate(r)
	if err != nil {
		return dsr.KindOf(err) != dsr.Unauthenticated
	}
	return by.May(action)
}

// authenticate returns who makes the call, by the bearer token.
func (s *API) authenticate(r *http.Request) (dsr.Principal, error) {
	token, ok := edge.Bearer(r)
	if !ok {
		return dsr.Principal{}, dsr.Errorf(dsr.Unauthenticated, "no_token", "send one header: Authorization: Bearer <token>")
	}
	return s.svc.Authenticate(r.Context(), token)
}

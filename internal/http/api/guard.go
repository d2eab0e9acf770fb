package api

import (
	"cmp"
	"net/http"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// guarded is the way into every call of the API: who is it, are they too fast, may
// they do this; then the handler; then its error, if there is one.
func (s *API) guarded(action dsr.Action, h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := s.admitted(w, r, action, h); err != nil {
			s.edge.Problem(w, r, err)
		}
	}
}

func (s *API) admitted(w http.ResponseWriter, r *http.Request, action dsr.Action, h handler) error {
	by, err := s.authenticate(r)
	if dsr.KindOf(err) == dsr.Unauthenticated {
		return cmp.Or(s.edge.AdmitStranger(edge.Client(r.Context())), err)
	}
	if err != nil {
		return err
	}
	edge.Identify(r.Context(), by.ID)
	kind := edge.Read
	if action == dsr.Submit {
		kind = edge.Submission
	}
	done, err := s.edge.Admit(by.ID, kind)
	if err != nil {
		return err
	}
	defer done()
	if err := by.Require(action); err != nil {
		return err
	}
	return h(w, r, by)
}

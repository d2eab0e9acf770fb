package api

import (
	"net/http"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// requestOf returns the request that the path names, as by may see it.
func (s *API) requestOf(r *http.Request, by dsr.Principal) (dsr.Request, error) {
	id, err := edge.RequestID(r)
	if err != nil {
		return dsr.Request{}, err
	}
	return s.svc.Request(r.Context(), by, id)
}

func (s *API) get(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	req, err := s.requestOf(r, by)
	if err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, bodyOf(req))
	return nil
}

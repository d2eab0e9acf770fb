package api

import (
	"net/http"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

func (s *API) get(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	req, err := s.requestOf(r, by)
	if err != nil {
		return err
	}
	setVersion(w, req)
	if edge.NotModified(w, r, versionTag(req)) {
		return nil
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, oneOf(req))
	return nil
}

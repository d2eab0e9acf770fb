package api

import (
	"net/http"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// erasureList answers with what was found, signed, for whoever deletes it at the vendors.
func (s *API) erasureList(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	list, err := s.svc.ErasureList(r.Context(), by, id)
	if err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, list)
	return nil
}

package http

import (
	"context"
	"net/http"

	"dsr-server/internal/dsr"
)

// apiAction is the handler of a call that moves a request to another status: its
// body has no fields, its answer is the request as it is afterwards.
func (s *Server) apiAction(do func(context.Context, dsr.Call, string) (dsr.Request, error)) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
		id, err := requestID(r)
		if err != nil {
			return err
		}
		call, err := readCall(w, r, by, &struct{}{}, true)
		if err != nil {
			return err
		}
		req, err := do(r.Context(), call, id)
		if err != nil {
			return err
		}
		writeJSON(w, http.StatusOK, jsonType, bodyOf(req))
		return nil
	}
}

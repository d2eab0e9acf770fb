package api

import (
	"math"
	"net/http"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// estimateBody is what a search would cost if it were alone.
type estimateBody struct {
	Calls         int64 `json:"calls"`
	Seconds       int64 `json:"seconds"`
	MeetsDeadline bool  `json:"meets_deadline"`
}

// estimate takes the body of POST /requests and stores nothing.
func (s *API) estimate(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	var in submitInput
	if _, err := readCall(w, r, by, &in, false); err != nil {
		return err
	}
	sub, err := s.valid(in)
	if err != nil {
		return err
	}
	e, err := s.svc.Estimate(r.Context(), sub)
	if err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, estimateBody{
		Calls: e.Calls, Seconds: int64(math.Ceil(e.Took.Seconds())), MeetsDeadline: e.MeetsDeadline,
	})
	return nil
}

package api

import (
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// checkTime is how long an answer may take: somewhat longer than a self-test.
const checkTime = 150 * time.Second

// checkBody is what a source's self-test found.
type checkBody struct {
	OK       bool          `json:"ok"`
	Findings []dsr.Finding `json:"findings"`
}

// checkSource calls the vendor, at its pace, and answers when the test has ended.
func (s *API) checkSource(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if _, err := readCall(w, r, by, &struct{}{}, true); err != nil {
		return err
	}
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(checkTime)); err != nil {
		return err
	}
	findings, err := s.svc.CheckSource(r.Context(), chi.URLParam(r, "name"))
	if err != nil {
		return err
	}
	body := checkBody{OK: true, Findings: listOrEmpty(findings)}
	for _, f := range findings {
		body.OK = body.OK && f.OK
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, body)
	return nil
}

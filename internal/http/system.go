package http

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"dsr-server/api"
	"dsr-server/internal/dsr"
)

// mountSystem adds the calls that need no token and tell nothing about anybody.
func (s *Server) mountSystem() error {
	doc, err := api.JSON()
	if err != nil {
		return fmt.Errorf("openapi document: %w", err)
	}
	s.openAPI = doc
	s.mux.Get("/healthz", s.plain(s.healthz))
	s.mux.Get("/readyz", s.plain(s.readyz))
	s.mux.Get("/openapi.json", s.plain(s.openAPIDocument))
	return nil
}

// plain refuses parameters to a call that has none.
func (s *Server) plain(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := ReadQuery(r.URL, nil, nil); err != nil {
			s.Problem(w, r, err)
			return
		}
		h(w, r)
	}
}

type statusBody struct {
	Status string `json:"status"`
}

// healthz says that the process answers.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	WriteJSON(w, http.StatusOK, JSONType, statusBody{"ok"})
}

// readyz says whether the service can take requests now, whatever the vendors do.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	// Calls at the same time share one look, which writes: strangers must not keep the
	// database busy with it.
	_, err, _ := s.looks.Do("", func() (any, error) { return nil, s.opts.Ready(context.WithoutCancel(r.Context())) })
	if err != nil {
		s.Problem(w, r, notReady(err))
		return
	}
	WriteJSON(w, http.StatusOK, JSONType, statusBody{"ready"})
}

// notReady turns any error into a 503. The caller is not known, so the cause is
// shown only when it was written to be read.
func notReady(err error) error {
	code, detail := "not_ready", "the service cannot take requests now; the log has more under this request_id"
	if e, ok := errors.AsType[*dsr.Error](err); ok {
		code, detail = e.Code, e.Detail
	}
	return fmt.Errorf("%w: %w", dsr.Errorf(dsr.Unavailable, code, "%s", detail), err)
}

// openAPIDocument serves the description of this API.
func (s *Server) openAPIDocument(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", JSONType)
	_, _ = w.Write(s.openAPI)
}

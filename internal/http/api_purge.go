package http

import (
	"net/http"
	"time"

	"dsr-server/internal/dsr"
)

// apiPurge deletes everything of the request but a receipt, for good.
func (s *Server) apiPurge(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := requestID(r)
	if err != nil {
		return err
	}
	if err := s.svc.Purge(r.Context(), by, id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) apiReceipt(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	id, err := requestID(r)
	if err != nil {
		return err
	}
	receipt, err := s.svc.Receipt(r.Context(), id)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, jsonType, receipt)
	return nil
}

// holdInput is the body of POST …/hold.
type holdInput struct {
	Reason string `json:"reason"`
}

// holdBody is a legal hold as the API shows it.
type holdBody struct {
	Reason string    `json:"reason"`
	Since  time.Time `json:"since"`
	By     string    `json:"by"`
}

func (s *Server) apiHold(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := requestID(r)
	if err != nil {
		return err
	}
	var in holdInput
	call, err := readCall(w, r, by, &in, false)
	if err != nil {
		return err
	}
	if err := dsr.CheckReason(in.Reason); err != nil {
		return err
	}
	return answerRequest(w)(s.svc.Hold(r.Context(), call, id, in.Reason))
}

func (s *Server) apiShowHold(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	req, err := s.requestOf(r, by)
	if err != nil {
		return err
	}
	if req.Hold == nil {
		return dsr.Errorf(dsr.NotFound, "not_held", "no legal hold keeps this request")
	}
	writeJSON(w, http.StatusOK, jsonType, holdBody{Reason: req.Hold.Reason, Since: req.Hold.Since.UTC(), By: req.Hold.By})
	return nil
}

func (s *Server) apiRelease(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := requestID(r)
	if err != nil {
		return err
	}
	return answerRequest(w)(s.svc.Release(r.Context(), dsr.Call{By: by}, id))
}

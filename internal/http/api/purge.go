package api

import (
	"net/http"
	"time"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// purge deletes everything of the request but a receipt, for good.
func (s *API) purge(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	if err := s.svc.Purge(r.Context(), dsr.Call{By: by, Versions: versions(r)}, id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *API) receipt(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	receipt, err := s.svc.Receipt(r.Context(), id)
	if err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, receipt)
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

func (s *API) hold(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
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

func (s *API) showHold(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	req, err := s.requestOf(r, by)
	if err != nil {
		return err
	}
	if req.Hold == nil {
		return dsr.Errorf(dsr.NotFound, "not_held", "no legal hold keeps this request")
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, holdBody{Reason: req.Hold.Reason, Since: req.Hold.Since.UTC(), By: req.Hold.By})
	return nil
}

func (s *API) release(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	return answerRequest(w)(s.svc.Release(r.Context(), dsr.Call{By: by, Versions: versions(r)}, id))
}

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
		return answerRequest(w)(do(r.Context(), call, id))
	}
}

// answerRequest answers with the request as it is afterwards, or passes the error on.
func answerRequest(w http.ResponseWriter) func(dsr.Request, error) error {
	return func(req dsr.Request, err error) error {
		if err == nil {
			writeJSON(w, http.StatusOK, jsonType, bodyOf(req))
		}
		return err
	}
}

// extendInput is the body of POST …/extend.
type extendInput struct {
	Months int    `json:"months"`
	Reason string `json:"reason"`
}

func (s *Server) apiExtend(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := requestID(r)
	if err != nil {
		return err
	}
	var in extendInput
	call, err := readCall(w, r, by, &in, false)
	if err != nil {
		return err
	}
	e := dsr.Extension{Months: in.Months, Reason: in.Reason}
	if err := e.Validate(); err != nil {
		return err
	}
	return answerRequest(w)(s.svc.Extend(r.Context(), call, id, e))
}

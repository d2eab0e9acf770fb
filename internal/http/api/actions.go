package api

import (
	"context"
	"net/http"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// action is the handler of a call that moves a request to another status: its
// body has no fields, its answer is the request as it is afterwards.
func (s *API) action(do func(context.Context, dsr.Call, string) (dsr.Request, error)) handler {
	return func(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
		id, err := edge.RequestID(r)
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

// decision is action for a call that is about an archive and may name it.
func (s *API) decision(do func(context.Context, dsr.Call, string) (dsr.Request, error)) handler {
	return func(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
		id, err := edge.RequestID(r)
		if err != nil {
			return err
		}
		var in archiveInput
		call, err := readCall(w, r, by, &in, true)
		if err != nil {
			return err
		}
		return answerRequest(w)(do(r.Context(), in.into(call), id))
	}
}

// extendInput is the body of POST …/extend.
type extendInput struct {
	Months int    `json:"months"`
	Reason string `json:"reason"`
}

func (s *API) extend(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
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

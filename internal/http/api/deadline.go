package api

import (
	"net/http"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// extendInput is the body of POST …/extend. months is left out where the regime counts days.
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
	return answerRequest(w)(s.svc.Extend(r.Context(), call, id, dsr.Extension{Months: in.Months, Reason: in.Reason}))
}

// pauseInput is the body of POST …/pause; without a day it is today.
type pauseInput struct {
	Reason  string  `json:"reason"`
	AskedOn *string `json:"asked_on"`
}

func (s *API) pause(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	var in pauseInput
	call, err := readCall(w, r, by, &in, true)
	if err != nil {
		return err
	}
	p := dsr.Pause{Reason: dsr.PauseReason(in.Reason)}
	if p.AskedOn, err = optionalDay("asked_on", in.AskedOn); err != nil {
		return err
	}
	return answerRequest(w)(s.svc.Pause(r.Context(), call, id, p))
}

// resumeInput is the body of POST …/resume; without a day it is today.
type resumeInput struct {
	AnsweredOn *string `json:"answered_on"`
}

func (s *API) resume(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	var in resumeInput
	call, err := readCall(w, r, by, &in, true)
	if err != nil {
		return err
	}
	on, err := optionalDay("answered_on", in.AnsweredOn)
	if err != nil {
		return err
	}
	return answerRequest(w)(s.svc.Resume(r.Context(), call, id, on))
}

// optionalDay reads a day; empty where there is none.
func optionalDay(field string, text *string) (dsr.Day, error) {
	if text == nil {
		return "", nil
	}
	return dsr.ParseDay(field, *text)
}

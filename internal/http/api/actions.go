package api

import (
	"context"
	"net/http"
	"slices"
	"unicode/utf8"

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

// approveInput is the body of POST …/approve, rejectInput that of POST …/reject.
type (
	approveInput struct {
		archiveInput
		Comment string `json:"comment"`
	}
	rejectInput struct {
		archiveInput
		Reason string `json:"reason"`
	}
)

func (in approveInput) call(call dsr.Call) (dsr.Call, error) {
	call.Note = in.Comment
	return in.into(call), checkNote("comment", in.Comment)
}

func (in rejectInput) call(call dsr.Call) (dsr.Call, error) {
	call.Note = in.Reason
	return in.into(call), checkNote("reason", in.Reason)
}

func checkNote(field, text string) error {
	if utf8.RuneCountInString(text) > dsr.MaxNoteRunes {
		return dsr.TooLong(field, dsr.MaxNoteRunes, "characters")
	}
	return nil
}

// decision is action for a call about an archive, which it may name, with a note.
func decision[In interface {
	call(c dsr.Call) (dsr.Call, error)
}](do func(context.Context, dsr.Call, string) (dsr.Request, error)) handler {
	return func(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
		id, err := edge.RequestID(r)
		if err != nil {
			return err
		}
		var in In
		call, err := readCall(w, r, by, &in, true)
		if err != nil {
			return err
		}
		if call, err = in.call(call); err != nil {
			return err
		}
		return answerRequest(w)(do(r.Context(), call, id))
	}
}

// answeredInput is the body of POST …/answered; what is absent follows from the result.
type answeredInput struct {
	archiveInput
	Outcome *string `json:"outcome"`
	ToldOn  *string `json:"told_on"`
	Note    string  `json:"note"`
}

func (s *API) answered(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	var in answeredInput
	call, err := readCall(w, r, by, &in, true)
	if err != nil {
		return err
	}
	a, err := in.answer()
	if err != nil {
		return err
	}
	return answerRequest(w)(s.svc.Answered(r.Context(), in.into(call), id, a))
}

func (in answeredInput) answer() (a dsr.Answer, err error) {
	a.Note = in.Note
	if in.Outcome != nil {
		if a.Outcome = dsr.Outcome(*in.Outcome); !slices.Contains(dsr.Outcomes, a.Outcome) {
			return a, dsr.UnknownOutcome()
		}
	}
	a.ToldOn, err = optionalDay("told_on", in.ToldOn)
	return a, err
}

// reopenInput is the body of POST …/reopen.
type reopenInput struct {
	Reason string `json:"reason"`
}

func (s *API) reopen(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	var in reopenInput
	call, err := readCall(w, r, by, &in, true)
	if err != nil {
		return err
	}
	return answerRequest(w)(s.svc.Reopen(r.Context(), call, id, in.Reason))
}

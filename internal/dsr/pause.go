package dsr

import (
	"slices"
	"strings"
)

// PauseReason is why the clock rests until the data subject has answered.
type PauseReason string

const (
	PauseIdentity      PauseReason = "identity"      // there are doubts about who asks (Art. 12(6) GDPR)
	PauseClarification PauseReason = "clarification" // it is not clear what is asked for
	PauseFee           PauseReason = "fee"           // a fee that may be charged has not been paid
)

// PauseReasons are all of them.
var PauseReasons = []PauseReason{PauseIdentity, PauseClarification, PauseFee}

// Pause is a time in which the clock rests. It never touches the search.
type Pause struct {
	Reason     PauseReason
	AskedOn    Day
	AnsweredOn Day // empty while it goes on
}

// Paused reports whether the clock of r rests now.
func (r Request) Paused() bool {
	return slices.ContainsFunc(r.Pauses, func(p Pause) bool { return p.AnsweredOn == "" })
}

// Kept reports whether nothing of r is deleted by plan: a legal hold keeps it, or its clock
// rests, so that its deadline is not known (the store in SQL: mayGo).
func (r Request) Kept() bool { return r.Hold != nil || r.Paused() && r.ClockRuns() }

// MayPause returns nil when the clock of r may rest from the day p was asked on; received
// is the day of receipt.
func (r Request) MayPause(p Pause, received, today Day) error {
	regime, _ := RegimeOf(r.Regime)
	switch {
	case !r.ClockRuns():
		return Errorf(Conflict, "wrong_status", "the clock of this request has stopped; it cannot rest")
	case !slices.Contains(PauseReasons, p.Reason):
		return FieldErrorf("reason", "must be one of: identity, clarification, fee")
	case !slices.Contains(regime.Pauses, p.Reason):
		return FieldErrorf("reason", "the regime %s has no pause for this reason; it has %s", r.Regime, pauseNames(regime.Pauses))
	case r.Paused():
		return Errorf(Conflict, "already_paused", "the clock rests already; resume it first")
	case p.AskedOn > today:
		return FieldErrorf("asked_on", "lies in the future; give the day on which the person was asked")
	case p.AskedOn < received:
		return FieldErrorf("asked_on", "lies before the day of receipt, %s", received)
	case len(r.Pauses) > 0 && p.AskedOn < r.Pauses[len(r.Pauses)-1].AnsweredOn:
		return FieldErrorf("asked_on", "lies in an earlier pause, which ended on %s", r.Pauses[len(r.Pauses)-1].AnsweredOn)
	}
	return nil
}

func pauseNames(reasons []PauseReason) string {
	if len(reasons) == 0 {
		return "none"
	}
	var names []string
	for _, r := range reasons {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

// MayResume returns nil when the pause of r may end on a day.
func (r Request) MayResume(on, today Day) error {
	if !r.Paused() {
		return Errorf(Conflict, "not_paused", "the clock of this request does not rest")
	}
	switch asked := r.Pauses[len(r.Pauses)-1].AskedOn; {
	case on > today:
		return FieldErrorf("answered_on", "lies in the future; give the day on which the person answered")
	case on < asked:
		return FieldErrorf("answered_on", "lies before the day on which the person was asked, %s", asked)
	}
	return nil
}

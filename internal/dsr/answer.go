package dsr

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Outcome is how a request ended for the data subject.
type Outcome string

const (
	Given     Outcome = "given"     // the person has all of it
	Partly    Outcome = "partly"    // the person has some of it and was told why not the rest
	Refused   Outcome = "refused"   // Art. 12(4) and (5) GDPR: with reasons
	NotHeld   Outcome = "not_held"  // nothing is held about the person
	Withdrawn Outcome = "withdrawn" // the person asked for it no longer
	Duplicate Outcome = "duplicate" // another request answers it
)

// Outcomes are all of them.
var Outcomes = []Outcome{Given, Partly, Refused, NotHeld, Withdrawn, Duplicate}

// unseen are the outcomes for which nobody needs to have looked at a result.
var unseen = []Outcome{Refused, Withdrawn, Duplicate}

// Answer ends a request: it stops the clock, whatever the status of the search.
type Answer struct {
	Outcome Outcome // empty: what the result says, see Request.AnsweredWith
	ToldOn  Day     // when the person was told; empty: today
	Note    string  // for staff; sealed
}

// MaxNoteRunes bounds the notes that people write.
const MaxNoteRunes = 4000

// AnsweredWith is a, with what it leaves open filled in, if r can be answered with it on
// the day today; received is the day of receipt. Else an *Error.
func (r Request) AnsweredWith(a Answer, received, today Day) (Answer, error) {
	if a.ToldOn == "" {
		a.ToldOn = today
	}
	if a.Outcome == "" {
		a.Outcome = r.outcome()
	}
	if err := a.check(received, today); err != nil {
		return a, err
	}
	return a, r.mayAnswer(a.Outcome)
}

// outcome is what a result says by itself; empty when it says nothing.
func (r Request) outcome() Outcome {
	switch {
	case r.Released == nil && r.Status != Expired || r.Result == nil:
		return ""
	case r.Result.Conversations == 0:
		return NotHeld
	case r.Withheld != (WithheldCount{}):
		return Partly
	}
	return Given
}

func (a Answer) check(received, today Day) error {
	switch {
	case a.Outcome != "" && !slices.Contains(Outcomes, a.Outcome):
		return UnknownOutcome()
	case a.ToldOn > today:
		return FieldErrorf("told_on", "lies in the future; give the day on which the person was told")
	case a.ToldOn < received:
		return FieldErrorf("told_on", "lies before the day of receipt, %s", received)
	case utf8.RuneCountInString(a.Note) > MaxNoteRunes:
		return TooLong("note", MaxNoteRunes, "characters")
	}
	return nil
}

// mayAnswer returns nil when r may be answered with o: once, from every status in which
// nothing moves by itself. A result that waits for a decision is not given out unseen.
func (r Request) mayAnswer(o Outcome) error {
	switch {
	case !r.AnsweredAt.IsZero():
		return Errorf(Conflict, "already_answered", "the request has been answered before; reopen it first if that was wrong")
	case r.Status.Open():
		return Errorf(Conflict, "wrong_status", "a request that is %s cannot be answered; cancel it, or wait for its end", r.Status)
	case o == "":
		return FieldErrorf("outcome", "is missing, and the result does not say it; give one of: %s", outcomeNames())
	case r.Status == Review && !slices.Contains(unseen, o):
		return Errorf(Conflict, "wrong_status", "the result waits in review; approve or reject it first, or answer with refused, withdrawn or duplicate")
	}
	return nil
}

// UnknownOutcome is the error about an outcome that is none of Outcomes.
func UnknownOutcome() error { return FieldErrorf("outcome", "must be one of: %s", outcomeNames()) }

func outcomeNames() string {
	names := make([]string, len(Outcomes))
	for i, o := range Outcomes {
		names[i] = string(o)
	}
	return strings.Join(names, ", ")
}

// MayReopen returns nil when the answer of r may be taken back.
func (r Request) MayReopen() error {
	if r.AnsweredAt.IsZero() {
		return Errorf(Conflict, "wrong_status", "the request has not been answered, so there is nothing to reopen")
	}
	return nil
}

// ClockRuns reports whether the data subject still waits for an answer: whatever lists,
// pages or counts what is open or overdue asks this (the store in SQL: clockRuns).
func (r Request) ClockRuns() bool {
	return r.AnsweredAt.IsZero() && r.Status != Cancelled && r.Status != Purged
}

// Day is a day of the calendar, as in "2025-06-30". Days compare as strings. Empty: none.
type Day string

// DayOf is the day that t falls on in loc.
func DayOf(t time.Time, loc *time.Location) Day { return Day(t.In(loc).Format(time.DateOnly)) }

// ParseDay reads a day; an *Error names the field.
func ParseDay(field, text string) (Day, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil || t.Year() < 1970 || t.Year() > 9998 {
		return "", FieldErrorf(field, "is not a day such as 2025-06-30")
	}
	return Day(text), nil
}

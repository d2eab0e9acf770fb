package ui

import (
	"strings"
	"time"

	"dsr-server/internal/dsr"
)

// dueAt is when a request is due that is received at t.
func (p *pages) dueAt(t time.Time) time.Time {
	return p.opts.Deadlines.At(dsr.Request{ReceivedAt: t})
}

// pauseReason says why the clock of a request rests, as a part of a sentence.
func (p *pages) pauseReason(reason dsr.PauseReason) string {
	switch reason {
	case dsr.PauseIdentity:
		return p.say("the person has been asked who they are")
	case dsr.PauseClarification:
		return p.say("the person has been asked what they mean")
	case dsr.PauseFee:
		return p.say("a fee has been asked for")
	}
	return string(reason)
}

// rests reports whether the clock of a request rests: of one that nobody has to answer any
// more it has stopped.
func rests(r dsr.Request) bool { return r.ClockRuns() && r.Paused() }

// paused says since when the clock of a request rests, and why; empty if it does not.
func (p *pages) paused(r dsr.Request) string {
	if !rests(r) {
		return ""
	}
	last := r.Pauses[len(r.Pauses)-1]
	return p.say("The clock has rested since %s: %s. Each day until it runs again moves the deadline by one.", p.date(last.AskedOn), p.pauseReason(last.Reason))
}

// dueBecause says what the deadline of a request follows from.
func (p *pages) dueBecause(r dsr.Request) string { return p.clockWords(p.opts.Deadlines.Clock(r)) }

// clockWords says what a deadline follows from, a sentence for each part of it.
func (p *pages) clockWords(c dsr.Clock) string {
	parts := []string{p.say("One month from the day of receipt, %s (%s).", p.date(c.Received), c.Regime.Law)}
	if c.Regime.Months == 0 {
		parts[0] = p.say("%s from the day of receipt, %s (%s).", p.count(int64(c.Regime.Days), "day"), p.date(c.Received), c.Regime.Law)
	}
	if c.Extended > 0 {
		parts = append(parts, p.say("Extended by %s.", p.extensionWords(c.Regime, c.Extended)))
	}
	if n := dsr.Rested(c.Pauses); n > 0 {
		parts = append(parts, p.say("The clock rested for %s.", p.count(int64(n), "day")))
	}
	straight := c
	straight.Regime.Rolls = false
	if d := straight.Due(p.opts.Deadlines.Working); d != c.Due(p.opts.Deadlines.Working) {
		parts = append(parts, p.say("%s is no working day, so it is the next one.", p.date(d)))
	}
	return strings.Join(parts, " ")
}

// extensionWords is an extension in the regime's unit.
func (p *pages) extensionWords(regime dsr.Regime, n int) string {
	if regime.MoreMonths == 0 {
		return p.count(int64(n), "day")
	}
	return p.count(int64(n), "month")
}

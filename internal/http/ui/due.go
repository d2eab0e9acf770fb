package ui

import (
	"time"

	"dsr-server/internal/dsr"
)

// dueAt is when a request is due that is received at t.
func (p *pages) dueAt(t time.Time) time.Time {
	return p.opts.Deadlines.At(dsr.Request{ReceivedAt: t})
}

var pauseWords = map[dsr.PauseReason]string{
	dsr.PauseIdentity:      "the person has been asked who they are",
	dsr.PauseClarification: "the person has been asked what they mean",
	dsr.PauseFee:           "a fee has been asked for",
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
	return "The clock has rested since " + p.date(last.AskedOn) + ": " + pauseWords[last.Reason] + ". Each day until it runs again moves the deadline by one."
}

package dsr

import "time"

// SourceHealth is a configured source and how it has answered so far.
type SourceHealth struct {
	Name string
	Type string
	Lane string // the vendor's host
	SourceState
}

// Health is a source's state in a word.
type Health string

const (
	HealthGood    Health = "good"    // it gave a page, and has not been silent since
	HealthSnoozed Health = "snoozed" // it failed so often that it is left alone for a while
	HealthUnknown Health = "unknown" // nothing has been asked of it yet
)

// Health says how the source is at now.
func (s SourceState) Health(now time.Time) Health {
	switch {
	case now.Before(s.SnoozedUntil):
		return HealthSnoozed
	case s.LastGood.IsZero():
		return HealthUnknown
	}
	return HealthGood
}

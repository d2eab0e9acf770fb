package dsr

import (
	"cmp"
	"time"
)

// Deadlines says when requests are due. The zero value is the GDPR, in UTC, without public
// holidays.
type Deadlines struct {
	Regime   string         // the law of requests that name none
	Location *time.Location // whose days are meant
	Working  WorkingDay
}

// Filled is d with the zero value's meaning written out.
func (d Deadlines) Filled() Deadlines {
	d.Regime = cmp.Or(d.Regime, DefaultRegime)
	d.Location = cmp.Or(d.Location, time.UTC)
	if d.Working == nil {
		d.Working = NoWeekend
	}
	return d
}

// Day is the day that t falls on.
func (d Deadlines) Day(t time.Time) Day { return DayOf(t, d.Location) }

// On is the last day on which the data subject of r may be told.
func (d Deadlines) On(r Request) Day { return d.Clock(r).Due(d.Working) }

// At is the end of that day.
func (d Deadlines) At(r Request) time.Time { return d.On(r).End(d.Location) }

// Because says what the deadline of r follows from.
func (d Deadlines) Because(r Request) string { return d.BecauseIn(r, isoDay) }

// BecauseIn is Because with its days as written shows them.
func (d Deadlines) BecauseIn(r Request, written func(Day) string) string {
	return d.Clock(r).Explain(d.Working, written)
}

func isoDay(d Day) string { return string(d) }

// Clock is what the deadline of r follows from.
func (d Deadlines) Clock(r Request) Clock {
	regime, _ := RegimeOf(cmp.Or(r.Regime, d.Regime))
	return Clock{Regime: regime, Received: d.Day(r.ReceivedAt), Extended: r.ExtendedSoFar, Pauses: r.Pauses}
}

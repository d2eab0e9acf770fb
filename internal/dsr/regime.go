package dsr

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Regime is the law that a deadline follows from, as data.
type Regime struct {
	Name         string
	Months, Days int  // the period, from the day of receipt: one of the two
	Rolls        bool // a deadline on a day that is no working day goes on to the next one
	Pauses       []PauseReason
	// What an extension adds: up to so many months, or exactly so many days. Neither: none.
	MoreMonths, MoreDays int
	Law                  string // where the period comes from
}

// DefaultRegime is that of requests which name none.
const DefaultRegime = "gdpr"

// regimes by name.
var regimes = map[string]Regime{
	"gdpr": {Months: 1, MoreMonths: 2, Pauses: []PauseReason{PauseIdentity, PauseClarification}, Law: "Art. 12(3) GDPR"},
	"uk":   {Months: 1, MoreMonths: 2, Pauses: []PauseReason{PauseIdentity, PauseClarification, PauseFee}, Rolls: true, Law: "Art. 12 and 12A UK GDPR"},
	"ccpa": {Days: 45, MoreDays: 45, Law: "CCPA Regulations § 7021"},
	"lgpd": {Days: 15, Law: "Art. 19 LGPD"},
	"ch":   {Days: 30, MoreMonths: 2, Law: "Art. 18 of the Swiss Data Protection Ordinance"},
}

// RegimeNames are the names that RegimeOf knows, sorted.
func RegimeNames() []string { return slices.Sorted(maps.Keys(regimes)) }

// RegimeOf is the regime of a name.
func RegimeOf(name string) (r Regime, known bool) {
	r, known = regimes[name]
	r.Name = name
	return r, known
}

// Clock is all that a deadline follows from.
type Clock struct {
	Regime   Regime
	Received Day
	Extended int // months, or days, as the regime counts them
	Pauses   []Pause
}

// WorkingDay reports whether a day is none of rest. Weekends are; who knows the public
// holidays of a country knows more.
type WorkingDay func(Day) bool

// NoWeekend is the WorkingDay that knows of no holidays.
func NoWeekend(d Day) bool {
	weekday := d.time().Weekday()
	return weekday != time.Saturday && weekday != time.Sunday
}

// Due is the last day on which the data subject may be told: the day in the month in
// question that has the number of the day of receipt, or that month's last day (Regulation
// 1182/71, Art. 3), or so many days after it; and one day later for each day that the clock
// rested.
func (c Clock) Due(working WorkingDay) Day {
	months, days := c.Regime.Months, c.Regime.Days+c.rested()
	if c.Regime.MoreMonths > 0 {
		months += c.Extended
	} else {
		days += c.Extended
	}
	d := c.Received.addMonths(months).Add(days)
	if c.Regime.Rolls {
		d = d.next(1, working)
	}
	return d
}

// Explain says in a sentence what the deadline follows from; written shows its days.
func (c Clock) Explain(working WorkingDay, written func(Day) string) string {
	var b strings.Builder
	if c.Regime.Months > 0 {
		fmt.Fprintf(&b, "one month from the day of receipt, %s (%s)", written(c.Received), c.Regime.Law)
	} else {
		fmt.Fprintf(&b, "%d days from the day of receipt, %s (%s)", c.Regime.Days, written(c.Received), c.Regime.Law)
	}
	if c.Extended > 0 {
		fmt.Fprintf(&b, "; extended by %d %s", c.Extended, c.Regime.unit(c.Extended))
	}
	if n := c.rested(); n > 0 {
		fmt.Fprintf(&b, "; the clock rested for %s", manyDays(n))
	}
	straight := c
	straight.Regime.Rolls = false
	if d := straight.Due(working); d != c.Due(working) {
		fmt.Fprintf(&b, "; %s is no working day, so it is the next one", written(d))
	}
	return b.String()
}

func manyDays(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}

func (r Regime) unit(n int) string {
	switch {
	case r.MoreMonths == 0:
		return "days"
	case n == 1:
		return "month"
	}
	return "months"
}

// rested is for how many days the clock has rested; of a pause that goes on none are
// counted before it ends.
func (c Clock) rested() (days int) { return Rested(c.Pauses) }

// Rested is for how many days a clock with these pauses has rested.
func Rested(pauses []Pause) (days int) {
	for _, p := range pauses {
		if p.AnsweredOn != "" {
			days += p.AnsweredOn.since(p.AskedOn)
		}
	}
	return days
}

// Around are the working days before and after a day that is none; empty for one that is.
func (d Day) Around(working WorkingDay) (before, after Day) {
	if working(d) {
		return "", ""
	}
	return d.next(-1, working), d.next(1, working)
}

// next is d, or the first working day in steps from it.
func (d Day) next(step int, working WorkingDay) Day {
	for range 30 { // no country rests for longer
		if working(d) {
			return d
		}
		d = d.Add(step)
	}
	return d
}

// time is the day's midnight in UTC, where every day has 24 hours.
func (d Day) time() time.Time {
	t, _ := time.Parse(time.DateOnly, string(d)) // days are made by DayOf and ParseDay
	return t
}

// Add is so many days later.
func (d Day) Add(days int) Day { return Day(d.time().AddDate(0, 0, days).Format(time.DateOnly)) }

// since is how many days d lies after e.
func (d Day) since(e Day) int { return int(d.time().Sub(e.time()).Hours() / 24) }

func (d Day) addMonths(months int) Day {
	y, m, day := d.time().Date()
	last := time.Date(y, m+time.Month(months)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return Day(time.Date(y, m+time.Month(months), min(day, last), 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
}

// Begin is the first moment of the day in loc.
func (d Day) Begin(loc *time.Location) time.Time {
	y, m, day := d.time().Date()
	return time.Date(y, m, day, 0, 0, 0, 0, loc).UTC()
}

// End is the last second of the day in loc.
func (d Day) End(loc *time.Location) time.Time {
	y, m, day := d.time().Date()
	return time.Date(y, m, day, 23, 59, 59, 0, loc).UTC()
}

package ui

import (
	"time"

	"dsr-server/internal/dsr"
)

// calendar shows times to people: in their language and time zone, and as seen from now.
type calendar struct {
	tongue
	loc     *time.Location
	working dsr.WorkingDay
	now     func() time.Time
}

// instant is a time as pages show it: for people in the configured time zone, with
// the zone's name, and for programs.
type instant struct {
	Text, Machine string
}

func (c calendar) instant(t time.Time) instant {
	if t.IsZero() {
		return instant{}
	}
	return instant{c.written(t) + t.In(c.loc).Format(", 15:04 MST"), t.UTC().Format(time.RFC3339)}
}

// precise is instant to the second, for the bounds of a window.
func (c calendar) precise(t time.Time) instant {
	if t.IsZero() {
		return instant{}
	}
	return instant{c.written(t) + t.In(c.loc).Format(", 15:04:05 MST"), t.UTC().Format(time.RFC3339)}
}

// written is a day as people write it out.
func (c calendar) written(t time.Time) string {
	t = t.In(c.loc)
	if c.tag == "de" {
		return t.Format("2. ") + c.say(months[t.Month()-1]) + t.Format(" 2006")
	}
	return t.Format("2 January 2006")
}

func (c calendar) weekday(t time.Time) string { return c.say(weekdays[t.In(c.loc).Weekday()]) }

var (
	months   = []text{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	weekdays = []text{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
)

// day is the day that t falls on in the configured time zone.
func (c calendar) day(t time.Time) instant {
	if t.IsZero() {
		return instant{}
	}
	return instant{c.written(t), t.In(c.loc).Format(time.DateOnly)}
}

// date is a day of the calendar as pages show it; its end is on it in every time zone,
// midnight may be none of the hours that it has.
func (c calendar) date(d dsr.Day) string { return c.day(d.End(c.loc)).Text }

// daysUntil counts calendar days from now to t in the configured time zone.
func (c calendar) daysUntil(t, now time.Time) int {
	return civilDay(t.In(c.loc)) - civilDay(now.In(c.loc))
}

// civilDay numbers the days of the calendar, whatever their length.
func civilDay(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// deadlineWords says how far off a due date is; late from the day before, because it
// calls for attention then.
func (c calendar) deadlineWords(due, now time.Time) (words string, late bool) {
	switch n := c.daysUntil(due, now); {
	case now.After(due):
		return c.say("overdue by %s", c.count(int64(max(1, -n)), "day")), true
	case n == 0:
		return c.say("due today"), true
	case n == 1:
		return c.say("due tomorrow"), true
	default:
		return c.say("in %s days", c.number(int64(n))), false
	}
}

// dueView is a due date with all that is shown beside it.
type dueView struct {
	At         instant
	Day        instant
	Words      string
	Late       bool
	Rest       string // what kind of day of rest it is, if it is one: its name, or a public holiday
	WorkingDay string // the one before that
}

func (c calendar) due(t, now time.Time) dueView {
	v := dueView{At: c.instant(t), Day: c.day(t)}
	v.Words, v.Late = c.deadlineWords(t, now)
	if before, _ := dsr.DayOf(t, c.loc).Around(c.working); before != "" {
		v.Rest = c.say("public holiday")
		if !dsr.NoWeekend(dsr.DayOf(t, c.loc)) {
			v.Rest = c.weekday(t)
		}
		v.WorkingDay = c.weekday(before.End(c.loc)) + ", " + c.date(before)
	}
	return v
}

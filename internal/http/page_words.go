package http

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"dsr-server/internal/dsr"
)

// instant is a time as pages show it: for people in the configured time zone, with
// the zone's name, and for programs.
type instant struct {
	Text, Machine string
}

func (p *pages) instant(t time.Time) instant {
	if t.IsZero() {
		return instant{}
	}
	return instant{t.In(p.loc).Format("2 January 2006, 15:04 MST"), t.UTC().Format(time.RFC3339)}
}

// precise is instant to the second, for the bounds of a window.
func (p *pages) precise(t time.Time) instant {
	if t.IsZero() {
		return instant{}
	}
	return instant{t.In(p.loc).Format("2 January 2006, 15:04:05 MST"), t.UTC().Format(time.RFC3339)}
}

// day is the day that t falls on in the configured time zone.
func (p *pages) day(t time.Time) instant {
	if t.IsZero() {
		return instant{}
	}
	return instant{t.In(p.loc).Format("2 January 2006"), t.In(p.loc).Format(time.DateOnly)}
}

// daysUntil counts calendar days from now to t in the configured time zone.
func (p *pages) daysUntil(t, now time.Time) int {
	return civilDay(t.In(p.loc)) - civilDay(now.In(p.loc))
}

// civilDay numbers the days of the calendar, whatever their length.
func civilDay(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// deadlineWords says how far off a due date is; late from the day before, because it
// calls for attention then.
func (p *pages) deadlineWords(due, now time.Time) (words string, late bool) {
	switch n := p.daysUntil(due, now); {
	case now.After(due):
		return "overdue by " + plural(max(1, -n), "day"), true
	case n == 0:
		return "due today", true
	case n == 1:
		return "due tomorrow", true
	default:
		return "in " + plural(n, "day"), false
	}
}

// dueView is a due date with all that is shown beside it.
type dueView struct {
	At         instant
	Day        instant
	Words      string
	Late       bool
	WorkingDay string // the next working day, when the due date is on a weekend
}

func (p *pages) due(t, now time.Time) dueView {
	v := dueView{At: p.instant(t), Day: p.day(t)}
	v.Words, v.Late = p.deadlineWords(t, now)
	if next := dsr.NextWorkingDay(t, p.loc); !next.Equal(t) {
		v.WorkingDay = next.In(p.loc).Format("Monday, 2 January 2006")
	}
	return v
}

// number writes n with thousands separated.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural is "1 page" or "3 pages".
func plural[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return number(int64(n)) + " " + noun + "s"
}

// fileSize is a size as file managers show it.
func fileSize(n int64) string {
	switch {
	case n < 1000:
		return plural(n, "byte")
	case n < 1_000_000:
		return fmt.Sprintf("%.0f kB", float64(n)/1000)
	case n < 1_000_000_000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}

// roughly says a duration in seconds as a person would.
func roughly(seconds int64) string {
	switch {
	case seconds < 10:
		return "a few seconds"
	case seconds < 90:
		return fmt.Sprintf("about %d seconds", (seconds+5)/10*10)
	case seconds < 90*60:
		return "about " + plural((seconds+30)/60, "minute")
	case seconds < 36*3600:
		return "about " + plural((seconds+1800)/3600, "hour")
	}
	return "about " + plural((seconds+43200)/86400, "day")
}

// inWords writes words as a list: "a, b and c".
func inWords(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// statusView is a status in words. Tone only picks a colour; the words say it all.
type statusView struct {
	Word, Tone string
}

var statusWords = map[dsr.Status]statusView{
	dsr.Queued:    {"Waiting to start", "busy"},
	dsr.Running:   {"Searching", "busy"},
	dsr.Review:    {"Needs a decision", "attention"},
	dsr.Ready:     {"Ready to download", "good"},
	dsr.Rejected:  {"Rejected", "quiet"},
	dsr.Expired:   {"Archive expired", "quiet"},
	dsr.Cancelled: {"Cancelled", "quiet"},
	dsr.Failed:    {"Failed", "bad"},
	dsr.Purged:    {"Deleted", "quiet"},
}

// statusOfRequest is the status in words; a result that is not complete says so.
func statusOfRequest(r dsr.Request) statusView {
	v := statusWords[r.Status]
	if r.Status == dsr.Ready && r.Complete != nil && !*r.Complete {
		return statusView{"Ready, but incomplete", "bad"}
	}
	return v
}

// shortID is enough of an id to tell requests on a page apart.
func shortID(id string) string {
	if len(id) > 13 {
		return id[:8] + "…" + id[len(id)-4:]
	}
	return id
}

// nameOf is what pages call a request: the caller's reference, or our id shortened.
func nameOf(r dsr.Request) string {
	if r.Reference != "" {
		return r.Reference
	}
	return shortID(r.ID)
}

// whoIs is a principal's id as staff read it.
func whoIs(principal string) string {
	kind, name, found := strings.Cut(principal, ":")
	switch {
	case found && kind == "user":
		return name
	case found && kind == "token":
		return name + " (API token)"
	}
	return principal
}

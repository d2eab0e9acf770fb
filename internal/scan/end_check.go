package scan

import (
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// A chain is over when the vendor says so with a cursor of null. When the cursor is
// absent or empty instead, that may be the vendor's way to say it, or the rest was lost.
// So the end is verified: the reader asks once more for the interval in which the rest
// would lie, and believes the end when nothing new is there. docs/quirks.md, Q3, has the
// argument. The unit's position holds the interval, so that a crash does not lose it.

// orderTracker knows in which order a chain's records come, as far as it has shown.
type orderTracker struct {
	last        time.Time
	ups, downs  int
	first, late time.Time // earliest and latest
	records     int64
	largest     int // page so far
}

// take takes the time of the next record in; one without a readable time says nothing.
func (c *orderTracker) take(t time.Time) {
	c.records++
	if t.IsZero() {
		return
	}
	after, before := c.last, c.last
	if c.last.IsZero() { // the chain goes on where another reader left it, or after its end
		after, before = c.late, c.first
	}
	switch {
	case before.IsZero():
	case t.After(after):
		c.ups++
	case t.Before(before):
		c.downs++
	}
	c.last, c.first, c.late = t, sooner(c.first, t), later(c.late, t)
}

// verification is where to look after an end that was not confirmed; nil when nothing has
// been seen, so that there is nothing to go by. Oldest first: from the last record on, and all
// that is missing lies there. Newest first: up to the first record. In no order: the rest
// may be anywhere, and an interval with about half a page of records, at most half of all,
// shows some of it. A second on either side allows for ends that are not inclusive.
func (c orderTracker) verification(interval dsr.Interval, perPage int) *dsr.Verification {
	if c.records == 0 {
		return nil
	}
	if c.first.IsZero() {
		return &dsr.Verification{Interval: interval}
	}
	width := int64(1)
	if c.ups > 0 && c.downs > 0 {
		span := int64(c.late.Sub(c.first) / time.Second)
		width += span * min(int64(perPage), c.records) / 2 / c.records
	}
	v := &dsr.Verification{Interval: interval, Completes: c.ups > 0 && c.downs == 0}
	if c.downs > c.ups {
		v.Interval.End = min(interval.End, c.first.Unix()+width+1)
	} else {
		v.Interval.Start = max(interval.Start, c.late.Unix()-width)
	}
	if v.Interval.Empty() { // records outside of the interval: look at all of it
		v.Interval = interval
	}
	return v
}

// minFullPage: on smaller pages, being full is no evidence that more follows.
const minFullPage = 10

// full reports whether a page holds as many records as were asked for, or as any page
// before it: one that ends a chain seldom does, one after which the rest was lost does.
func (c orderTracker) full(n, perPage int) bool {
	return n >= minFullPage && (n >= perPage || n >= c.largest && c.largest > 0)
}

// nextStep decides where the chain goes on after a page, of which so many records are
// new, and notes it in commit. u is the unit before the page. False: the end that was
// believed so far was none, and reading on would not mend it.
func (c *orderTracker) nextStep(commit *dsr.Commit, b export.Batch, u dsr.Unit, fresh int) bool {
	n, verify := len(b.Records), u.Position.Verify
	full := c.full(n, u.PerPage)
	c.largest = max(c.largest, n)
	switch {
	case verify != nil && !verify.Completes && fresh > 0:
		return false
	case commit.Unit.State != dsr.UnitDone: // there is another page
		return true
	case !b.Suspect: // confirmed, or what follows is not wanted
		return true
	case verify != nil && fresh == 0:
		return n < max(u.PerPage, minFullPage)
	}
	c.last = time.Time{}
	v := c.verification(u.Interval, u.PerPage)
	if v != nil {
		commit.Unit.State, commit.Unit.Position = dsr.UnitReading, dsr.Position{Verify: v}
	}
	return v == nil || v.Completes || !full
}

// middle is the moment between the earliest and the latest record; 0 if none has a time.
func (c orderTracker) middle() int64 {
	if c.first.IsZero() {
		return 0
	}
	return (c.first.Unix() + c.late.Unix()) / 2
}

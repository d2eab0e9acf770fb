package fulfil

import (
	"fmt"
	"strings"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// A chain is over when the vendor says so with a cursor of null. When the cursor is
// absent or empty instead, that may be the vendor's way to say it, or the rest was lost.
// So the reader looks behind the end: it asks once more for the stretch in which the rest
// would lie, its tail, and believes the end when nothing new is there. docs/quirks.md,
// Q3, has the argument.

// place is where the next page of a range is asked for: in the range itself, or in its
// tail. The range's cursor holds it, so that a crash does not lose it.
type place struct {
	reach  dsr.Reach
	cursor string // the vendor's
	tail   bool
	// onward is set when everything that may be missing lies in the tail, so that reading
	// it completes the range. Otherwise the tail is a sample: what is new in it says that
	// the range must be read again in smaller pieces.
	onward bool
}

// tailMark begins a cursor that is a place. No vendor's cursor does: those have been
// decoded as text, and this is none.
const tailMark = "\xff"

func placeOf(g dsr.Range) place {
	text, tail := strings.CutPrefix(g.Cursor, tailMark)
	if !tail {
		return place{reach: g.Reach, cursor: g.Cursor}
	}
	p := place{tail: true}
	head, cursor, _ := strings.Cut(text, "|")
	if _, err := fmt.Sscanf(head, "%t %d %d", &p.onward, &p.reach.Start, &p.reach.End); err != nil {
		return place{reach: g.Reach} // cannot be; from the beginning then
	}
	p.cursor = cursor
	return p
}

// before is the cursor of a range for the page behind this one.
func (p place) before(cursor string) string {
	if !p.tail {
		return cursor
	}
	return fmt.Sprintf("%s%t %d %d|%s", tailMark, p.onward, p.reach.Start, p.reach.End, cursor)
}

// course is the order in which a chain's records come, as far as it has shown.
type course struct {
	last        time.Time
	ups, downs  int
	first, late time.Time // earliest and latest
	records     int64
	largest     int // page so far
}

// take takes the time of the next record in; one without a readable time says nothing.
func (c *course) take(t time.Time) {
	c.records++
	if t.IsZero() {
		return
	}
	after, before := c.last, c.last
	if c.last.IsZero() { // the chain goes on where another reader left it, or in its tail
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

// tail is where to look behind an end that was not confirmed; false when nothing has been
// seen, so that there is nothing to go by. Oldest first: from the last record on, and all
// that is missing lies there. Newest first: up to the first record. In no order: the rest
// may be anywhere, and a stretch with about half a page of records, at most half of all,
// shows some of it. A second on either side allows for ends that are not inclusive.
func (c course) tail(g dsr.Range, perPage int) (p place, ok bool) {
	if c.records == 0 {
		return p, false
	}
	if c.first.IsZero() {
		return place{reach: g.Reach, tail: true}, true
	}
	width := int64(1)
	if c.ups > 0 && c.downs > 0 {
		span := int64(c.late.Sub(c.first) / time.Second)
		width += span * min(int64(perPage), c.records) / 2 / c.records
	}
	p = place{reach: g.Reach, tail: true, onward: c.ups > 0 && c.downs == 0}
	if c.downs > c.ups {
		p.reach.End = min(g.Reach.End, c.first.Unix()+width+1)
	} else {
		p.reach.Start = max(g.Reach.Start, c.late.Unix()-width)
	}
	if p.reach.Start > p.reach.End { // records outside of the range: look at all of it
		p.reach = g.Reach
	}
	return p, true
}

// plenty is how many records a page must have to say something by being full.
const plenty = 10

// full reports whether a page holds as many records as were asked for, or as any page
// before it: one that ends a chain seldom does, one behind which the rest was lost does.
func (c course) full(page export.Page, perPage int) bool {
	n := len(page.Records)
	return n >= plenty && (n >= perPage || n >= c.largest && c.largest > 0)
}

// goOn decides where the chain goes on behind a page, of which so many records are new,
// and notes it in d. False: the end that was believed so far was none, and reading on
// would not mend it.
func (r *reader) goOn(d *digested, page export.Page, at place, fresh int) bool {
	full := r.course.full(page, r.g.PerPage)
	r.course.largest = max(r.course.largest, len(page.Records))
	switch {
	case at.tail && !at.onward && fresh > 0:
		return false
	case page.Cursor != "" && !d.End:
		d.Cursor = at.before(page.Cursor)
		return true
	case !page.Suspect: // confirmed, or what follows is not wanted
		return true
	case at.tail && fresh == 0:
		return len(page.Records) < max(r.g.PerPage, plenty)
	}
	r.course.last, r.behind = time.Time{}, newNovelty()
	tail, seen := r.course.tail(r.g, r.g.PerPage)
	if seen {
		d.Cursor, d.End = tail.before(""), false
	}
	return !seen || tail.onward || !full
}

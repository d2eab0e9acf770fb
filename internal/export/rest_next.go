package export

import (
	"encoding/json"
	"slices"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/match"
)

// restNext is what follows from a page.
type restNext struct {
	records []json.RawMessage // that have not come before
	at      restPosition      // of the next page
	done    bool              // there is none
	suspect bool              // the end was not said in the way that is declared
	moved   bool              // what came is not one list
	differs bool              // there are not as many records as the vendor counts
	more    bool              // the page says that more follows, and not where
	lost    bool              // the page is full, and no answer has the place that is declared
	refused string            // why the next page must not be called
}

// after says what follows from a page. What the end of a list is depends on how the list is
// paged, and a short page never is one.
func (c restChain) after(p restPage, at restPosition) restNext {
	n := restNext{records: p.records, at: at}
	if !at.Begun {
		n.at.Begun, n.at.Total = true, p.total
	}
	n.at.Placed = at.Placed || p.placed
	if c.call.Total != nil {
		n.at.Seen = slices.Clone(at.Seen)
		for i, one := range p.records {
			n.at.Seen.add(recordHash(p.facts[i].ID, one))
		}
	}
	switch c.call.Next.Kind {
	case declared.ByCursor, declared.ByLink, declared.ByLinkHeader:
		c.afterPlace(&n, p, at)
	case declared.ByOffset, declared.ByPage:
		n.at.Offset, n.at.Page = at.Offset+p.different(), at.Page+1
		n.done = len(p.records) == 0 && c.call.End.Kind != declared.EndMember || p.ends
	case declared.ByKeyset:
		c.afterKeyset(&n, p, at)
	}
	if n.done {
		n.more = n.more || p.said.More || p.said.Pages > 1 && !at.Begun
		c.prove(&n, p)
		c.nextPiece(&n)
	}
	return n
}

// different counts the records of a page, each once: to go on behind one that came twice, as
// if it were two of the list, would leave out another.
func (p restPage) different() int64 {
	var seen hashes
	for i, one := range p.records {
		seen.add(recordHash(p.facts[i].ID, one))
	}
	return int64(len(seen))
}

// afterPlace goes where the page says that the next one is.
func (c restChain) afterPlace(n *restNext, p restPage, at restPosition) {
	empty := len(p.records) == 0
	switch c.call.End.Kind {
	case declared.EndMember:
		n.done = p.ends
	case declared.EndEmpty:
		n.done = empty
	}
	switch {
	case n.done:
		return
	case p.place.state == cursorNext:
		c.goTo(n, p.place, at)
		return
	case p.place.state == cursorUnusable:
		n.more = true
	}
	n.done, n.lost = true, c.lacksPlace(p, n.at)
	switch c.call.End.Kind {
	case declared.EndNull:
		n.suspect = p.place.state != cursorNull
	case declared.EndEmpty:
		n.suspect = true
	case declared.EndMember:
		n.more = true
	}
}

// lacksPlace reports whether a page has as many records as were asked for, or as it is taken to
// hold where no size is sent, and no answer so far has the declared place of the next one, not
// even with null: it may be elsewhere. A total proves by itself that nothing is missing.
func (c restChain) lacksPlace(p restPage, at restPosition) bool {
	if at.Placed || c.call.Next.Path == nil || c.call.Total != nil {
		return false
	}
	if !c.call.Uses(declared.Size) {
		return len(p.records) == c.q.perPage
	}
	return len(p.records) >= c.size()
}

// goTo notes where the next page is.
func (c restChain) goTo(n *restNext, next place, at restPosition) {
	if c.call.Next.Kind == declared.ByCursor {
		n.at.Cursor, n.at.Numeric = next.text, next.numeric
		return
	}
	n.at.Link, n.refused = c.follow(next.text, at)
}

// afterKeyset goes on from the last record's time, which that record itself comes with again.
// A page without it, or one whose times go back, is not what was asked for, so that its end is
// none.
func (c restChain) afterKeyset(n *restNext, p restPage, at restPosition) {
	if at.Past {
		n.at.Past, n.done = false, len(p.records) == 0 && at.Most < c.leastCap()
		return
	}
	unit := c.call.Unit().Unit()                                   // within which a record may write its time less exactly than it is listed by
	from, last := floor(c.span(at).from, unit), floor(at.At, unit) // as exactly as it is sent
	n.records = nil
	for i, one := range p.records {
		t := c.timeOf(p.facts[i])
		if before := t.Add(unit); t.IsZero() || before.Before(from) || before.Before(last) {
			n.moved = true
			continue
		}
		if seen := (nearRecord{t, recordHash(p.facts[i].ID, one)}); !slices.Contains(n.at.Near, seen) {
			n.records, n.at.Near = append(n.records, one), append(slices.Clip(n.at.Near), seen)
		}
		last = later(last, t)
	}
	n.moved = n.moved || len(p.records) == 0 && len(at.Near) > 0
	n.done = n.moved || len(n.records) == 0
	if n.done && !n.moved && c.mayBeCut(p, at) {
		n.done, n.at.Past = false, len(p.records) < c.size()
	}
	last = later(last, at.At)
	n.at.At, n.at.Most = last, max(at.Most, len(p.records))
	n.at.Near = slices.DeleteFunc(slices.Clone(n.at.Near), func(r nearRecord) bool { return r.At.Before(last.Add(-3 * unit)) })
}

// timeOf is the time that a keyset goes on from.
func (c restChain) timeOf(f match.Facts) time.Time {
	switch {
	case c.q.endpoint == dsr.Messages:
		return f.Time
	case slices.Equal(c.call.Next.Path, c.r.d.Fields.Conversation.Start):
		return f.Start
	}
	return f.LastAction
}

// mayBeCut reports whether a page without a new record may have been cut off before one came.
// A full page may, whatever its times are. Where the page has fewer records than were asked for,
// the vendor may give no more: if all are of the moment that was asked from on, as exactly as it
// is sent, the chain looks behind that moment.
func (c restChain) mayBeCut(p restPage, at restPosition) bool {
	if len(p.records) >= c.size() {
		return true
	}
	unit := c.call.Unit().Unit()
	for _, f := range p.facts {
		if !floor(c.timeOf(f), unit).Equal(floor(at.At, unit)) {
			return false
		}
	}
	return len(p.records) >= max(at.Most, 2)
}

// leastCap is the fewest records at which a vendor may cut its pages without a word. As many of
// one moment, and none behind it, are no proof that they are all. Fewer are: else no list of two
// records of one moment could be read to its end.
func (c restChain) leastCap() int { return max(2, min(c.size()/2, 10)) }

// prove compares what the vendor counts with what has come.
func (c restChain) prove(n *restNext, p restPage) {
	if c.call.Total != nil {
		first, seen := n.at.Total, int64(len(n.at.Seen))
		n.differs = first != p.total || first != seen
	}
}

// nextPiece goes on with the next part of the interval, where there is one. An end that is not
// clear can be looked into after the last part only.
func (c restChain) nextPiece(n *restNext) {
	if _, last := c.interval(n.at); last || n.moved || n.differs || n.more || n.lost {
		n.moved = n.moved || n.at.Doubt
		return
	}
	n.done = false
	n.at = restPosition{Piece: n.at.Piece + 1, Placed: n.at.Placed, Doubt: n.at.Doubt || n.suspect}
	n.suspect = false
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

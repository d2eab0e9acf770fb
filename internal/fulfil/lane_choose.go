package fulfil

import (
	"slices"
	"time"

	"dsr-server/internal/dsr"
)

// choice is the range to read next, or from when on there may be one.
type choice struct {
	next      dsr.Range
	notBefore time.Time
}

func (c choice) none() bool { return c.next.Source == "" }

// choose picks the next range of an endpoint that has no reader yet, for the request
// whose turn it is: first what was begun or planned, then a new range.
func (l *lane) choose(b dsr.Board, e dsr.Endpoint) (c choice) {
	for _, p := range l.inTurn(b.Parts) {
		if until := b.States[p.Source].SnoozedUntil; until.After(l.f.o.Now()) {
			c.notBefore = sooner(c.notBefore, until)
			continue
		}
		if g, found := l.pending(b, p, e); found {
			c.next = g
			return c
		}
		if e == dsr.Messages || p.Arrived() || p.Direct != nil && p.Collecting {
			continue // nothing to scan, or not before the messages have told where
		}
		reach, found := l.unread(b, p)
		if !found {
			continue
		}
		if begin := p.OpenedAt.Add(l.f.o.JoinDelay); begin.After(l.f.o.Now()) {
			c.notBefore = sooner(c.notBefore, begin)
			continue
		}
		c.next = dsr.Range{
			Source: p.Source, Endpoint: e, Reach: reach, PerPage: l.f.sources[p.Source].PageSize,
			Restarts: map[string]int{}, Requests: joined(joiners(b, p.Source, reach), p.RequestID),
		}
		return c
	}
	return c
}

// unread returns the next stretch to read for a part, if there is one yet.
func (l *lane) unread(b dsr.Board, p dsr.Part) (dsr.Reach, bool) {
	if p.Direct != nil {
		if reach, found, wait := l.probe(b, p); found || wait {
			return reach, found
		}
	}
	gaps := p.Want.Without(dsr.ReachesFor(p, b.Ranges))
	if len(gaps) == 0 {
		return dsr.Reach{}, false
	}
	return l.cut(b, p, gaps), true
}

// patientEvery is how often a range is begun for the request that has waited longest
// instead of the one due earliest, so that nobody starves.
const patientEvery = 4

// inTurn orders the parts by whose turn it is; they come earliest due first.
func (l *lane) inTurn(parts []dsr.Part) []dsr.Part {
	if l.picks++; l.picks%patientEvery != 0 {
		return parts
	}
	return slices.SortedStableFunc(slices.Values(parts), func(a, b dsr.Part) int { return a.OpenedAt.Compare(b.OpenedAt) })
}

// pending returns a range of the part that has been begun or planned and has no
// reader; one not begun yet is joined by all who need it.
func (l *lane) pending(b dsr.Board, p dsr.Part, e dsr.Endpoint) (dsr.Range, bool) {
	for _, g := range b.Ranges {
		if l.begun[g.ID] || l.isRead(g.ID) || g.Endpoint != e || g.Source != p.Source || !slices.Contains(g.Requests, p.RequestID) {
			continue
		}
		switch {
		case g.State == dsr.RangeWaiting && e == dsr.Conversations:
			g.Requests = joined(joiners(b, p.Source, g.Reach), g.Requests...)
			return g, true
		case g.Open():
			return g, true
		}
	}
	return dsr.Range{}, false
}

func (l *lane) isRead(id int64) bool {
	_, reading := l.reading[id]
	return reading
}

// joiners are the requests that still need some of the reach.
func joiners(b dsr.Board, source string, reach dsr.Reach) (ids []string) {
	for _, p := range b.Parts {
		if p.Source != source {
			continue
		}
		for _, gap := range p.Want.Without(dsr.ReachesFor(p, b.Ranges)) {
			if gap.Start <= reach.End && reach.Start <= gap.End {
				ids = append(ids, p.RequestID)
				break
			}
		}
	}
	return ids
}

func joined(ids []string, more ...string) []string {
	return slices.Compact(slices.Sorted(slices.Values(append(ids, more...))))
}

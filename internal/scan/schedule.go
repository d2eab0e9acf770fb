package scan

import (
	"slices"
	"time"

	"dsr-server/internal/dsr"
)

// pollInterval is how often a busy lane looks for new requests.
const pollInterval = 250 * time.Millisecond

// choice is the unit to read next, or from when on there may be one.
type choice struct {
	next      dsr.Unit
	notBefore time.Time
}

func (c choice) none() bool { return c.next.Source == "" }

// choose picks the next unit of an endpoint that has no reader yet, for the request
// whose turn it is: first what was begun or planned, then a new interval. A unit of
// conversations begins joinDelay after its request, so that others may join.
func (s *schedule) choose(e dsr.Endpoint) (c choice) {
	for _, search := range s.inTurn() {
		if until := s.work.States[search.Source].SnoozedUntil; until.After(s.clock()) {
			c.notBefore = sooner(c.notBefore, until)
			continue
		}
		u, found := s.pending(search, e)
		if !found && e == dsr.Conversations {
			u, found = s.unread(search)
		}
		if !found {
			continue
		}
		begin := s.joined(search)
		if e == dsr.Conversations && u.State != dsr.UnitReading && begin.After(s.clock()) {
			c.notBefore = sooner(c.notBefore, begin)
			continue
		}
		c.next = u
		return c
	}
	return c
}

// planningTime is how long a search waits at most for requests that were submitted with it.
const planningTime = 30 * time.Second

// joined returns from when on nobody is waited for who may join a search: a request that was
// submitted before the search may begin is planned first, however many there are.
func (s *schedule) joined(search dsr.SourceSearch) time.Time {
	begin, now := search.OpenedAt.Add(s.joinDelay), s.clock()
	submitted, waits := s.work.Unplanned[search.Source]
	if waits && !submitted.After(begin) && now.Sub(search.OpenedAt) < planningTime {
		return later(begin, now.Add(pollInterval))
	}
	return begin
}

// patientEvery is how often a unit is begun for the request that has waited longest
// instead of the one due earliest, so that nobody starves.
const patientEvery = 4

// inTurn orders the searches by whose turn it is; they come earliest due first.
func (s *schedule) inTurn() []dsr.SourceSearch {
	if s.picks++; s.picks%patientEvery != 0 {
		return s.work.Searches
	}
	return slices.SortedStableFunc(slices.Values(s.work.Searches), func(a, b dsr.SourceSearch) int { return a.OpenedAt.Compare(b.OpenedAt) })
}

// pending returns a unit of the search that has been begun or planned and has no reader,
// one that failed before after those that did not; an interval not begun yet is joined by
// all who need it.
func (s *schedule) pending(search dsr.SourceSearch, e dsr.Endpoint) (u dsr.Unit, found bool) {
	var failed int
	for _, next := range s.work.Units {
		if s.begun[next.ID] || s.isRead(next) || next.Endpoint != e || !next.Open() || !next.For(search) {
			continue
		}
		if turns := s.pace.failedTurns(next.ID); !found || turns < failed {
			u, failed, found = next, turns, true
		}
		if failed == 0 {
			break
		}
	}
	if found && u.State == dsr.UnitWaiting && u.Covers(search) {
		u.Requests = union(s.joiners(u.Source, u.Interval), u.Requests...)
	}
	return u, found
}

// isRead reports whether a unit has a reader, or another piece of the same question has: side
// by side they would all be asked for before the first is known to be refused however little
// it is.
func (s *schedule) isRead(u dsr.Unit) bool {
	if _, reading := s.reading[u.ID]; reading || !u.Query.Asks() {
		return reading
	}
	for _, other := range s.reading {
		if questionOf(other) == questionOf(u) {
			return true
		}
	}
	return false
}

// unread returns the next interval to read for a search, if there is one yet.
func (s *schedule) unread(search dsr.SourceSearch) (dsr.Unit, bool) {
	if search.Arrived() || search.ShortCut != nil && search.Collecting {
		return dsr.Unit{}, false // nothing to scan, or not before the messages have told where
	}
	interval, found := s.nextInterval(search)
	return dsr.Unit{
		Source: search.Source, Kind: dsr.Pages, Endpoint: dsr.Conversations, Interval: interval, PerPage: s.sources[search.Source].PageSize,
		Requests: union(s.joiners(search.Source, interval), search.RequestID),
	}, found
}

func (s *schedule) nextInterval(search dsr.SourceSearch) (dsr.Interval, bool) {
	if search.ShortCut != nil {
		if interval, found, wait := s.probe(search); found || wait {
			return interval, found
		}
	}
	gaps := search.Want.Without(dsr.IntervalsFor(search, s.work.Units))
	if len(gaps) == 0 {
		return dsr.Interval{}, false
	}
	return s.cut(search, gaps), true
}

// joiners are the requests that still need some of the interval.
func (s *schedule) joiners(source string, interval dsr.Interval) (ids []string) {
	for _, search := range s.work.Searches {
		if search.Source != source {
			continue
		}
		gaps := search.Want.Without(dsr.IntervalsFor(search, s.work.Units))
		if slices.ContainsFunc(gaps, interval.Meets) {
			ids = append(ids, search.RequestID)
		}
	}
	return ids
}

func union(ids []string, more ...string) []string {
	return slices.Compact(slices.Sorted(slices.Values(append(ids, more...))))
}

package scan

import (
	"math"
	"runtime"
	"time"

	"dsr-server/internal/dsr"
)

const (
	// readersMost bounds the chains of one endpoint read side by side; each holds a page.
	readersMost = 8
	// readersAtFirst is how many there are before the first answer tells the latency.
	readersAtFirst = 3
	// An interval should have between leastPages and mostPages pages: each costs half a call
	// on average, because its last page is not full, and whoever comes late waits for it.
	leastPages, mostPages = 5, 25
	// Of what is wanted, an interval is this part while nothing is known of the timeline,
	// and at most that part where the last one had hardly anything in it.
	blindPart, emptyPart = 32, 16
)

// parallel is how many units of an endpoint to read side by side. A chain is
// sequential, so it makes a call per latency; that many, and one to spare, reach the
// pace that the limit allows. Where the vendor has none, the processors are the limit.
func (s *schedule) parallel(e dsr.Endpoint) int {
	if !s.pace.paced() {
		return runtime.GOMAXPROCS(0) - len(s.reading) + s.readers(e)
	}
	latency, known := s.pace.latencyOf(e)
	if !known {
		return readersAtFirst
	}
	return int(min(math.Ceil(float64(latency)/float64(s.pace.gap(e)))+1, readersMost))
}

// cut takes the next interval off the first gap of a search. Intervals get smaller
// towards the end, so that all chains end together and whoever comes later finds some to
// join: each is a share of what is left (guided self-scheduling, Polychronopoulos and
// Kuck 1987), within bounds that follow from the last one read.
func (s *schedule) cut(search dsr.SourceSearch, gaps []dsr.Interval) dsr.Interval {
	var left int64
	for _, gap := range gaps {
		left += gap.End - gap.Start
	}
	source := s.sources[search.Source]
	if source.Whole {
		return gaps[0] // each piece would bring all there is
	}
	if source.Limit.Calls > 0 && source.MaxRange > 0 {
		return s.counted(search, gaps[0], source)
	}
	least, most := s.bounds(search, gaps[0].Start, source.PageSize)
	length := max(min(2*left/int64(3*s.parallel(dsr.Conversations)), most), least, 1)
	first := gaps[0]
	if source.MaxRange > 0 {
		length = min(length, max(int64(source.MaxRange/time.Second), 1))
	} else if first.End-first.Start < length+length/2 {
		return first // no crumbs
	}
	first.End = min(first.End, first.Start+length)
	return first
}

// bounds returns the least and the most seconds that the next interval of a search
// should have, by how many records the one before it had.
func (s *schedule) bounds(search dsr.SourceSearch, at int64, pageSize int) (least, most int64) {
	last := s.readBefore(search, at)
	wanted, length := search.Want.End-search.Want.Start, last.Interval.End-last.Interval.Start
	switch {
	case last.ID == 0:
		return wanted / blindPart, wanted / blindPart
	case last.Pages <= 1 || last.Records == 0:
		least = min(max(2*length, wanted/blindPart), wanted/emptyPart)
		return least, least
	}
	page := float64(length) * float64(pageSize) / float64(last.Records)
	return int64(leastPages * page), int64(mostPages * page)
}

// readBefore is the last interval of a source that was read before a time.
func (s *schedule) readBefore(search dsr.SourceSearch, at int64) (last dsr.Unit) {
	for _, u := range s.work.Units {
		done := u.State == dsr.UnitDone && u.Source == search.Source && u.Endpoint == dsr.Conversations && !u.Probe
		if done && u.Interval.End <= at && u.Interval.End > last.Interval.End {
			last = u
		}
	}
	return last
}

// pagesCounted is how many pages an interval should have where calls are few in a minute:
// each costs a call more than it has pages, and is read again whole if its list moved.
const pagesCounted = 10

// counted is cut for a vendor that allows so few calls that one chain can make them all:
// intervals as long as may be asked for, unless they hold too much.
func (s *schedule) counted(search dsr.SourceSearch, gap dsr.Interval, source Source) dsr.Interval {
	length := max(int64(source.MaxRange/time.Second), 1)
	if last := s.readBefore(search, gap.Start); last.Records > int64(source.PageSize) {
		page := float64(last.Interval.End-last.Interval.Start) * float64(source.PageSize) / float64(last.Records)
		length = min(length, max(int64(pagesCounted*page), 1))
	}
	gap.End = min(gap.End, gap.Start+length)
	return gap
}

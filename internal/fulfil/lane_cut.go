package fulfil

import (
	"math"
	"time"

	"dsr-server/internal/dsr"
)

const (
	// readersMost bounds the chains of one endpoint read side by side; each holds a page.
	readersMost = 8
	// readersAtFirst is how many there are before the first answer tells the latency.
	readersAtFirst = 3
	// A range should have between leastPages and mostPages pages: each costs half a call
	// on average, because its last page is not full, and whoever comes late waits for it.
	leastPages, mostPages = 5, 25
	// Of what is wanted, a range is this part while nothing is known of the timeline,
	// and at most that part where the last one had hardly anything in it.
	blindPart, emptyPart = 32, 16
)

// parallel is how many chains of an endpoint to read side by side. A chain is
// sequential, so it makes a call per latency; that many, and one to spare, reach the
// pace that the limit allows.
func (l *lane) parallel(e dsr.Endpoint) int {
	l.mu.Lock()
	latency, known := l.latency[e]
	l.mu.Unlock()
	if !known {
		return readersAtFirst
	}
	gap := l.f.pacer(l.name, e).Gap()
	return int(min(math.Ceil(float64(latency)/float64(gap))+1, readersMost))
}

// answered takes the latency of a call into the moving average.
func (l *lane) answered(e dsr.Endpoint, latency time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if before := l.latency[e]; before > 0 {
		latency = (3*before + latency) / 4
	}
	l.latency[e] = latency
}

// cut takes the next range off the first gap of a part. Ranges get smaller towards the
// end, so that all chains end together and whoever comes later finds ranges to join:
// each is a share of what is left (guided self-scheduling, Polychronopoulos and Kuck
// 1987), within bounds that follow from the last range read.
func (l *lane) cut(b dsr.Board, p dsr.Part, gaps []dsr.Reach) dsr.Reach {
	var left int64
	for _, gap := range gaps {
		left += gap.End - gap.Start
	}
	s := l.f.sources[p.Source]
	if s.Window.Calls > 0 {
		return counted(b, p, gaps[0], s)
	}
	least, most := piece(b, p, gaps[0].Start, s.PageSize)
	length := max(min(2*left/int64(3*l.parallel(dsr.Conversations)), most), least, 1)
	first := gaps[0]
	if s.MaxRange > 0 {
		length = min(length, max(int64(s.MaxRange/time.Second), 1))
	} else if first.End-first.Start < length+length/2 {
		return first // no crumbs
	}
	first.End = min(first.End, first.Start+length)
	return first
}

// piece returns the least and the most seconds that the next range of a part should
// have, by how dense the range before it was.
func piece(b dsr.Board, p dsr.Part, at int64, pageSize int) (least, most int64) {
	last := readBefore(b, p, at)
	wanted, length := p.Want.End-p.Want.Start, last.Reach.End-last.Reach.Start
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

// readBefore is the last range of a part that was read before a time.
func readBefore(b dsr.Board, p dsr.Part, at int64) (last dsr.Range) {
	for _, g := range b.Ranges {
		done := g.State == dsr.RangeDone && g.Source == p.Source && g.Endpoint == dsr.Conversations
		if done && g.Reach.End <= at && g.Reach.End > last.Reach.End {
			last = g
		}
	}
	return last
}

// pagesCounted is how many pages a range should have where calls are few in a minute:
// each range costs a call more than it has pages, and is read again whole if its list moved.
const pagesCounted = 10

// counted is cut for a vendor that allows so few calls that one chain can make them all:
// ranges as long as may be asked for, unless they hold too much.
func counted(b dsr.Board, p dsr.Part, gap dsr.Reach, s Source) dsr.Reach {
	length := max(int64(s.MaxRange/time.Second), 1)
	if last := readBefore(b, p, gap.Start); last.Records > int64(s.PageSize) {
		page := float64(last.Reach.End-last.Reach.Start) * float64(s.PageSize) / float64(last.Records)
		length = min(length, max(int64(pagesCounted*page), 1))
	}
	gap.End = min(gap.End, gap.Start+length)
	return gap
}

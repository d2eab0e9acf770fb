package fulfil

import (
	"math"
	"time"

	"dsr-server/internal/dsr"
)

const (
	// readersMost bounds the chains of one endpoint read side by side; each holds a page.
	readersMost = 8
	// smallestPiece is how many pages a range should have at least: each range costs
	// half a page on average, because its last one is not full.
	smallestPiece = 6
)

// parallel is how many chains of an endpoint to read side by side. A chain is
// sequential, so it makes a call per latency; that many, and one to spare, reach the
// pace that the limit allows.
func (l *lane) parallel(e dsr.Endpoint) int {
	l.mu.Lock()
	latency := l.latency[e]
	l.mu.Unlock()
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

// cut takes the next range off the first gap of a part. Ranges begin large, for few
// unfilled pages, and get smaller towards the end, so that all chains end together
// and whoever comes later finds ranges to join: each is what is left divided by twice
// the number of chains (guided self-scheduling, Polychronopoulos and Kuck 1987).
func (l *lane) cut(b dsr.Board, p dsr.Part, gaps []dsr.Reach) dsr.Reach {
	var left int64
	for _, gap := range gaps {
		left += gap.End - gap.Start
	}
	s := l.f.sources[p.Source]
	length := max(left/int64(2*l.parallel(dsr.Conversations)), piece(b, p.Source, s.PageSize), 1)
	if s.MaxRange > 0 {
		length = min(length, max(int64(s.MaxRange/time.Second), 1))
	}
	first := gaps[0]
	if rest := first.End - first.Start - length; rest > length/2 {
		first.End = first.Start + length
	}
	if s.MaxRange > 0 {
		first.End = min(first.End, first.Start+length)
	}
	return first
}

// piece is how many seconds of the source's timeline hold smallestPiece pages, by
// what has been read so far; 0 while nothing was found.
func piece(b dsr.Board, source string, pageSize int) int64 {
	var records, seconds int64
	for _, g := range b.Ranges {
		if g.Source == source && g.Endpoint == dsr.Conversations && g.State == dsr.RangeDone {
			records += g.Records
			seconds += g.Reach.End - g.Reach.Start
		}
	}
	if records == 0 {
		return 0
	}
	return int64(float64(smallestPiece*pageSize) * float64(seconds) / float64(records))
}

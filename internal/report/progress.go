package report

import (
	"math"
	"slices"
	"time"

	"dsr-server/internal/dsr"
)

// Request returns the request as people are shown it: with the time that its search
// will still take.
func Request(snap dsr.Snapshot, c Config) dsr.Request {
	r := snap.Request
	if r.Status == dsr.Running {
		r.Progress.ETASeconds = int64(math.Ceil(ETA(snap, c).Seconds()))
	}
	return r
}

// ETA is how long the search will still take if its calls come one after the other at
// the present pace; zero once nothing is left to read.
func ETA(snap dsr.Snapshot, c Config) (longest time.Duration) {
	perLane := map[string]time.Duration{}
	for _, p := range snap.Searches {
		if p.Ended {
			continue
		}
		s := c.Sources[p.Source]
		perLane[s.Lane] += timeLeft(snap, p, s)
		longest = max(longest, perLane[s.Lane]) // lanes work side by side
	}
	return longest
}

func timeLeft(snap dsr.Snapshot, p dsr.SourceSearch, s Source) time.Duration {
	if s.Files {
		read := snap.ProgressOf(p.Source)
		return readingTime(read.Whole - read.Done)
	}
	ranges := snap.UnitsOf(p.Source)
	scan := s.paced(dsr.Conversations, callsLeft(p, ranges, s, snap.Densities[p.Source]))
	return max(scan, s.paced(dsr.Messages, messagesLeft(ranges))) // both at once
}

// callsLeft is how many pages of conversations a part still needs: of the gaps, and of
// the ranges under way what they have not read.
func callsLeft(p dsr.SourceSearch, ranges []dsr.Unit, s Source, d dsr.Density) (calls int64) {
	if p.Arrived() {
		return 0
	}
	for _, gap := range p.Want.Without(dsr.IntervalsFor(p, ranges)) {
		calls += s.scanCalls(d, gap)
	}
	for _, g := range ranges {
		if g.Open() && g.Endpoint == dsr.Conversations {
			calls += max(1, s.pages(d, g.Interval)-g.Pages)
		}
	}
	return calls
}

// messagesLeft is how many conversations have messages to be read, a call for each.
func messagesLeft(ranges []dsr.Unit) int64 {
	open := slices.DeleteFunc(slices.Clone(ranges), func(g dsr.Unit) bool { return g.Endpoint != dsr.Messages || !g.Open() })
	return int64(len(open))
}

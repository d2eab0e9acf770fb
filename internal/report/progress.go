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
	switch {
	case r.Progress.Packaging:
		r.Progress.ETASeconds = packagingTime(r.Progress)
	case r.Status == dsr.Running:
		r.Progress.ETASeconds = int64(math.Ceil(ETA(snap, c).Seconds()))
	}
	return r
}

// packagedPerSecond is how many records an archive takes in a second on a slow machine: less
// than a third of what BenchmarkPackage (internal/fulfil) measures of one core of an AMD EPYC,
// 3,400 records in a second of its time, opened, written, signed and encrypted.
const packagedPerSecond = 1000

// packagingTime is how many seconds making the archive takes, from its beginning on.
func packagingTime(p dsr.Progress) int64 { return 1 + (p.Conversations+p.Messages)/packagedPerSecond }

// ETA is how long the search will still take if its calls come one after the other at
// the present pace; zero once nothing is left to read.
func ETA(snap dsr.Snapshot, c Config) (longest time.Duration) {
	perLane := map[string]time.Duration{}
	for _, search := range snap.Searches {
		if search.Ended {
			continue
		}
		s := c.Sources[search.Source]
		perLane[s.Lane] += timeLeft(snap, search, s)
		longest = max(longest, perLane[s.Lane]) // lanes work side by side
	}
	return longest
}

func timeLeft(snap dsr.Snapshot, search dsr.SourceSearch, s Source) time.Duration {
	if s.Files {
		read := snap.ProgressOf(search.Source)
		return readingTime(read.Whole - read.Done)
	}
	ranges := snap.UnitsOf(search.Source)
	scan := s.paced(dsr.Conversations, callsLeft(search, ranges, s, snap.ReadRates[search.Source]))
	return max(scan, s.paced(dsr.Messages, messagesLeft(ranges))) // both at once
}

// callsLeft is how many pages of conversations a part still needs: of the gaps, and of
// the ranges under way what they have not read.
func callsLeft(search dsr.SourceSearch, ranges []dsr.Unit, s Source, rate dsr.ReadRate) (calls int64) {
	if search.Arrived() {
		return 0
	}
	for _, gap := range search.Want.Without(dsr.IntervalsFor(search, ranges)) {
		calls += s.scanCalls(rate, gap)
	}
	for _, g := range ranges {
		if g.Open() && g.Endpoint == dsr.Conversations {
			calls += max(1, s.pages(rate, g.Interval)-g.Pages)
		}
	}
	return calls
}

// messagesLeft is how many conversations have messages to be read, a call for each.
func messagesLeft(ranges []dsr.Unit) int64 {
	open := slices.DeleteFunc(slices.Clone(ranges), func(g dsr.Unit) bool { return g.Endpoint != dsr.Messages || !g.Open() })
	return int64(len(open))
}

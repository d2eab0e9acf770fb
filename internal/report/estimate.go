package report

import (
	"math"
	"time"

	"dsr-server/internal/dsr"
)

// unknownRate is taken for a source that has not been read yet: a thousand
// conversations a day.
var unknownRate = dsr.ReadRate{Records: 1000, Seconds: 24 * 60 * 60}

// readingSpeed is how many bytes of files are read a second, on one old core.
const readingSpeed = 200 << 20

func readingTime(bytes int64) time.Duration {
	return time.Duration(float64(max(bytes, 0)) / readingSpeed * float64(time.Second))
}

// Estimate says what a valid submission would cost if it were sent at now and due at due,
// by how many conversations lay in the sources' timelines where they have been read.
func Estimate(s dsr.Submission, due, now time.Time, rates map[string]dsr.ReadRate, c Config) dsr.Estimate {
	r := dsr.Request{Selectors: s.Selectors, Sources: s.Sources, Window: s.Window}
	asOf := now.Add(-c.lag(s.Sources))
	perLane := map[string]time.Duration{}
	var e dsr.Estimate
	for _, name := range s.Sources {
		source := c.Sources[name]
		if source.Files {
			perLane[source.Lane] += readingTime(source.Size)
			continue
		}
		interval := source.Want(s.Window, asOf, source.Margin)
		calls := source.scanCalls(rates[name], interval)
		if ids := int64(len(r.ConversationIDs())); ids > 0 {
			calls = min(calls, ids*directCalls)
		}
		e.Calls += calls
		perLane[source.Lane] += source.paced(dsr.Conversations, calls)
	}
	for _, took := range perLane { // lanes work side by side
		e.Took = max(e.Took, took)
	}
	e.MeetsDeadline = !now.Add(e.Took).After(due)
	return e
}

// lag is how far behind now all of the sources are complete.
func (c Config) lag(names []string) (lag time.Duration) {
	for _, name := range names {
		lag = max(lag, c.Sources[name].IngestLag)
	}
	return lag
}

// directCalls is what a conversation asked for by id costs where it exists: its
// messages, and a look around each end of them.
const directCalls = 3

// scanCalls is how many calls it should take to read an interval.
func (s Source) scanCalls(rate dsr.ReadRate, interval dsr.Interval) int64 {
	return s.pages(rate, interval) + s.endCalls(interval)
}

// pages is how many pages an interval should have.
func (s Source) pages(rate dsr.ReadRate, interval dsr.Interval) int64 {
	if rate.Seconds <= 0 {
		rate = unknownRate
	}
	records := float64(interval.End-interval.Start) * float64(rate.Records) / float64(rate.Seconds)
	return max(1, int64(math.Ceil(records/float64(s.PageSize))))
}

// endCalls is how many calls a scan makes to see where lists end: one for each range,
// where their end is an empty page.
func (s Source) endCalls(interval dsr.Interval) int64 {
	if !s.EndCalls || s.MaxRange == 0 {
		return 0
	}
	longest := int64(s.MaxRange / time.Second)
	return (interval.End - interval.Start + longest) / longest
}

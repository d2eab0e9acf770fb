package fulfil

import (
	"context"
	"math"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// unknownDensity stands for a source that has not been read yet: a thousand
// conversations a day.
var unknownDensity = dsr.Density{Records: 1000, Seconds: 24 * 60 * 60}

// Densities is what estimates need of the store.
type Densities interface {
	Densities(ctx context.Context) (map[string]dsr.Density, error)
}

// Estimate says what a valid submission would cost, due at the given time. It makes no call.
func (f *Fulfiller) Estimate(ctx context.Context, st Densities, s dsr.Submission, due time.Time) (dsr.Estimate, error) {
	densities, err := st.Densities(ctx)
	if err != nil {
		return dsr.Estimate{}, err
	}
	r := dsr.Request{Selectors: s.Selectors, Sources: s.Sources, Window: s.Window}
	now := f.o.Now()
	asOf := now.Add(-f.lag(s.Sources))
	perLane := map[string]time.Duration{}
	var e dsr.Estimate
	for _, name := range s.Sources {
		source := f.sources[name]
		if source.Dump != nil {
			perLane[source.Lane] += dumpTime(source)
			continue
		}
		reach := want(source.Source, s.Window, asOf, source.Margin)
		calls := scanCalls(source.PageSize, densityOf(densities, name), reach) + source.endCalls(reach)
		if ids := int64(len(r.ConversationIDs())); ids > 0 {
			calls = min(calls, ids*directCalls)
		}
		e.Calls += calls
		perLane[source.Lane] += time.Duration(calls) * f.pacer(source.Lane, dsr.Conversations).Gap()
	}
	for _, took := range perLane { // lanes work side by side
		e.Took = max(e.Took, took)
	}
	e.MeetsDeadline = !now.Add(e.Took).After(due)
	return e, nil
}

// directCalls is what a conversation asked for by id costs where it exists: its
// messages, and a look around each end of them.
const directCalls = 3

func densityOf(known map[string]dsr.Density, source string) dsr.Density {
	if d := known[source]; d.Seconds > 0 {
		return d
	}
	return unknownDensity
}

// scanCalls is how many pages a stretch should have.
func scanCalls(pageSize int, d dsr.Density, reach dsr.Reach) int64 {
	records := float64(reach.End-reach.Start) * float64(d.Records) / float64(d.Seconds)
	return max(1, int64(math.Ceil(records/float64(pageSize))))
}

// endCalls is how many calls a scan makes to see where lists end: one for each range,
// where their end is an empty page.
func (s Source) endCalls(reach dsr.Reach) int64 {
	if s.Window.Calls == 0 || s.MaxRange == 0 {
		return 0
	}
	longest := int64(s.MaxRange / time.Second)
	return (reach.End - reach.Start + longest) / longest
}

// ETA is how long the search of a running request will still take if its calls come
// one after the other at the present pace; zero once nothing is left to read.
func (f *Fulfiller) ETA(ctx context.Context, st interface {
	Searched
	Densities
}, id string) (time.Duration, error) {
	parts, ranges, err := st.Searched(ctx, id)
	if err != nil {
		return 0, err
	}
	densities, err := st.Densities(ctx)
	if err != nil {
		return 0, err
	}
	perLane := map[string]time.Duration{}
	var longest time.Duration
	for _, p := range parts {
		if p.Ended {
			continue
		}
		lane := f.sources[p.Source].Lane
		if s := f.sources[p.Source]; s.Dump != nil {
			longest = max(longest, dumpTime(s))
			continue
		}
		scan := f.callsLeft(p, ranges, densityOf(densities, p.Source))
		perLane[lane] += max(paced(f.pacer(lane, dsr.Conversations), scan), paced(f.pacer(lane, dsr.Messages), openMessages(ranges, p)))
		longest = max(longest, perLane[lane])
	}
	return longest, nil
}

func paced(p *export.Pacer, calls int64) time.Duration { return time.Duration(calls) * p.Gap() }

// callsLeft is how many pages of conversations a part still needs: of the gaps, and of
// the ranges under way what they have not read.
func (f *Fulfiller) callsLeft(p dsr.Part, ranges []dsr.Range, d dsr.Density) (calls int64) {
	if arrived(p) {
		return 0
	}
	size := f.sources[p.Source].PageSize
	for _, gap := range uncovered(p.Want, reaches(ranges, p)) {
		calls += scanCalls(size, d, gap) + f.sources[p.Source].endCalls(gap)
	}
	for _, g := range ranges {
		if open(g) && g.Source == p.Source && g.Endpoint == dsr.Conversations {
			calls += max(1, scanCalls(size, d, g.Reach)-g.Pages)
		}
	}
	return calls
}

func openMessages(ranges []dsr.Range, p dsr.Part) (n int64) {
	for _, g := range ranges {
		if g.Endpoint == dsr.Messages && g.Source == p.Source && g.State != dsr.RangeFailed {
			n++
		}
	}
	return n
}

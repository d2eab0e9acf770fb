package scan

import (
	"slices"
	"time"

	"dsr-server/internal/dsr"
)

// nearby is how far around a message's time its conversation is looked for, before
// the whole window is: conversations begin and end with a message.
var nearby = []time.Duration{5 * time.Minute, 6 * time.Hour}

// probe returns the next interval in which a conversation asked for by id should lie,
// going by the times of its messages. Of each conversation one interval is read at a
// time, because it mostly makes the others needless; wait says that there is one to wait
// for. Neither: there is nowhere left to look but everywhere.
func (s *schedule) probe(search dsr.SourceSearch) (interval dsr.Interval, found, wait bool) {
	have := dsr.IntervalsFor(search, s.work.Units)
	for _, trace := range search.ShortCut.Traces {
		for _, likely := range likelyPlaces(s.sources[search.Source].Source, search, trace) {
			if s.underWay(search, likely) {
				wait = true
				break
			}
			if gaps := likely.Without(have); len(gaps) > 0 {
				return gaps[0], true, false
			}
		}
	}
	return interval, false, wait
}

// likelyPlaces are where a conversation should lie, likeliest first.
func likelyPlaces(source dsr.Source, search dsr.SourceSearch, trace dsr.Span) (out []dsr.Interval) {
	for _, around := range nearby {
		for _, at := range landmarks(trace, source.WindowField) {
			likely := dsr.Interval{
				Start: max(at.Add(-around).Unix(), source.Earliest.Unix()),
				End:   min(at.Add(around).Unix(), search.AsOf.Unix()),
			}
			if !likely.Empty() {
				out = append(out, likely)
			}
		}
	}
	return out
}

// landmarks are the times around which to look: the first message's, where the
// conversation began, and the last one's, if the vendor filters by activity.
func landmarks(trace dsr.Span, field dsr.WindowField) (at []time.Time) {
	if field != dsr.FieldLastAction {
		at = append(at, trace.Start)
	}
	if field != dsr.FieldStartTime {
		at = append(at, trace.End)
	}
	return at
}

// underWay reports whether some of an interval is being read for a search, or will be.
func (s *schedule) underWay(search dsr.SourceSearch, interval dsr.Interval) bool {
	return slices.ContainsFunc(s.work.Units, func(u dsr.Unit) bool {
		return u.Open() && u.Covers(search) && u.Interval.Meets(interval)
	})
}

package fulfil

import (
	"slices"
	"time"

	"dsr-server/internal/dsr"
)

// nearby is how far around a message's time its conversation is looked for, before
// the whole window is: conversations begin and end with a message.
var nearby = []time.Duration{5 * time.Minute, 6 * time.Hour}

// probe returns the next stretch of the timeline in which a conversation asked for by
// id should lie, going by the times of its messages. Of each conversation one stretch is
// read at a time, because it mostly makes the others needless; wait says that there is
// one to wait for. Neither: there is nowhere left to look but everywhere.
func (l *lane) probe(b dsr.Board, p dsr.Part) (reach dsr.Reach, found, wait bool) {
	have := dsr.ReachesFor(p, b.Ranges)
	for _, trace := range p.Direct.Traces {
		for _, stretch := range l.stretches(p, trace) {
			if underWay(b.Ranges, p, stretch) {
				wait = true
				break
			}
			if gaps := stretch.Without(have); len(gaps) > 0 {
				return gaps[0], true, false
			}
		}
	}
	return reach, false, wait
}

// stretches are where a conversation should lie, likeliest first.
func (l *lane) stretches(p dsr.Part, trace dsr.Span) (out []dsr.Reach) {
	s := l.f.sources[p.Source]
	for _, around := range nearby {
		for _, at := range landmarks(trace, s.WindowField) {
			stretch := dsr.Reach{
				Start: max(at.Add(-around).Unix(), s.Earliest.Unix()),
				End:   min(at.Add(around).Unix(), p.AsOf.Unix()),
			}
			if stretch.Start <= stretch.End {
				out = append(out, stretch)
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

// underWay reports whether some of a stretch is being read for a part, or will be.
func underWay(ranges []dsr.Range, p dsr.Part, stretch dsr.Reach) bool {
	return slices.ContainsFunc(ranges, func(g dsr.Range) bool {
		return g.Open() && g.ReadFor(p) && g.Reach.Start <= stretch.End && stretch.Start <= g.Reach.End
	})
}

package fulfil

import (
	"time"

	"dsr-server/internal/dsr"
)

// nearby is how far around a message's time its conversation is looked for, before
// the whole window is: conversations begin and end with a message.
var nearby = []time.Duration{5 * time.Minute, 6 * time.Hour}

// probe returns the next stretch of the timeline in which a conversation asked for by
// id should lie, going by the times of its messages: around the first one, where it
// began, and around the last one, if the vendor filters by activity. ok is false when
// there is nowhere left to look but everywhere.
func (l *lane) probe(b dsr.Board, p dsr.Part) (reach dsr.Reach, ok bool) {
	s := l.f.sources[p.Source]
	have := reaches(b.Ranges, p)
	for _, around := range nearby {
		for _, at := range landmarks(p.Direct.Traces, s.WindowField) {
			wanted := dsr.Reach{
				Start: max(at.Add(-around).Unix(), s.Earliest.Unix()),
				End:   min(at.Add(around).Unix(), p.AsOf.Unix()),
			}
			if wanted.Start > wanted.End {
				continue
			}
			if gaps := uncovered(wanted, have); len(gaps) > 0 {
				return gaps[0], true
			}
		}
	}
	return reach, false
}

// landmarks are the times around which to look, likeliest first.
func landmarks(traces []dsr.Span, field dsr.WindowField) (at []time.Time) {
	if field != dsr.FieldLastAction {
		for _, t := range traces {
			at = append(at, t.Start)
		}
	}
	if field != dsr.FieldStartTime {
		for _, t := range traces {
			at = append(at, t.End)
		}
	}
	return at
}

// arrived reports whether every conversation asked for by id has been seen: ids are
// unique within a source, so nothing else can belong to the request.
func arrived(p dsr.Part) bool { return p.Direct != nil && p.Direct.Missing == 0 }

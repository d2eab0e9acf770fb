package export

import (
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/match"
)

// restSpan is what is sent of an interval.
type restSpan struct{ from, to time.Time }

// sent is what has to be asked for so that every record of the interval comes, both of its
// ends included: a unit of the times' form more where the vendor leaves an end out, or may,
// the whole unit where the form cannot write the end, and to the next multiples where the
// vendor rounds.
func sent(c declared.Call, i dsr.Interval) restSpan {
	s, unit := restSpan{time.Unix(i.Start, 0).UTC(), time.Unix(i.End, 0).UTC()}, c.Unit().Unit()
	switch c.Window.Ends {
	case declared.Inclusive:
		s.to = ceil(s.to, max(unit, time.Second))
	case declared.Half:
		s.to = s.to.Add(unit)
	case declared.Exclusive, declared.Unknown:
		s.from, s.to = s.from.Add(-unit), s.to.Add(unit)
	}
	if step := c.Window.Step; step > 0 {
		s = restSpan{floor(s.from, step), ceil(s.to, step)}
	}
	return s
}

// floor is the last multiple of step since 1970 that is not after t.
func floor(t time.Time, step time.Duration) time.Time {
	over := t.Sub(time.Unix(0, 0)) % step
	if over < 0 {
		over += step
	}
	return t.Add(-over)
}

// ceil is the first multiple of step since 1970 that is not before t.
func ceil(t time.Time, step time.Duration) time.Time {
	if down := floor(t, step); down.Before(t) {
		return down.Add(step)
	}
	return t
}

// Widest is how long an interval may be so that what is sent for it is no longer than the
// vendor allows; 0: any. A declaration leaves at least a second.
func Widest(c declared.Call) time.Duration {
	if c.Window.Span == 0 {
		return 0
	}
	grain := c.Grain()
	return max((c.Window.Span - c.Slack()).Truncate(grain), grain)
}

// pieces are the parts in which an interval is read one after another, because more may not
// be asked for at once.
func pieces(c declared.Call, i dsr.Interval) (parts int, part func(n int) dsr.Interval) {
	width := int64(Widest(c) / time.Second)
	if width == 0 || !c.Uses(declared.Start) && !c.Uses(declared.Finish) || i.End-i.Start <= width {
		return 1, func(int) dsr.Interval { return i }
	}
	parts = int((i.End - i.Start + width - 1) / width)
	return parts, func(n int) dsr.Interval {
		from := i.Start + int64(n)*width
		return dsr.Interval{Start: from, End: min(i.End, from+width)}
	}
}

// outside counts the records that lie outside what was asked for, by whichever time the
// vendor selects. A record whose times cannot be read proves nothing, and neither does a last
// action after the end: it may have come since.
func (c restChain) outside(all []match.Facts) (n int) {
	s := sent(c.call, c.q.interval)
	slack := max(c.call.Unit().Unit(), time.Second)
	from, to := s.from.Add(-slack), s.to.Add(slack)
	below, above := c.call.Uses(declared.Start), c.call.Uses(declared.Finish)
	for _, f := range all {
		first, last := f.Start, f.LastAction
		if c.q.endpoint == dsr.Messages {
			first, last = f.Time, f.Time
		} else if c.call.Window.By == dsr.FieldStartTime {
			last = first
		}
		if below && !last.IsZero() && last.Before(from) || above && first.After(to) {
			n++
		}
	}
	return n
}

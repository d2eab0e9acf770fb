package dsr

import "time"

// WindowField is which time the vendor's window filters conversations by. It is
// not documented, so it is a setting.
type WindowField string

const (
	FieldUnknown    WindowField = "unknown"
	FieldOverlap    WindowField = "overlap"
	FieldStartTime  WindowField = "start_time"
	FieldLastAction WindowField = "last_action"
)

// WindowFields are all of them, the default first.
var WindowFields = []WindowField{FieldUnknown, FieldOverlap, FieldStartTime, FieldLastAction}

// Source is what planning needs to know about a configured source.
type Source struct {
	Name        string
	Type        string    // converse, avaamo, rest, dump
	Declared    *Declared // how its records are read; nil: its type says that
	Lane        string    // the vendor's host: all sources on it share limits and one lane
	Earliest    time.Time
	WindowField WindowField
	Margin      time.Duration // how long a conversation is taken to be active at most
	IngestLag   time.Duration // how far behind now the vendor's export is complete
	MaxRange    time.Duration // 0: unlimited
	PageSize    int
	PageMin     int // the smallest page that may be asked for; 0: any
	GiveUpAfter time.Duration
	ExportedAt  time.Time // when the files of a dump were made; zero: it is not said
	// Horizon is how long the vendor keeps what there is; what is older is gone. 0: that is
	// not known.
	Horizon time.Duration
	// Step is what the vendor rounds intervals to; 0: it does not.
	Step time.Duration
	// Whole and WholeMessages say that the vendor takes no interval with two ends, of its list of
	// conversations and of one conversation's messages: less than all of it cannot be asked for.
	Whole, WholeMessages bool
	Region               string // ISO 3166: where phone numbers without a country code are dialled; or empty
}

// Want is the interval the vendor is asked for, so that every conversation whose
// activity overlaps the window is returned whichever time the vendor filters by, as
// long as none is active for longer than the margin. The outer ends are a second
// wider, because it is not documented whether they are inclusive; nothing lies beyond
// earliest and asOf. docs/completeness.md has the argument.
func (s Source) Want(w Window, asOf time.Time, margin time.Duration) Interval {
	before, after := margin, margin
	switch s.WindowField {
	case FieldOverlap:
		before, after = 0, 0
	case FieldStartTime:
		after = 0
	case FieldLastAction:
		before = 0
	}
	start, end := s.Earliest, asOf
	if from := w.Start.Add(-before - time.Second); !w.Start.IsZero() && from.After(start) {
		start = from
	}
	if to := w.End.Add(after + 2*time.Second - time.Nanosecond); !w.End.IsZero() && to.Before(end) { // rounded up, then a second
		end = to
	}
	return Interval{Start: start.Unix(), End: max(start.Unix(), end.Unix())}
}

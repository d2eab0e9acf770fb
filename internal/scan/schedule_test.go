package scan

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
)

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// listed reports whether a vendor that filters by this time, with these ends, returns the
// conversation under a query of the interval.
func listed(by dsr.WindowField, openStart, openEnd bool, w dsr.Interval, start, last time.Time) bool {
	begin, end := start, last
	switch by {
	case dsr.FieldStartTime:
		end = begin
	case dsr.FieldLastAction:
		begin = end
	}
	from, to := time.Unix(w.Start, 0), time.Unix(w.End, 0)
	after := end.After(from) || end.Equal(from) && !openStart
	before := begin.Before(to) || begin.Equal(to) && !openEnd
	return after && before
}

// TestWantHoldsWhateverOverlapsTheWindow is the table of docs/completeness.md, for every
// window_field under every reading of the vendor's window that it allows.
func TestWantHoldsWhateverOverlapsTheWindow(t *testing.T) {
	t.Parallel()
	readings := map[dsr.WindowField][]dsr.WindowField{
		dsr.FieldUnknown: {dsr.FieldStartTime, dsr.FieldLastAction, dsr.FieldOverlap},
		dsr.FieldOverlap: {dsr.FieldOverlap}, dsr.FieldStartTime: {dsr.FieldStartTime}, dsr.FieldLastAction: {dsr.FieldLastAction},
	}
	const span = int64(40 * 24 * time.Hour)
	earliest := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		moment := func(name string) time.Time {
			whole := time.Duration(rapid.Int64Range(1, span).Draw(t, name))
			return earliest.Add(time.Second + whole.Truncate(rapid.SampledFrom([]time.Duration{1, time.Millisecond, time.Second, time.Hour}).Draw(t, "grain")))
		}
		asOf := earliest.Add(time.Duration(span) + time.Hour).Truncate(time.Second)
		margin := time.Duration(rapid.Int64Range(0, int64(10*24*time.Hour)).Draw(t, "margin"))
		start := moment("start")
		last := earlier(start.Add(time.Duration(rapid.Int64Range(0, int64(margin)).Draw(t, "active"))), asOf.Add(-1))
		var w dsr.Window
		if rapid.Bool().Draw(t, "has a start") {
			w.Start = rapid.SampledFrom([]time.Time{moment("window's start"), last, start}).Draw(t, "which start") // edges are where it goes wrong
		}
		if rapid.Bool().Draw(t, "has an end") {
			w.End = later(w.Start.Add(1), rapid.SampledFrom([]time.Time{moment("window's end"), last.Add(1), start.Add(1)}).Draw(t, "which end"))
		}
		if !(match.Facts{Start: start, LastAction: last}).In(w, asOf, asOf) {
			return
		}
		field := rapid.SampledFrom(dsr.WindowFields).Draw(t, "window_field")
		by := rapid.SampledFrom(readings[field]).Draw(t, "the vendor filters by")
		interval := dsr.Source{Earliest: earliest, WindowField: field}.Want(w, asOf, margin)
		if !listed(by, rapid.Bool().Draw(t, "open start"), rapid.Bool().Draw(t, "open end"), interval, start, last) {
			t.Fatalf("active %v to %v is not listed in %v to %v", start, last, time.Unix(interval.Start, 0).UTC(), time.Unix(interval.End, 0).UTC())
		}
		if interval.Start < earliest.Unix() || interval.End > asOf.Unix() {
			t.Fatalf("asked beyond earliest or as_of: %v", interval)
		}
	})
}

func TestWantIsNeverBackwards(t *testing.T) {
	t.Parallel()
	at := func(day int) time.Time { return time.Date(2025, 1, day, 0, 0, 0, 0, time.UTC) }
	for name, tc := range map[string]struct {
		w              dsr.Window
		earliest, asOf time.Time
	}{
		"window before earliest":  {dsr.Window{Start: at(1), End: at(2)}, at(20), at(30)},
		"window after as_of":      {dsr.Window{Start: at(25), End: at(26)}, at(1), at(10)},
		"earliest after as_of":    {dsr.Window{}, at(20), at(10)},
		"no window, nothing more": {dsr.Window{}, at(10), at(10)},
	} {
		for _, field := range dsr.WindowFields {
			if r := (dsr.Source{Earliest: tc.earliest, WindowField: field}).Want(tc.w, tc.asOf, 0); r.End < r.Start {
				t.Errorf("%s, %s: got %v", name, field, r)
			}
		}
	}
}

func intervalOf(t *rapid.T, name string) dsr.Interval {
	start := rapid.Int64Range(0, 60).Draw(t, name)
	return dsr.Interval{Start: start, End: start + rapid.Int64Range(0, 25).Draw(t, "long")}
}

// in reports whether a moment, in half seconds, lies in one of the closed intervals.
func in(halfSecond int64, intervals []dsr.Interval) bool {
	return slices.ContainsFunc(intervals, func(r dsr.Interval) bool { return 2*r.Start <= halfSecond && halfSecond <= 2*r.End })
}

func TestUncoveredAndCoveredAreAllThatIsWanted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wanted := intervalOf(t, "want")
		have := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) dsr.Interval { return intervalOf(t, "have") }), 0, 8).Draw(t, "have")
		gaps := wanted.Without(have)
		for at := 2 * wanted.Start; at <= 2*wanted.End; at++ {
			if !in(at, gaps) && !in(at, have) {
				t.Fatalf("%d/2 s is neither read nor missing: %v", at, gaps)
			}
		}
		for i, g := range gaps {
			if g.Start > g.End || !wanted.Contains(g) || i > 0 && g.Start < gaps[i-1].End {
				t.Fatalf("gaps %v of %v", gaps, wanted)
			}
			for at := 2*g.Start + 1; at < 2*g.End; at++ { // nothing is read twice but edges
				if in(at, have) {
					t.Fatalf("%d/2 s is missing although it is read", at)
				}
			}
		}
		if rest := wanted.Without(append(have, gaps...)); len(rest) > 0 {
			t.Fatalf("still missing %v", rest)
		}
	})
}

func scheduleOf(source Source) *schedule {
	s := newSchedule(settings{now: time.Now, joinDelay: time.Second}, newHost("host", []Source{source}, time.Now), []Source{source})
	return &s
}

// TestASearchWaitsForThoseSubmittedWithIt, as long as they are being planned: so they share it
// from its first page, however many there are. Nobody waits for those that came later.
func TestASearchWaitsForThoseSubmittedWithIt(t *testing.T) {
	t.Parallel()
	opened := time.Date(2025, 7, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		submitted, now time.Duration // after it was opened; submitted 0: nobody was
		waits          bool
	}{
		{0, 0, true},
		{0, time.Second, false},
		{time.Millisecond, 5 * time.Second, true},
		{time.Second, 5 * time.Second, true},
		{2 * time.Second, 5 * time.Second, false},
		{time.Millisecond, planningTime, false},
	} {
		s := scheduleOf(Source{Source: dsr.Source{Name: "bot", Lane: "host", PageSize: 10}, Pace: time.Second})
		s.clock = func() time.Time { return opened.Add(c.now) }
		if c.submitted > 0 {
			s.work.Unplanned = map[string]time.Time{"bot": opened.Add(c.submitted), "elsewhere": opened}
		}
		s.work.Searches = []dsr.SourceSearch{{RequestID: "r", Source: "bot", OpenedAt: opened, Want: dsr.Interval{Start: 1000, End: 2000}}}
		if got := s.choose(dsr.Conversations); got.none() != c.waits || c.waits == got.notBefore.IsZero() {
			t.Errorf("submitted after %v, now %v: got %+v, want it to wait: %v", c.submitted, c.now, got, c.waits)
		}
	}
}

// TestPiecesTileTheGap cuts a timeline into intervals until nothing is missing.
func TestPiecesTileTheGap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		source := Source{Source: dsr.Source{
			Name: "bot", Lane: "host", PageSize: rapid.IntRange(1, 1000).Draw(t, "page_size"),
			MaxRange: rapid.SampledFrom([]time.Duration{0, time.Second, time.Minute, time.Hour}).Draw(t, "max_range"),
		}, Pace: time.Second / 3}
		if rapid.Bool().Draw(t, "counted") && source.MaxRange > 0 {
			source.Limit = Limit{Calls: 50, Per: time.Minute}
		}
		s := scheduleOf(source)
		s.pace.latency[dsr.Conversations] = rapid.SampledFrom([]time.Duration{0, 300 * time.Millisecond, time.Minute}).Draw(t, "latency")
		p := dsr.SourceSearch{RequestID: "r", Source: "bot", Want: dsr.Interval{Start: 1000, End: 1000 + rapid.Int64Range(0, 3000).Draw(t, "want")}}
		for step := 0; ; step++ {
			gaps := p.Want.Without(dsr.IntervalsFor(p, s.work.Units))
			if len(gaps) == 0 {
				return
			}
			got := s.cut(p, gaps)
			switch {
			case step > 4000:
				t.Fatal("it does not come to an end")
			case got.Start != gaps[0].Start || got.End > gaps[0].End || got.Empty():
				t.Fatalf("cut %v off %v", got, gaps[0])
			case got.End == got.Start && gaps[0].Start < gaps[0].End:
				t.Fatalf("a piece without length off %v", gaps[0])
			case source.MaxRange > 0 && got.End-got.Start > int64(source.MaxRange/time.Second):
				t.Fatalf("%v is longer than %v", got, source.MaxRange)
			}
			u := conversationsIn(got, "r")
			u.State, u.ID = dsr.UnitDone, int64(step+1)
			u.Records, u.Pages = rapid.Int64Range(0, 5000).Draw(t, "records"), rapid.Int64Range(1, 5).Draw(t, "pages")
			s.work.Units = append(s.work.Units, u)
		}
	})
}

func conversationsIn(interval dsr.Interval, requests ...string) dsr.Unit {
	return dsr.Unit{Source: "bot", Kind: dsr.Pages, Endpoint: dsr.Conversations, Interval: interval, Requests: requests}
}

func TestIntervalsAreThoseReadForTheSearch(t *testing.T) {
	t.Parallel()
	p := dsr.SourceSearch{RequestID: "r", Source: "bot"}
	own := conversationsIn(dsr.Interval{Start: 1, End: 2}, "q", "r")
	foreign, messages, elsewhere, file := own, own, own, own
	foreign.Requests = []string{"q"}
	messages.Endpoint = dsr.Messages
	elsewhere.Source = "other"
	file.Kind = dsr.File
	got := dsr.IntervalsFor(p, []dsr.Unit{foreign, messages, elsewhere, file, own})
	if !slices.Equal(got, []dsr.Interval{own.Interval}) {
		t.Errorf("got %v, want only the search's own", got)
	}
}

func TestLandmarks(t *testing.T) {
	t.Parallel()
	trace := dsr.Span{Start: time.Unix(10, 0), End: time.Unix(20, 0)}
	for field, want := range map[dsr.WindowField][]time.Time{
		dsr.FieldUnknown: {trace.Start, trace.End}, dsr.FieldOverlap: {trace.Start, trace.End},
		dsr.FieldStartTime: {trace.Start}, dsr.FieldLastAction: {trace.End},
	} {
		if got := landmarks(trace, field); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", field, got, want)
		}
	}
}

// TestProbeLooksNearbyThenGivesUp follows the short cut's probes until none is left, each
// of which begins only when the one before it has been read.
func TestProbeLooksNearbyThenGivesUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.Int64Range(0, 200000).Draw(t, "first message")
		trace := dsr.Span{Start: time.Unix(first, 0), End: time.Unix(first+rapid.Int64Range(0, 100000).Draw(t, "for"), 0)}
		source := Source{Source: dsr.Source{Name: "bot", Lane: "h", Earliest: time.Unix(rapid.Int64Range(0, 100000).Draw(t, "earliest"), 0)}, Pace: time.Second}
		s := scheduleOf(source)
		p := dsr.SourceSearch{RequestID: "r", Source: "bot", AsOf: time.Unix(400000, 0), ShortCut: &dsr.ShortCut{Missing: 1, Traces: []dsr.Span{trace}}}
		for step := 0; ; step++ {
			interval, found, wait := s.probe(p)
			if wait {
				t.Fatalf("probe %d waits for nothing", step)
			}
			if !found {
				break
			}
			if step > 20 || interval.Start < source.Earliest.Unix() || interval.End > p.AsOf.Unix() || interval.Empty() {
				t.Fatalf("probe %d: %v", step, interval)
			}
			if at := trace.Start.Unix(); step == 0 && at >= source.Earliest.Unix() && (interval.Start > at || interval.End < at) {
				t.Fatalf("looks first at %v, but the first message is at %d", interval, at)
			}
			u := conversationsIn(interval, "r")
			u.State = dsr.UnitReading
			s.work.Units = append(s.work.Units, u)
			if next, found, wait := s.probe(p); found || !wait {
				t.Fatalf("goes on to %v while %v is being read", next, interval)
			}
			s.work.Units[step].State = dsr.UnitDone
		}
		last := nearby[len(nearby)-1]
		for _, at := range []time.Time{trace.Start, trace.End} {
			around := dsr.Interval{Start: max(at.Add(-last).Unix(), source.Earliest.Unix()), End: at.Add(last).Unix()}
			if !around.Empty() && len(around.Without(dsr.IntervalsFor(p, s.work.Units))) > 0 {
				t.Fatalf("gave up without %v", around)
			}
		}
	})
}

// TestWhoseTurnItIs: earliest due first, every fourth time who has waited longest, and
// whoever may join does.
func TestWhoseTurnItIs(t *testing.T) {
	t.Parallel()
	now := time.Now()
	source := Source{Source: dsr.Source{Name: "bot", Lane: "h", PageSize: 10}, Pace: time.Second}
	s := scheduleOf(source)
	urgent := dsr.SourceSearch{RequestID: "urgent", Source: "bot", Want: dsr.Interval{Start: 1, End: 100}, OpenedAt: now.Add(-time.Minute)}
	patient := dsr.SourceSearch{RequestID: "patient", Source: "bot", Want: dsr.Interval{Start: 5000, End: 6000}, OpenedAt: now.Add(-time.Hour)}
	s.work.Searches = []dsr.SourceSearch{urgent, patient}
	var turns []string
	for range patientEvery {
		turns = append(turns, s.choose(dsr.Conversations).next.Requests...)
	}
	if want := []string{"urgent", "urgent", "urgent", "patient"}; !slices.Equal(turns, want) {
		t.Errorf("turns %v, want %v", turns, want)
	}
	patient.Want = urgent.Want
	s.work.Searches = []dsr.SourceSearch{urgent, patient}
	if got := s.choose(dsr.Conversations).next.Requests; !slices.Equal(got, []string{"patient", "urgent"}) {
		t.Errorf("read for %v, want both", got)
	}
	urgent.OpenedAt, patient.OpenedAt = now, now
	s.work.Searches = []dsr.SourceSearch{urgent, patient}
	if c := s.choose(dsr.Conversations); !c.none() || !c.notBefore.Equal(now.Add(s.joinDelay)) {
		t.Errorf("a new unit waits for nobody: %+v", c)
	}
	s.work.States = map[string]dsr.SourceState{"bot": {SnoozedUntil: now.Add(time.Hour)}}
	if c := s.choose(dsr.Conversations); !c.none() || !c.notBefore.Equal(now.Add(time.Hour)) {
		t.Errorf("a source that is left alone is read: %+v", c)
	}
}

// TestPiecesOfAQuestionAreReadOneAfterAnother, and other questions beside them.
func TestPiecesOfAQuestionAreReadOneAfterAnother(t *testing.T) {
	t.Parallel()
	s := scheduleOf(Source{Source: dsr.Source{Name: "bot", Lane: "h", PageSize: 10}, Pace: time.Second})
	s.work.Searches = []dsr.SourceSearch{{RequestID: "r1", Source: "bot"}, {RequestID: "r2", Source: "bot"}}
	for i, u := range []dsr.Unit{piece("r1", "c1", dsr.UnitReading), piece("r1", "c1", dsr.UnitWaiting), piece("r1", "c2", dsr.UnitWaiting), piece("r2", "c1", dsr.UnitWaiting)} {
		u.ID = int64(i + 1)
		s.work.Units = append(s.work.Units, u)
	}
	var order []int64
	for {
		c := s.choose(dsr.Messages)
		if c.none() {
			break
		}
		s.reading[c.next.ID] = c.next
		order = append(order, c.next.ID)
	}
	if want := []int64{1, 3, 4}; !slices.Equal(order, want) {
		t.Errorf("read side by side: %v, want %v", order, want)
	}
	delete(s.reading, 1)
	s.begun[1] = true
	if c := s.choose(dsr.Messages); c.next.ID != 2 {
		t.Errorf("after the first piece comes %d, want 2", c.next.ID)
	}
}

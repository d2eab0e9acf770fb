package dsr

import (
	"testing"
	"time"
)

func TestProgressOfSeveralSources(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	complete := true
	running, ended := Request{Status: Running}, Request{Status: Ready, Complete: &complete}
	for name, c := range map[string]struct {
		r       Request
		sources []SourceProgress
		percent int
	}{
		"not planned":                   {r: running},
		"half":                          {r: running, sources: []SourceProgress{{Done: 5, Whole: 10}}, percent: 50},
		"a folder counts as a timeline": {r: running, sources: []SourceProgress{{Done: 0, Whole: 31_536_000}, {Done: 80, Whole: 100}}, percent: 40},
		"nothing to read":               {r: running, sources: []SourceProgress{{Whole: 0}}},
		"nothing to read and ended":     {r: running, sources: []SourceProgress{{Whole: -1, Ended: true}, {Done: 0, Whole: 1}}, percent: 50},
		"more than there was":           {r: running, sources: []SourceProgress{{Done: 300, Whole: 100}, {}}, percent: 50},
		"all read, but not packaged":    {r: running, sources: []SourceProgress{{Ended: true}}, percent: 99},
		"ended":                         {r: ended, sources: []SourceProgress{{}}, percent: 100},
	} {
		if got := ProgressOf(c.r, c.sources, now).Percent; got != c.percent {
			t.Errorf("%s: %d %%, want %d %%", name, got, c.percent)
		}
	}
}

func TestTheArchiveIsMadeWhenEverySourceHasEnded(t *testing.T) {
	t.Parallel()
	complete := false
	both := []SourceProgress{{Ended: true}, {Ended: true}}
	for name, c := range map[string]struct {
		r       Request
		sources []SourceProgress
		want    bool
	}{
		"not planned":    {Request{Status: Running}, nil, false},
		"one still read": {Request{Status: Running}, []SourceProgress{{Ended: true}, {}}, false},
		"all read":       {Request{Status: Running}, both, true},
		"made":           {Request{Status: Review, Complete: &complete}, both, false},
		"asked again":    {Request{Status: Queued}, both, false},
	} {
		if got := ProgressOf(c.r, c.sources, time.Now()).Packaging; got != c.want {
			t.Errorf("%s: the archive is being made: %v", name, got)
		}
	}
}

func TestProgressNamesTheSourceThatSleepsLongest(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	in := func(name string, d time.Duration, ended bool) SourceProgress {
		return SourceProgress{Source: name, SnoozedUntil: now.Add(d), Ended: ended, Pages: 1, Records: 2, Conversations: 3, Messages: 4}
	}
	sources := []SourceProgress{in("a", time.Minute, false), in("b", time.Hour, false), in("c", 2*time.Hour, true), in("d", -time.Hour, false)}
	p := ProgressOf(Request{Status: Running}, sources, now)
	if p.Waiting == nil || p.Waiting.Source != "b" || p.ETASeconds != -1 {
		t.Errorf("got %+v", p)
	}
	if p.Pages != 4 || p.Records != 8 || p.Conversations != 12 || p.Messages != 16 {
		t.Errorf("sums: %+v", p)
	}
	if p := ProgressOf(Request{Status: Queued}, sources, now); p.Waiting != nil {
		t.Errorf("a queued request waits for %+v", p.Waiting)
	}
}

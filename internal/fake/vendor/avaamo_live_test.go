package vendor

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

// pages reads page after page until an empty one and returns all ids in order.
func (c *client) pages(perPage string) (all []string) {
	c.t.Helper()
	for n := 1; ; n++ {
		p := c.numbered(entryPath, userToken, append(span(0, 1000), "per_page", perPage, "page", string(rune('0'+n)))...)
		if len(*p.Entries) == 0 {
			return all
		}
		all = append(all, uuids(c.t, p)...)
	}
}

func TestAvaamoListMovesUnderThePages(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Avaamo) error{
		"insert": func(s *Avaamo) error { return s.Insert(AvaamoRecords{Entries: []json.RawMessage{entryRow(900, 900)}}) },
		"delete": func(s *Avaamo) error { s.Delete("m019"); return nil },
		"mask":   func(s *Avaamo) error { return s.Mask("m001") },
	} {
		var s *Avaamo
		calls := 0
		s, c := serveAvaamo(t, agentData(t, 20), AvaamoOptions{OnCall: func(Call) {
			if calls++; calls == 2 {
				if err := change(s); err != nil {
					t.Error(err)
				}
			}
		}})
		got := c.pages("5")
		doubled := len(got) - len(slices.Compact(slices.Sorted(slices.Values(got))))
		switch name {
		case "insert": // the last of a page comes again
			if doubled != 1 || len(got) != 21 {
				t.Errorf("insert: got %v", got)
			}
		case "delete": // one is never shown
			if doubled != 0 || len(got) != 19 || slices.Contains(got, "m014") {
				t.Errorf("delete: got %v", got)
			}
		case "mask":
			masked := string(s.Data().Entries()[1])
			if len(got) != 20 || !strings.Contains(masked, `"content":"****"`) {
				t.Errorf("mask: got %v, %s", got, masked)
			}
		}
	}
}

func TestAvaamoTotalsMoveWithTheList(t *testing.T) {
	t.Parallel()
	s, c := serveAvaamo(t, agentData(t, 20), AvaamoOptions{})
	total := func() int { return c.numbered(entryPath, userToken, span(0, 1000)...).TotalEntries }
	got := []int{total()}
	s.Delete("m003", "m004")
	got = append(got, total())
	if err := s.Insert(AvaamoRecords{Entries: []json.RawMessage{entryRow(700, 7)}}); err != nil {
		t.Fatal(err)
	}
	if got = append(got, total()); !slices.Equal(got, []int{20, 18, 19}) {
		t.Errorf("got %v", got)
	}
}

func TestAvaamoOrder(t *testing.T) {
	t.Parallel()
	_, newest := serveAvaamo(t, agentData(t, 20), AvaamoOptions{})
	_, oldest := serveAvaamo(t, agentData(t, 20), AvaamoOptions{Choices: AvaamoChoices{OldestFirst: true}})
	a, b := newest.pages("7"), oldest.pages("7")
	slices.Reverse(b)
	if !slices.Equal(a, b) || a[0] != "m019" {
		t.Errorf("got %v and, reversed, %v", a, b)
	}
}

func TestAvaamoTiesMayChangePlaces(t *testing.T) {
	t.Parallel()
	var r AvaamoRecords
	for i := range 20 {
		r.Entries = append(r.Entries, entryRow(i, 5))
	}
	d, err := NewAvaamoData(r)
	if err != nil {
		t.Fatal(err)
	}
	for unstable, want := range map[bool]int{false: 20, true: 20} {
		_, c := serveAvaamo(t, d, AvaamoOptions{Choices: AvaamoChoices{UnstableTies: unstable}})
		got := c.pages("5")
		distinct := len(slices.Compact(slices.Sorted(slices.Values(got))))
		if len(got) != want || (distinct < want) != unstable {
			t.Errorf("unstable %v: got %d entries, %d of them distinct", unstable, len(got), distinct)
		}
	}
}

func TestAvaamoYoungRecordsLag(t *testing.T) {
	t.Parallel()
	clk := &clock{now: avaamoEpoch.Add(10*time.Second + 2*time.Minute)}
	_, c := serveAvaamo(t, agentData(t, 20), AvaamoOptions{Now: clk.Now, Choices: AvaamoChoices{IngestLag: 2 * time.Minute}})
	if got := len(c.pages("9")); got != 11 {
		t.Errorf("got %d entries, want the 11 that are two minutes old", got)
	}
}

func TestAvaamoLimit(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		scope  LimitScope
		status int
		want   []int // user, user, agent, then user after a minute
	}{
		{PerToken, 429, []int{200, 429, 200, 200}},
		{PerIP, 429, []int{200, 429, 429, 200}},
		{PerAccount, 403, []int{200, 403, 403, 200}},
	} {
		clk := newClock()
		s, c := serveAvaamo(t, agentData(t, 3), AvaamoOptions{Now: clk.Now, Rate: 1, Choices: AvaamoChoices{LimitScope: tc.scope, LimitStatus: tc.status, RateRetryAfter: RetrySeconds}})
		got := []int{c.ask(entryPath, userToken).status}
		refused := c.ask(entryPath, userToken)
		got = append(got, refused.status, c.ask(talkPath, agentToken).status)
		clk.advance(time.Minute)
		got = append(got, c.ask(entryPath, userToken).status)
		if !slices.Equal(got, tc.want) || refused.header.Get("Retry-After") != "1" || len(s.Violations()) == 0 || !s.Calls()[1].Limited {
			t.Errorf("scope %v: got %v, want %v", tc.scope, got, tc.want)
		}
	}
	s := NewAvaamo(nil, AvaamoOptions{})
	if s.rate != 50 || s.per != time.Minute || s.rateWindow != Sliding {
		t.Error("the default limit is not 50 in any minute")
	}
}

func TestAvaamoTimesOutOverWideWindowsAndDeepPages(t *testing.T) {
	t.Parallel()
	_, c := serveAvaamo(t, agentData(t, 20), AvaamoOptions{Choices: AvaamoChoices{SlowSpan: time.Hour, SlowPage: 2}})
	for _, tc := range []struct {
		to   int
		page string
		want int
	}{{3600, "1", 200}, {3601, "1", 504}, {100, "2", 200}, {100, "3", 504}} {
		a := c.ask(entryPath, userToken, append(span(0, tc.to), "page", tc.page)...)
		if a.status != tc.want || (tc.want == 504) != strings.HasPrefix(a.body, "<html>") {
			t.Errorf("%d s, page %s: got %d %.40s, want %d", tc.to, tc.page, a.status, a.body, tc.want)
		}
	}
}

package store

import (
	"fmt"
	"testing"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// TestLinksComeBackAsTheyWereStored, and a part of them is no links at all.
func TestLinksComeBackAsTheyWereStored(t *testing.T) {
	t.Parallel()
	key, first := seal.Key{1}, time.UnixMilli(1744750665123).UTC()
	l := dsr.Links{Listed: []string{"c1", "c2", ""}}
	for _, at := range []time.Time{first, first.Add(time.Hour), {}} {
		l.Refer("c2", at)
	}
	l.Refer("no time", time.Time{})
	body := encodeLinks(key, l)
	listed, referred := map[linkHash]bool{}, map[linkHash]dsr.Trace{}
	err := decodeLinks(body, func(h linkHash) { listed[h] = true }, func(h linkHash, trace dsr.Trace) { referred[h] = trace })
	if err != nil || len(listed) != 3 || len(referred) != 2 {
		t.Fatalf("%d listed, %d referred, %v", len(listed), len(referred), err)
	}
	for id, want := range l.Referred {
		if got := referred[hashOf(key, id)]; got != want {
			t.Errorf("%s: got %+v, want %+v", id, got, want)
		}
	}
	if hashOf(key, "c1") == hashOf(seal.Key{2}, "c1") {
		t.Error("the hash does not depend on the key")
	}
	ignore := func(linkHash) {}
	if err := decodeLinks(body[:len(body)-1], ignore, func(linkHash, dsr.Trace) {}); err == nil {
		t.Error("links that are cut short are taken for whole")
	}
	if err := decodeLinks(nil, ignore, func(linkHash, dsr.Trace) {}); err == nil {
		t.Error("no links at all are taken for some")
	}
}

// TestOrphansDoNotDependOnTheParts: links are compared in any number of parts, over all
// batches of all files.
func TestOrphansDoNotDependOnTheParts(t *testing.T) {
	t.Parallel()
	f := newFollowing(t)
	at := time.Unix(1744750665, 0).UTC()
	for batch := range 4 {
		var l dsr.Links
		for i := range 50 {
			n := 50*batch + i
			if n%10 != 0 {
				l.Listed = append(l.Listed, fmt.Sprint("c", n))
			}
			l.Refer(fmt.Sprint("c", (n+70)%200), at.Add(time.Duration(n)*time.Hour))
		}
		f.commit(f.scan, dsr.Commit{Links: l})
	}
	for _, parts := range []uint64{1, 2, 7} {
		for name, w := range map[string]struct {
			window dsr.Window
			want   int64
		}{"all": {dsr.Window{}, 20}, "before them": {dsr.Window{End: at}, 0}, "after them": {dsr.Window{Start: at.Add(1000 * time.Hour)}, 0}, "half": {dsr.Window{End: at.Add(100 * time.Hour)}, 10}} {
			var o dsr.Orphans
			f.must(f.s.view(t.Context(), func(view tx) error {
				k, err := view.knownSourceKey(t.Context(), "bot")
				if err != nil {
					return err
				}
				c := linkComparison{tx: view, key: k, of: unitsOf, args: []any{f.id, "bot"}, source: "bot", window: w.window, parts: parts}
				for c.part = range parts {
					if err := c.compare(t.Context(), &o); err != nil {
						return err
					}
				}
				return nil
			}))
			if o.Messages != w.want || o.Conversations != w.want {
				t.Errorf("%s in %d parts: %d messages of %d conversations, want %d", name, parts, o.Messages, o.Conversations, w.want)
			}
		}
	}
}

// TestListedCountsDifferentRecords of the units that are asked for, in whatever batches they came.
func TestListedCountsDifferentRecords(t *testing.T) {
	t.Parallel()
	f := newFollowing(t)
	for _, listed := range [][]string{{"c1", "c2", "c1"}, {"c2", "c3"}, nil} {
		f.commit(f.scan, dsr.Commit{Links: dsr.Links{Listed: listed}})
	}
	for _, c := range []struct {
		units []int64
		want  int64
	}{{[]int64{f.scan.ID}, 3}, {[]int64{f.scan.ID + 1}, 0}, {nil, 0}} {
		if n, err := f.s.Listed(t.Context(), "bot", c.units); err != nil || n != c.want {
			t.Errorf("units %v: %d, %v; want %d", c.units, n, err, c.want)
		}
	}
}

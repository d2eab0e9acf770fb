package scan

import (
	"encoding/json"
	"strconv"
	"testing"

	"dsr-server/internal/match"
)

func idsFrom(from, n int) (ids []uint64) {
	for i := range n {
		ids = append(ids, uint64(from+i)*0x9e3779b97f4a7c15)
	}
	return ids
}

// TestACycleDetectorStaysSmall feeds a million records in.
func TestACycleDetectorStaysSmall(t *testing.T) {
	t.Parallel()
	n := newCycleDetector()
	for page := range 1000 {
		s := n.take(idsFrom(page*1000, 1000), strconv.Itoa(page))
		if s.stuck || s.fresh != 1000 || s.again != 0 {
			t.Fatalf("page %d: %+v", page, s)
		}
		if held := len(n.ids.recent) + len(n.ids.older); held > 2*remembered {
			t.Fatalf("%d ids are remembered, want at most %d", held, 2*remembered)
		}
	}
	if held := len(n.ids.recent) + len(n.ids.older); held < remembered {
		t.Errorf("%d ids are remembered, want at least %d", held, remembered)
	}
}

func TestARecentSetRemembersTheLatest(t *testing.T) {
	t.Parallel()
	var m recentSet
	for i := range 3 * remembered {
		if m.add(uint64(i)) {
			t.Fatalf("%d is said to be known", i)
		}
		if back := i - remembered + 1; back >= 0 && !m.add(uint64(back)) {
			t.Fatalf("at %d, %d is forgotten", i, back)
		}
	}
}

func TestStuck(t *testing.T) {
	t.Parallel()
	type page struct {
		from, n int
		cursor  string
	}
	empties := make([]page, 12)
	for i := range empties {
		empties[i] = page{0, 0, "e" + strconv.Itoa(i)}
	}
	for name, tc := range map[string]struct {
		pages []page
		want  int // the page at which it is stuck, from 1; 0: never
	}{
		"A, A":                           {[]page{{0, 5, "A"}, {5, 5, "A"}, {5, 5, "A"}}, 3},
		"A, B, A":                        {[]page{{0, 5, "A"}, {5, 5, "B"}, {10, 5, "A"}, {5, 5, "B"}}, 4},
		"one handle and always new ids":  {[]page{{0, 5, "A"}, {5, 5, "A"}, {10, 5, "A"}, {15, 1, "A"}, {16, 2, ""}}, 0},
		"one handle, an empty page":      {[]page{{0, 5, "A"}, {5, 0, "A"}}, 2},
		"ten pages without a new id":     {append([]page{{0, 5, "A"}}, empties...), 11},
		"nine, and then a new id":        {append(append([]page{{0, 5, "A"}}, empties[:9]...), page{5, 1, "B"}), 0},
		"the end is never stuck":         {[]page{{0, 5, "A"}, {0, 5, ""}}, 0},
		"new cursors, old ids, not long": {[]page{{0, 5, "A"}, {0, 5, "B"}, {0, 5, "C"}, {5, 5, "D"}}, 0},
	} {
		n, got := newCycleDetector(), 0
		for i, p := range tc.pages {
			if n.take(idsFrom(p.from, p.n), p.cursor).stuck && got == 0 {
				got = i + 1
			}
		}
		if got != tc.want {
			t.Errorf("%s: stuck at page %d, want %d", name, got, tc.want)
		}
	}
}

// TestStuckInALongCircle goes round more records than are remembered.
func TestStuckInALongCircle(t *testing.T) {
	t.Parallel()
	const pages = 3 * remembered / 1000
	n := newCycleDetector()
	for i := range 4 * pages {
		if n.take(idsFrom(i%pages*1000, 1000), strconv.Itoa(i%pages)).stuck {
			if i < pages {
				t.Fatalf("stuck at page %d of the first round", i)
			}
			return
		}
	}
	t.Error("four rounds, and nobody noticed")
}

func TestRecordWithoutIDIsItself(t *testing.T) {
	t.Parallel()
	n := newCycleDetector()
	a, b := json.RawMessage(`{"a":1}`), json.RawMessage(`{"a":2}`)
	if n.hash(match.Facts{}, a) != n.hash(match.Facts{}, json.RawMessage(`{"a":1}`)) || n.hash(match.Facts{}, a) == n.hash(match.Facts{}, b) {
		t.Error("records without an id are told apart by something else than their text")
	}
	if n.hash(match.Facts{ID: "x"}, a) != n.hash(match.Facts{ID: "x"}, b) {
		t.Error("versions of one record count as two")
	}
}

package audit_test

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"dsr-server/internal/audit"
)

// memory is a log as a store keeps it.
type memory struct {
	rows   []audit.Row
	hashes []tlog.Hash
}

func (m *memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(m.hashes)) {
			return nil, errors.New("no such hash")
		}
		out[i] = m.hashes[index]
	}
	return out, nil
}

func (m *memory) append(t testing.TB, e audit.Event) {
	t.Helper()
	n := int64(len(m.rows))
	leaf, err := e.Leaf(n)
	if err != nil {
		t.Fatal(err)
	}
	hashes, err := audit.Append(n, leaf, m)
	if err != nil {
		t.Fatal(err)
	}
	m.rows = append(m.rows, audit.Row{Index: n, Leaf: leaf, Columns: e})
	m.hashes = append(m.hashes, hashes...)
}

// newLog returns a log of n different events.
func newLog(t testing.TB, n int) *memory {
	t.Helper()
	m := new(memory)
	for i := range n {
		m.append(t, audit.Event{
			At: at.Add(time.Duration(i) * time.Second), Kind: audit.RequestViewed,
			Actor: "person", Request: fmt.Sprintf("request-%d", i), Data: map[string]string{"n": fmt.Sprint(i)},
		})
	}
	return m
}

// clone is a deep copy, to be altered.
func (m *memory) clone() *memory {
	c := &memory{rows: slices.Clone(m.rows), hashes: slices.Clone(m.hashes)}
	for i := range c.rows {
		c.rows[i].Leaf = slices.Clone(c.rows[i].Leaf)
	}
	return c
}

func (m *memory) verify(known ...tlog.Tree) (tlog.Tree, error) {
	return audit.Verify(seq(m.rows), seq(m.hashes), known...)
}

func seq[T any](s []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range s {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func (m *memory) tree(t testing.TB, n int) tlog.Tree {
	t.Helper()
	tree, err := audit.Tree(int64(n), m)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// wantAltered wants the verifier to name index.
func wantAltered(t *testing.T, err error, index int64) {
	t.Helper()
	altered, ok := errors.AsType[*audit.AlteredError](err)
	if !ok || altered.Index != index {
		t.Errorf("got %v, want index %d named", err, index)
	}
}

const size = 13 // 8 + 4 + 1: subtrees of several heights

func TestVerifyReturnsTheTreeOfAWholeLog(t *testing.T) {
	t.Parallel()
	for n := range 70 {
		m := newLog(t, n)
		known := make([]tlog.Tree, n+1)
		for i := range known {
			known[n-i] = m.tree(t, i) // in any order
		}
		if got, err := m.verify(known...); err != nil || got != m.tree(t, n) {
			t.Errorf("%d events: %v, %v; want %v", n, got, err, m.tree(t, n))
		}
	}
}

func TestVerifyNamesTheLeafOfWhichAnyByteChanged(t *testing.T) {
	t.Parallel()
	m := newLog(t, size)
	for i := range m.rows {
		for b := range m.rows[i].Leaf {
			c := m.clone()
			c.rows[i].Leaf[b] ^= 1
			_, err := c.verify()
			wantAltered(t, err, int64(i))
		}
	}
}

func TestVerifyNamesTheEventWithWhichAChangedHashWasWritten(t *testing.T) {
	t.Parallel()
	m := newLog(t, size)
	for i := range m.hashes {
		for b := range tlog.HashSize {
			c := m.clone()
			c.hashes[i][b] ^= 0x80
			_, err := c.verify()
			level, n := tlog.SplitStoredHashIndex(int64(i))
			wantAltered(t, err, (n+1)<<level-1)
		}
	}
}

func TestVerifyFindsAnEventRewrittenWithItsHash(t *testing.T) {
	t.Parallel()
	m := newLog(t, size)
	checkpoint := m.tree(t, size)
	for i := range m.rows {
		c := m.clone()
		e := c.rows[i].Columns
		e.Actor = "somebody else"
		leaf, err := e.Leaf(int64(i))
		if err != nil {
			t.Fatal(err)
		}
		c.rows[i] = audit.Row{Index: int64(i), Leaf: leaf, Columns: e}
		c.hashes[tlog.StoredHashIndex(0, int64(i))] = tlog.RecordHash(leaf)
		_, err = c.verify(checkpoint)
		if i == size-1 {
			wantAltered(t, err, size) // nothing in the log covers its last event, a checkpoint does
		} else {
			wantAltered(t, err, int64(i|1)) // with which the hash over both was written
		}
	}
}

func TestVerifyNamesAColumnThatSaysOtherThanItsLeaf(t *testing.T) {
	t.Parallel()
	m := newLog(t, size)
	for name, change := range map[string]func(*audit.Event){
		"time":    func(e *audit.Event) { e.At = e.At.Add(time.Millisecond) },
		"kind":    func(e *audit.Event) { e.Kind = audit.SignedIn },
		"actor":   func(e *audit.Event) { e.Actor = "x" },
		"request": func(e *audit.Event) { e.Request = "" },
	} {
		c := m.clone()
		change(&c.rows[5].Columns)
		_, err := c.verify()
		if wantAltered(t, err, 5); t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestVerifyFindsEventsThatAreMissingMovedOrAdded(t *testing.T) {
	t.Parallel()
	m := newLog(t, size)
	whole := m.tree(t, size)
	hashesOf := func(n int64) int64 { return tlog.StoredHashCount(n) }
	for name, c := range map[string]struct {
		alter func(*memory)
		known []tlog.Tree
		index int64
	}{
		"one in the middle is gone": {alter: func(m *memory) { m.rows = slices.Delete(m.rows, 4, 5) }, index: 4},
		"and the others moved up": {alter: func(m *memory) {
			m.rows = slices.Delete(m.rows, 4, 5)
			for i := range m.rows {
				m.rows[i].Index = int64(i)
			}
		}, index: 4},
		"two changed places": {alter: func(m *memory) {
			m.rows[4].Leaf, m.rows[9].Leaf = m.rows[9].Leaf, m.rows[4].Leaf
		}, index: 4},
		"the last is gone":           {alter: func(m *memory) { m.rows = m.rows[:size-1] }, index: size - 1},
		"all are gone":               {alter: func(m *memory) { m.rows = nil }, index: 0},
		"the last hash is gone":      {alter: func(m *memory) { m.hashes = m.hashes[:len(m.hashes)-1] }, index: size - 1},
		"there is one hash too many": {alter: func(m *memory) { m.hashes = append(m.hashes, tlog.Hash{}) }, index: size},
		"the end is cut off cleanly": {
			alter: func(m *memory) { m.rows, m.hashes = m.rows[:9], m.hashes[:hashesOf(9)] },
			known: []tlog.Tree{whole}, index: 9,
		},
		"the whole is written anew": {
			alter: func(m *memory) {
				*m = *newLog(t, 1)
				m.append(t, audit.Event{At: at, Kind: audit.SignedIn, Actor: "x"})
			},
			known: []tlog.Tree{m.tree(t, 2)}, index: 2,
		},
	} {
		altered := m.clone()
		c.alter(altered)
		_, err := altered.verify(c.known...)
		if wantAltered(t, err, c.index); t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestVerifyDoesNotCallAReadErrorAltered(t *testing.T) {
	t.Parallel()
	m := newLog(t, size)
	broken := errors.New("disk")
	failing := func(yield func(tlog.Hash, error) bool) {
		for i, h := range m.hashes {
			if i == 6 {
				yield(tlog.Hash{}, broken)
				return
			}
			if !yield(h, nil) {
				return
			}
		}
	}
	rows := func(yield func(audit.Row, error) bool) { yield(audit.Row{}, broken) }
	_, err1 := audit.Verify(seq(m.rows), failing)
	_, err2 := audit.Verify(rows, seq(m.hashes))
	for _, err := range []error{err1, err2} {
		if _, altered := errors.AsType[*audit.AlteredError](err); altered || !errors.Is(err, broken) {
			t.Errorf("got %v, want the read error", err)
		}
	}
}

func TestProofs(t *testing.T) {
	t.Parallel()
	m := newLog(t, 200)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 200).Draw(t, "size")
		i := rapid.IntRange(0, n-1).Draw(t, "index")
		tree, leaf := prefix(t, m, n), m.rows[i].Leaf
		p, err := audit.ProveRecord(int64(n), int64(i), m)
		if err != nil {
			t.Fatal(err)
		}
		if err := audit.CheckRecord(p, tree, int64(i), leaf); err != nil {
			t.Fatal(err)
		}
		other := slices.Clone(leaf)
		other[rapid.IntRange(0, len(other)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if audit.CheckRecord(p, tree, int64(i), other) == nil {
			t.Fatal("another leaf was proved")
		}
		if n > 1 && audit.CheckRecord(p, tree, int64((i+1)%n), leaf) == nil {
			t.Fatal("the leaf was proved at another place")
		}
		if len(p) > 0 {
			bad := slices.Clone(p)
			bad[rapid.IntRange(0, len(p)-1).Draw(t, "hash")][0] ^= 1
			if audit.CheckRecord(bad, tree, int64(i), leaf) == nil {
				t.Fatal("a changed proof was believed")
			}
		}
	})
}

func TestProofsThatALogOnlyGrew(t *testing.T) {
	t.Parallel()
	m := newLog(t, 200)
	forked := newLog(t, 57)
	for i := range 200 - 57 {
		forked.append(t, audit.Event{At: at, Kind: audit.SignedIn, Actor: fmt.Sprint("x", i)})
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 200).Draw(t, "size")
		old := rapid.IntRange(0, n).Draw(t, "older")
		tree, older := prefix(t, m, n), prefix(t, m, old)
		p, err := audit.ProveTree(int64(n), int64(old), m)
		if err != nil {
			t.Fatal(err)
		}
		if err := audit.CheckTree(p, tree, older); err != nil {
			t.Fatal(err)
		}
		if old <= 57 {
			return
		}
		fp, err := audit.ProveTree(int64(n), int64(old), forked)
		if err != nil {
			t.Fatal(err)
		}
		if audit.CheckTree(fp, prefix(t, forked, n), older) == nil || audit.CheckTree(p, prefix(t, forked, n), older) == nil {
			t.Fatal("a rewritten log was believed to be a continuation")
		}
	})
}

func prefix(t *rapid.T, m *memory, n int) tlog.Tree {
	tree, err := audit.Tree(int64(n), m)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestProofsOfNothingAreRefused(t *testing.T) {
	t.Parallel()
	m := newLog(t, 3)
	for _, c := range [][2]int64{{3, 3}, {3, -1}, {-1, 0}, {0, 0}, {9, 1}} {
		if _, err := audit.ProveRecord(c[0], c[1], m); err == nil {
			t.Errorf("event %d of %d was proved", c[1], c[0])
		}
	}
	for _, c := range [][2]int64{{3, 4}, {3, -1}, {-1, 0}, {9, 1}} {
		if _, err := audit.ProveTree(c[0], c[1], m); err == nil {
			t.Errorf("%d to %d was proved", c[1], c[0])
		}
	}
	if _, err := audit.Tree(-1, m); err == nil {
		t.Error("a negative tree")
	}
	if _, err := audit.Append(-1, nil, m); err == nil {
		t.Error("a negative index was appended")
	}
	if err := audit.CheckTree(nil, m.tree(t, 3), tlog.Tree{}); err == nil {
		t.Error("an empty log with a wrong hash was believed")
	}
}

func TestCheckpointsAreReadBack(t *testing.T) {
	t.Parallel()
	want := newLog(t, size).tree(t, size)
	text := audit.FormatCheckpoint("dsr.example.com/audit", want)
	origin, got, err := audit.ParseCheckpoint(append(text, "\n— sig AAAA\n"...))
	if err != nil || origin != "dsr.example.com/audit" || got != want {
		t.Errorf("%q, %v, %v; want %v", origin, got, err, want)
	}
	for _, bad := range []string{
		"", "a\n1\n", strings.TrimSuffix(string(text), "\n"), strings.Replace(string(text), "\n13\n", "\n013\n", 1),
		strings.Replace(string(text), "\n13\n", "\n-13\n", 1), strings.Replace(string(text), "=", "", 1), "\n13\n" + string(text),
	} {
		if _, _, err := audit.ParseCheckpoint([]byte(bad)); err == nil {
			t.Errorf("read: %q", bad)
		}
	}
}

package audit

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// Row is an event as it is stored: the leaf, and the columns beside it that lists and
// filters are made from. They must say the same.
type Row struct {
	Index int64
	Leaf  []byte
	// Of Columns, At, Kind, Actor and Request are compared with the leaf.
	Columns Event
}

// AlteredError says where the log stops being what was once written.
type AlteredError struct {
	// Index of the first event that is not as it was, or with which a stored hash was
	// written that is not; the log before it is good.
	Index int64
	What  string
}

func (e *AlteredError) Error() string {
	return fmt.Sprintf("the audit log was altered at event %d: %s", e.Index, e.What)
}

// Verify recomputes the whole log from its rows, in the order of their index, and
// compares every stored hash, in the order of theirs. It returns the tree, or an
// *AlteredError for the first thing that is wrong; any other error comes from reading.
// Each known tree (a checkpoint that was kept elsewhere) must be a beginning of the
// log: only such a tree shows that the end was cut off or the whole rewritten. Rows
// and hashes must come from one snapshot of the database.
func Verify(rows iter.Seq2[Row, error], stored iter.Seq2[tlog.Hash, error], known ...tlog.Tree) (tlog.Tree, error) {
	next, stop := iter.Pull2(stored)
	defer stop()
	v := verifier{next: next, known: slices.Clone(known)}
	slices.SortFunc(v.known, func(a, b tlog.Tree) int { return cmp.Compare(a.N, b.N) })
	for row, err := range rows {
		if err != nil {
			return tlog.Tree{}, fmt.Errorf("read audit event %d: %w", v.n, err)
		}
		if err := v.compareKnown(); err != nil {
			return tlog.Tree{}, err
		}
		if err := v.add(row); err != nil {
			return tlog.Tree{}, err
		}
	}
	return v.finish()
}

// verifier holds the roots of the full subtrees so far, which is all that the next
// leaf needs: of sizes that are the bits of n, largest first.
type verifier struct {
	n     int64
	roots []tlog.Hash
	next  func() (tlog.Hash, error, bool)
	known []tlog.Tree // still to come, smallest first
}

func (v *verifier) altered(format string, args ...any) error {
	return &AlteredError{Index: v.n, What: fmt.Sprintf(format, args...)}
}

func (v *verifier) add(row Row) error {
	if row.Index != v.n {
		return v.altered("this event is missing; the next one is event %d", row.Index)
	}
	index, e, err := ParseLeaf(row.Leaf)
	if err != nil {
		return v.altered("the event cannot be read: %v", err)
	}
	if index != v.n {
		return v.altered("what stands here was written as event %d", index)
	}
	if c := row.Columns; !c.At.Equal(e.At) || c.Kind != e.Kind || c.Actor != e.Actor || c.Request != e.Request {
		return v.altered("the columns for its time, kind, actor and request differ from the event itself")
	}
	return v.addHash(tlog.RecordHash(row.Leaf))
}

// addHash compares the hash of the leaf and those of the subtrees that it completes.
func (v *verifier) addHash(h tlog.Hash) error {
	if err := v.compareStored(h, "the event does not match its stored hash"); err != nil {
		return err
	}
	for level := 0; v.n>>level&1 == 1; level++ {
		last := len(v.roots) - 1
		h = tlog.NodeHash(v.roots[last], h)
		v.roots = v.roots[:last]
		first := v.n + 1 - 1<<(level+1)
		if err := v.compareStored(h, fmt.Sprintf("events %d to %d do not match their stored hash", first, v.n)); err != nil {
			return err
		}
	}
	v.roots = append(v.roots, h)
	v.n++
	return nil
}

func (v *verifier) compareStored(want tlog.Hash, what string) error {
	got, err, ok := v.next()
	if err != nil {
		return fmt.Errorf("read the audit hashes of event %d: %w", v.n, err)
	}
	if !ok {
		return v.altered("a stored hash is missing")
	}
	if got != want {
		return v.altered("%s", what)
	}
	return nil
}

// compareKnown checks the trees that were known at the present size.
func (v *verifier) compareKnown() error {
	for len(v.known) > 0 && v.known[0].N <= v.n {
		tree, err := v.tree()
		if err != nil {
			return err
		}
		if v.known[0] != tree {
			return v.altered("the events before it do not match the checkpoint that was kept")
		}
		v.known = v.known[1:]
	}
	return nil
}

func (v *verifier) tree() (tlog.Tree, error) {
	if v.n == 0 {
		return Tree(0, nil)
	}
	h := v.roots[len(v.roots)-1]
	for _, left := range slices.Backward(v.roots[:len(v.roots)-1]) {
		h = tlog.NodeHash(left, h)
	}
	return tlog.Tree{N: v.n, Hash: h}, nil
}

func (v *verifier) finish() (tlog.Tree, error) {
	if err := v.compareKnown(); err != nil {
		return tlog.Tree{}, err
	}
	if len(v.known) > 0 {
		return tlog.Tree{}, v.altered("events are missing from here on: the checkpoint that was kept has %d", v.known[0].N)
	}
	if _, err, more := v.next(); err != nil {
		return tlog.Tree{}, fmt.Errorf("read the audit hashes of event %d: %w", v.n, err)
	} else if more {
		return tlog.Tree{}, v.altered("this event is missing, but its stored hash is there")
	}
	return v.tree()
}

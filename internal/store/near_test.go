package store

import (
	"fmt"
	"slices"
	"testing"

	"dsr-server/internal/dsr"
)

func (f *following) near(n int, paths ...string) dsr.NearFind {
	find := dsr.NearFind{RequestID: f.id, ConversationID: fmt.Sprintf("conversation %d", n)}
	for _, path := range paths {
		find.Places = append(find.Places, dsr.NearHit{Path: path, Kind: "mentioned", Text: "around " + path})
	}
	return find
}

// wantNear compares the near misses as "id: paths", in any order.
func (f *following) wantNear(untold int64, want ...string) {
	f.t.Helper()
	snap, err := f.s.Snapshot(f.t.Context(), f.id)
	f.must(err)
	n := snap.Near
	var got []string
	for _, m := range n.Near {
		got = append(got, fmt.Sprintf("%s %s: %q", m.Source, m.ConversationID, m.Paths))
		for i, p := range m.Places {
			if p.Path != m.Paths[i] || p.Kind != "mentioned" || p.Text != "around "+p.Path {
				f.t.Errorf("place %d of %s is %+v", i, m.ConversationID, p)
			}
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) || n.Untold != untold {
		f.t.Errorf("got %q and %d, want %q and %d", got, n.Untold, want, untold)
	}
}

func (f *following) counted() (n int64) {
	f.t.Helper()
	f.must(f.s.r.QueryRowContext(f.t.Context(), `SELECT near_misses FROM requests WHERE id = ?`, f.id).Scan(&n))
	return n
}

func TestNearMissesAreKeptOnceAndSealed(t *testing.T) {
	t.Parallel()
	f := newFollowing(t)
	f.commit(f.scan, dsr.Commit{Near: []dsr.NearFind{f.near(1, "secret place", "a"), f.near(2, "")}})
	f.commit(f.scan, dsr.Commit{Near: []dsr.NearFind{f.near(1, "a", "b"), {RequestID: newID(), ConversationID: "of nobody", Places: []dsr.NearHit{{Path: "x"}}}}})
	f.wantNear(0, `bot conversation 1: ["a" "b" "secret place"]`, `bot conversation 2: [""]`)
	for _, text := range []string{"secret place", "conversation 1", "of nobody"} {
		f.grep(text, false)
	}
}

func TestAConversationThatMatchesAfterAllIsNoNearMiss(t *testing.T) {
	t.Parallel()
	f := newFollowing(t)
	f.commit(f.scan, dsr.Commit{Near: []dsr.NearFind{f.near(1, "a"), f.near(2, "a", "b")}})
	f.commit(f.scan, dsr.Commit{Unit: dsr.Unit{State: dsr.UnitDone}, Finds: []dsr.Find{{RequestID: f.id, Record: dsr.Record{
		Source: "bot", Kind: dsr.Conversation, ID: "conversation 1", ConversationID: "conversation 1", Raw: []byte(`{}`),
	}}}})
	f.wantNear(0, `bot conversation 2: ["a" "b"]`)
	f.finishRun()
	if n := f.counted(); n != 1 {
		t.Errorf("%d near misses in the result, want 1", n)
	}
}

func (f *following) finishRun() {
	f.t.Helper()
	ctx := f.t.Context()
	_, err := f.w.EndSource(ctx, "bot", nil)
	f.must(err)
	_, err = f.w.Finish(ctx, dsr.FinishedRun{RequestID: f.id, Complete: true, Identity: "x", FileName: f.id + ".age",
		Found: dsr.Result{Archive: &dsr.ArchiveInfo{Size: 7, SHA256: fmt.Sprintf("%064d", 0)}}})
	f.must(err)
}

func TestManyNearMissesAreOnlyCounted(t *testing.T) {
	t.Parallel()
	f := newFollowing(t)
	var many []dsr.NearFind
	for i := range dsr.MaxNearMisses - 1 {
		many = append(many, f.near(i, "a"))
	}
	f.commit(f.scan, dsr.Commit{Near: many})
	f.commit(f.scan, dsr.Commit{Near: []dsr.NearFind{f.near(5, "b"), f.near(5, "c"), f.near(5001, "a"), f.near(5002, "a")}})
	f.commit(f.scan, dsr.Commit{Near: []dsr.NearFind{f.near(5003, "a", "b")}, Unit: dsr.Unit{State: dsr.UnitDone}})
	snap, err := f.s.Snapshot(t.Context(), f.id)
	f.must(err)
	n := snap.Near
	if len(n.Near) != dsr.MaxNearMisses || n.Untold != 2 || n.Count() != dsr.MaxNearMisses+2 {
		t.Errorf("%d kept and %d counted", len(n.Near), n.Untold)
	}
	f.finishRun()
	if n := f.counted(); n != dsr.MaxNearMisses+2 {
		t.Errorf("%d near misses in the result", n)
	}
}

func TestPurgeTakesTheNearMissesAlong(t *testing.T) {
	t.Parallel()
	f := newFollowing(t)
	f.commit(f.scan, dsr.Commit{Near: []dsr.NearFind{f.near(1, "a")}, Unit: dsr.Unit{State: dsr.UnitDone}})
	f.finishRun()
	_, err := f.s.Purge(t.Context(), byAdmin, f.id)
	f.must(err)
	f.wantNear(0)
	var rows int
	f.must(f.s.r.QueryRowContext(t.Context(), `SELECT count(*) FROM near_misses`).Scan(&rows))
	if rows != 0 || f.counted() != 0 {
		t.Errorf("%d rows, %d in the result", rows, f.counted())
	}
}

package store

import (
	"errors"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

func TestAuditLogProvesItselfAndNamesWhatWasAltered(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	for range 9 {
		l.submit("")
	}
	kept, err := l.s.AuditTree(ctx)
	l.must(err)
	for range 5 {
		l.submit("")
	}
	tree, err := l.s.AuditTree(ctx)
	l.must(err)
	event, err := l.s.ProveEvent(ctx, 3, 0)
	l.must(err)
	l.must(audit.CheckRecord(event.Proof, tree, 3, event.Leaf))
	growth, err := l.s.ProveGrowth(ctx, kept.N, 0)
	l.must(err)
	l.must(audit.CheckTree(growth.Proof, tree, kept))
	if got, err := VerifyAudit(ctx, l.dir, kept, tree); err != nil || got != tree {
		t.Fatalf("got %v, %v", got, err)
	}
	for _, index := range []int64{-1, 14, 99} {
		if _, err := l.s.ProveEvent(ctx, index, 0); dsr.KindOf(err) != dsr.Invalid {
			t.Errorf("event %d: %v", index, err)
		}
	}
	l.tamper(`DROP TRIGGER audit_events_fixed`, `UPDATE audit_events SET actor = 'user:nobody' WHERE idx = 5`)
	_, err = VerifyAudit(ctx, l.dir)
	if altered, ok := errors.AsType[*audit.AlteredError](err); !ok || altered.Index != 5 {
		t.Errorf("got %v, want event 5 to be named", err)
	}
}

func TestAuditLogThatWasCutIsFoundByAKeptCheckpoint(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	for range 6 {
		l.submit("")
	}
	tree, err := l.s.AuditTree(t.Context())
	l.must(err)
	l.tamper(`DROP TRIGGER audit_events_kept`, `DROP TRIGGER audit_hashes_kept`,
		`DELETE FROM audit_events WHERE idx >= 4`, `DELETE FROM audit_hashes WHERE idx >= 7`) // 7 = the hashes of 4 leaves
	_, err = VerifyAudit(t.Context(), l.dir)
	if _, cut := errors.AsType[*audit.AlteredError](err); cut {
		t.Fatalf("the cut log alone looks whole, but: %v", err)
	}
	if disagreement, ok := errors.AsType[*audit.DisagreementError](err); !ok || len(disagreement.Problems) != 4 {
		t.Errorf("got %v, want the rows named that the cut log does not speak of, and its triggers", err)
	}
	if _, err := VerifyAudit(t.Context(), l.dir, tree); err == nil {
		t.Error("the cut was not found")
	}
	if _, err := VerifyAudit(t.Context(), l.dir, tlog.Tree{N: 1}); err == nil {
		t.Error("a checkpoint of another log was accepted")
	}
}

func (l *life) tamper(statements ...string) {
	l.t.Helper()
	l.tampered = true
	for _, s := range statements {
		_, err := l.s.w.ExecContext(l.t.Context(), s)
		l.must(err)
	}
}

func TestReadingTheLogIsOnRecordOncePerHour(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	auditor := dsr.Principal{ID: "token:auditor", Role: dsr.Auditor}
	l.submit("")
	read := func() (n int) {
		for range 3 {
			_, _, err := l.s.AuditEvents(ctx, auditor, -1, 10)
			l.must(err)
		}
		for _, e := range happened(t, l.s) {
			if e == "audit.read token:auditor" {
				n++
			}
		}
		return n
	}
	if n := read(); n != 1 {
		t.Errorf("got %d events", n)
	}
	l.pass(time.Hour)
	if n := read(); n != 2 {
		t.Errorf("an hour later: got %d events", n)
	}
	leaves, size, err := l.s.AuditEvents(ctx, auditor, 0, 1)
	l.must(err)
	if index, _, err := audit.ParseLeaf(leaves[0]); err != nil || index != 1 || size != 3 || len(leaves) != 1 {
		t.Errorf("got event %d of %d, %v", index, size, err)
	}
	if !slices.Contains(happened(t, l.s), "request.submitted token:admin") {
		t.Error("the log lost an event")
	}
}

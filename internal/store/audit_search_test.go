package store

import (
	"slices"
	"testing"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

func TestTheLogIsSearchedByEachFilterAndAllTogether(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	auditor := dsr.Principal{ID: "user:audit", Role: dsr.Auditor}
	one := l.submit("ONE")
	l.pass(24 * time.Hour)
	two, day := l.submit("two"), l.now()
	_, err := l.s.Cancel(ctx, dsr.Call{By: approver}, two)
	l.must(err)
	l.pass(24 * time.Hour)
	_, err = l.s.Cancel(ctx, dsr.Call{By: approver}, one)
	l.must(err)
	called, err := l.s.RequestsCalled(ctx, "one")
	l.must(err)
	for name, c := range map[string]struct {
		q    dsr.AuditQuery
		want []string
	}{
		"nothing":      {dsr.AuditQuery{}, []string{"audit.read user:audit", "request.cancelled token:approver", "request.cancelled token:approver", "request.submitted token:admin", "request.submitted token:admin"}},
		"a request":    {dsr.AuditQuery{Requests: called}, []string{"request.cancelled token:approver", "request.submitted token:admin"}},
		"no request":   {dsr.AuditQuery{Requests: []string{}}, nil},
		"a person":     {dsr.AuditQuery{Actor: admin.ID}, []string{"request.submitted token:admin", "request.submitted token:admin"}},
		"a kind":       {dsr.AuditQuery{Kind: string(audit.RequestCancelled)}, []string{"request.cancelled token:approver", "request.cancelled token:approver"}},
		"a day":        {dsr.AuditQuery{From: day, Until: day.Add(time.Hour)}, []string{"request.cancelled token:approver", "request.submitted token:admin"}},
		"all together": {dsr.AuditQuery{Requests: []string{two}, Actor: approver.ID, Kind: string(audit.RequestCancelled), From: day, Until: day.Add(time.Hour)}, []string{"request.cancelled token:approver"}},
		"both, apart":  {dsr.AuditQuery{Actor: admin.ID, Kind: string(audit.RequestCancelled)}, nil},
	} {
		c.q.Limit = 2
		if got := l.search(auditor, c.q); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	if n := len(l.search(auditor, dsr.AuditQuery{Kind: string(audit.AuditRead), Limit: 9})); n != 1 {
		t.Errorf("that the log was read is on record %d times in an hour", n)
	}
}

// search turns all the pages of a search.
func (l *life) search(by dsr.Principal, q dsr.AuditQuery) (got []string) {
	l.t.Helper()
	for {
		page, err := l.s.AuditPage(l.t.Context(), by, q)
		l.must(err)
		for _, line := range page.Lines {
			got = append(got, line.Kind+" "+line.Actor)
			q.Before = dsr.AuditPlace{At: line.At, Index: line.Index}
		}
		if !page.More {
			return got
		}
	}
}

func TestActorsAreThoseOfTheLogAndACheckpointTakenIsOnRecord(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	l.submit("one")
	if kept, err := l.s.CheckpointKept(ctx); err != nil || !kept.At.IsZero() {
		t.Errorf("before: %+v, %v", kept, err)
	}
	l.must(l.s.RecordCheckpoint(ctx, dsr.Principal{ID: "user:ben"}))
	kept, err := l.s.CheckpointKept(ctx)
	l.must(err)
	if !kept.At.Equal(l.now()) || kept.Size != 2 {
		t.Errorf("got %+v", kept)
	}
	actors, err := l.s.AuditActors(ctx)
	l.must(err)
	var ids []string
	for _, a := range actors {
		ids = append(ids, a.ID)
	}
	if want := []string{"user:ben", "token:admin", "system", "unknown"}; !slices.Equal(ids, want) {
		t.Errorf("got %v, want %v", ids, want)
	}
	n := 0
	l.must(l.s.AuditLines(ctx, admin, dsr.AuditQuery{}, func(dsr.AuditLine) error { n++; return nil }))
	if n != 3 {
		t.Errorf("%d lines, want all three events", n)
	}
}

package store

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	"dsr-server/internal/jobs"
)

// asking is a revision to other search terms.
func asking(id string) func(dsr.Request) (dsr.Submission, error) {
	return func(r dsr.Request) (dsr.Submission, error) {
		return dsr.Revision{Selectors: []dsr.Selector{{ConversationID: id}}}.Of(r), nil
	}
}

func TestARevisionLeavesNothingOfTheOldQuestion(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	id := l.ready("one")
	before, err := l.s.Lookup(ctx, id)
	l.must(err)
	r, err := l.s.Revise(ctx, byAdmin, id, asking("another"))
	l.must(err)
	if r.Status != dsr.Queued || r.Complete != nil || r.Result != nil || !r.AsOf.IsZero() || !slices.Equal(r.Selectors, []dsr.Selector{{ConversationID: "another"}}) {
		t.Errorf("got %+v", r)
	}
	if r.Reference != "one" || !r.DueAt.Equal(before.DueAt) || r.Version <= before.Version {
		t.Errorf("the reference is %q, due %v, version %d", r.Reference, r.DueAt, r.Version)
	}
	if r.Released == nil || r.Released.SHA256 != strings.Repeat("ab", 32) {
		t.Errorf("in force is %+v, want the archive that was released", r.Released)
	}
	for _, table := range bulky {
		var n int
		l.must(l.s.r.QueryRowContext(ctx, `SELECT count(*) FROM `+table+` WHERE request_id = ?`, id).Scan(&n))
		if n > 0 {
			t.Errorf("%d rows of %s are left of the old question", n, table)
		}
	}
	l.sweep()
	l.run(id, false, "cd")
	if a, err := l.s.Archive(ctx, requester, id); err != nil || a.SHA256 != strings.Repeat("ab", 32) {
		t.Errorf("while the new result waits in review, in force is %s, %v", a.SHA256, err)
	}
	if got := happened(t, l.s); !slices.Contains(got, "request.revised token:admin") {
		t.Errorf("got events %v", got)
	}
	for _, leaf := range l.leaves() {
		if _, e, err := audit.ParseLeaf(leaf); err == nil && e.Kind == audit.RequestRevised && e.Data["changed"] != "selectors" {
			t.Errorf("on record is %v", e.Data)
		}
	}
}

func TestARequestIsRevisedFromWhereNothingMoves(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	queued := l.submit("queued")
	if _, err := l.s.Revise(ctx, byAdmin, queued, asking("x")); l.code(err) != "wrong_status" {
		t.Errorf("revised while queued: %v", err)
	}
	_, err := l.s.Cancel(ctx, byAdmin, queued)
	l.must(err)
	another, err := l.s.Submit(ctx, byAdmin, named("queued", l))
	l.must(err)
	if _, err := l.s.Revise(ctx, byAdmin, queued, asking("x")); l.code(err) != "duplicate_reference" {
		t.Errorf("revised beside another with its reference: %v", err)
	}
	_, err = l.s.Cancel(ctx, byAdmin, another.ID)
	l.must(err)
	rejected, failed, expired := l.submit("rejected"), l.submit("failed"), l.ready("expired")
	l.run(rejected, false, "ab")
	_, err = l.s.Reject(ctx, dsr.Call{By: approver}, rejected)
	l.must(err)
	tx, err := l.s.w.BeginTx(ctx, nil)
	l.must(err)
	l.must(errors.Join(l.s.Fail(ctx, tx, failed), tx.Commit()))
	l.pass(90 * 24 * time.Hour)
	l.must(l.work().ExpireArchives(ctx))
	for status, id := range map[dsr.Status]string{dsr.Cancelled: queued, dsr.Rejected: rejected, dsr.Failed: failed, dsr.Expired: expired} {
		if got := l.status(id); got != status {
			t.Fatalf("the request is %s, want %s", got, status)
		}
		r, err := l.s.Revise(ctx, byAdmin, id, asking("x"))
		l.must(err)
		if r.Status != dsr.Queued || r.Released != nil || !r.ClockRuns() {
			t.Errorf("from %s: %s, in force %v, its clock runs %v", status, r.Status, r.Released, r.ClockRuns())
		}
		l.run(id, false, "cd")
	}
}

// TestAWorkerAtTheOldQuestionCannotEndTheNewSearch: it may still package when its request is
// cancelled and revised.
func TestAWorkerAtTheOldQuestionCannotEndTheNewSearch(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	id := l.submit("one")
	lease, err := jobs.New(l.s.DB(), jobs.Options{Owner: jobs.Command}).Acquire(ctx, JobPackage, id)
	l.must(err)
	_, err = l.s.Cancel(ctx, byAdmin, id)
	l.must(err)
	_, err = l.s.Revise(ctx, byAdmin, id, asking("another"))
	l.must(err)
	l.must(l.work().Plan(ctx, id, l.now(), nil, nil))
	_, err = l.s.Under(lease).Finish(ctx, dsr.FinishedRun{RequestID: id, Complete: true, Identity: "K", FileName: "old.age",
		Found: dsr.Result{Archive: &dsr.ArchiveInfo{Size: 7, SHA256: strings.Repeat("ab", 32)}}})
	if got := l.status(id); err == nil || got != dsr.Running {
		t.Errorf("the old worker has ended the new run: %s, %v", got, err)
	}
}

// leaves are all of the log.
func (l *life) leaves() (all [][]byte) {
	l.t.Helper()
	all, _, err := l.s.AuditEvents(l.t.Context(), admin, -1, 1000)
	l.must(err)
	return all
}

// TestWhatWasConcludedForTheOldQuestionDoesNotEndTheNewOne: a lane looks, the request is
// cancelled, asked otherwise and planned again, and only then the lane acts.
func TestWhatWasConcludedForTheOldQuestionDoesNotEndTheNewOne(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx, w, id := t.Context(), l.work(), l.submit("one")
	plan := func(end int64) dsr.SourceSearch {
		l.must(w.Plan(ctx, id, l.now(), []dsr.SearchPlan{{RequestID: id, Source: "bot", PageSize: 10, Interval: dsr.Interval{Start: 1, End: end}}}, nil))
		o, err := w.OpenWork(ctx, []string{"bot"})
		l.must(err)
		return o.Searches[0]
	}
	old := plan(2)
	_, err := l.s.Cancel(ctx, byAdmin, id)
	l.must(err)
	_, err = l.s.Revise(ctx, byAdmin, id, asking("another"))
	l.must(err)
	plan(3)

	l.must(w.Widen(ctx, old, time.Hour, dsr.Interval{Start: 0, End: 9}))
	l.must(w.Queue(ctx, old, dsr.StageMessages, dsr.SearchPlan{}))
	if ended, err := w.EndSearch(ctx, old, nil); err != nil || len(ended) > 0 {
		t.Errorf("ended %v, %v", ended, err)
	}
	o, err := w.OpenWork(ctx, []string{"bot"})
	l.must(err)
	if len(o.Searches) != 1 || len(o.Units) > 0 {
		t.Fatalf("open are %+v with %+v", o.Searches, o.Units)
	}
	if s := o.Searches[0]; s.Want != (dsr.Interval{Start: 1, End: 3}) || s.Stage != dsr.StageConversations {
		t.Errorf("the new search is %+v", s)
	}
	if ended, err := w.EndSearch(ctx, o.Searches[0], nil); err != nil || !slices.Equal(ended, []string{id}) {
		t.Errorf("ended %v, %v", ended, err)
	}
}

package store

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/dsr"
)

// finishWith takes a queued request to the end of a complete run.
func (l *life) finishWith(id string, warnings ...dsr.Warning) dsr.Request {
	l.t.Helper()
	ctx, w := l.t.Context(), l.work()
	l.must(w.Plan(ctx, id, l.now(), []dsr.SearchPlan{{RequestID: id, Source: "bot", Interval: dsr.Interval{Start: 1, End: 2}}}, nil))
	_, err := w.endSearches(ctx, nil, "bot", `r.id = ?`, id)
	l.must(err)
	_, err = w.Finish(ctx, dsr.FinishedRun{RequestID: id, Complete: true, Identity: "AGE-SECRET-KEY-" + id, FileName: newID(), Warnings: warnings,
		Found: dsr.Result{Archive: &dsr.ArchiveInfo{Size: 7, SHA256: strings.Repeat("ab", 32)}}})
	l.must(err)
	r, err := l.s.Lookup(ctx, id)
	l.must(err)
	return r
}

func TestAWarningHoldsACompleteResultInReview(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	warnings := []dsr.Warning{{Code: dsr.WarnSeveralIdentities, Detail: "four addresses", Named: []string{"canary-93f1@example.org"}}}
	id := l.submit("warned")
	r := l.finishWith(id, warnings...)
	if r.Status != dsr.Review || !*r.Complete || r.Problem != nil {
		t.Errorf("%s, complete %v, %v", r.Status, *r.Complete, r.Problem)
	}
	if diff := cmp.Diff(warnings, r.Warnings); diff != "" {
		t.Error(diff)
	}
	l.grep("canary-93f1", false)

	approved, err := l.s.Approve(t.Context(), dsr.Call{By: approver}, id)
	l.must(err)
	if approved.Status != dsr.Ready || len(approved.Warnings) != 1 {
		t.Errorf("released: %s with %v", approved.Status, approved.Warnings)
	}
	if other := l.finishWith(l.submit("sound")); other.Status != dsr.Ready || other.Warnings != nil {
		t.Errorf("without a warning: %s with %v", other.Status, other.Warnings)
	}
}

func TestARetryForgetsTheWarnings(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	id := l.submit("again")
	l.finishWith(id, dsr.Warning{Code: dsr.WarnManyMatches, Detail: "201 conversations match"})
	r, err := l.s.Retry(t.Context(), byAdmin, id)
	l.must(err)
	if r.Warnings != nil {
		t.Errorf("a run that has not ended warns of %v", r.Warnings)
	}
	if r = l.finishWith(id); r.Status != dsr.Ready || r.Warnings != nil {
		t.Errorf("%s with %v", r.Status, r.Warnings)
	}
}

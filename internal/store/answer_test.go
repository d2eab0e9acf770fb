package store

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

func TestAnAnswerIsStoredSealedAndTakenBack(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	id := l.ready("one")
	due := l.expiry(id)
	r, err := l.s.Answered(ctx, byAdmin, id, dsr.Answer{Outcome: dsr.Partly, Note: "two rows name Eve"})
	l.must(err)
	if want := (dsr.Answer{Outcome: dsr.Partly, ToldOn: dsr.DayOf(l.now(), time.UTC), Note: "two rows name Eve"}); r.Answer == nil || *r.Answer != want || r.ClockRuns() {
		t.Errorf("got %+v, want %+v", r.Answer, want)
	}
	l.grep("two rows name Eve", false)
	if !l.expiry(id).Before(due) {
		t.Error("an answered archive is kept as long as one that nobody has answered")
	}
	if _, err := l.s.Reopen(ctx, byAdmin, id, " "); l.code(err) != "invalid_value" {
		t.Errorf("reopened without a reason: %v", err)
	}
	r, err = l.s.Reopen(ctx, byAdmin, id, "the letter to Eve came back")
	l.must(err)
	if r.Answer != nil || !r.AnsweredAt.IsZero() || !r.ClockRuns() || !l.expiry(id).Equal(due) {
		t.Errorf("reopened: %+v, kept until %v, before %v", r.Answer, l.expiry(id), due)
	}
	l.grep("the letter to Eve came back", false)
	if _, err := l.s.Reopen(ctx, byAdmin, id, "again"); l.code(err) != "wrong_status" {
		t.Errorf("reopened twice: %v", err)
	}
	if got := happened(t, l.s); !slices.Contains(got, "request.reopened token:admin") {
		t.Errorf("got events %v", got)
	}
}

func (l *life) expiry(id string) time.Time {
	l.t.Helper()
	r, err := l.s.Lookup(l.t.Context(), id)
	l.must(err)
	return r.Released.ExpiresAt
}

// TestOpenMeansTheSameEverywhere: what the figures count is what lists and pages show.
func TestOpenMeansTheSameEverywhere(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	for _, status := range dsr.Statuses {
		for _, answered := range []time.Time{{}, l.now()} {
			var at any
			if !answered.IsZero() {
				at = answered.UnixMilli()
			}
			var inSQL bool
			err := l.s.w.QueryRowContext(t.Context(), fmt.Sprintf(`SELECT %s FROM (SELECT ? AS status, ? AS answered_at)`, clockRuns), string(status), at).Scan(&inSQL)
			l.must(err)
			if in := (dsr.Request{Status: status, AnsweredAt: answered}).ClockRuns(); in != inSQL {
				t.Errorf("%s, answered %v: open %v in the store and %v elsewhere", status, at != nil, inSQL, in)
			}
		}
	}
}

// TestNothingIsDeletedWhileTheClockRests: the deadline that an archive has to outlive is not
// known yet.
func TestNothingIsDeletedWhileTheClockRests(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	id := l.ready("one")
	_, err := l.s.Pause(ctx, byAdmin, id, dsr.Pause{Reason: dsr.PauseIdentity})
	l.must(err)
	for range 10 { // in steps, or the clock would be in doubt
		l.pass(100 * 24 * time.Hour)
		l.sweep()
	}
	if got := l.status(id); got != dsr.Ready {
		t.Fatalf("after a long pause the request is %s", got)
	}
	if _, err := l.s.Archive(ctx, admin, id); err != nil {
		t.Errorf("the archive of a request whose clock rests: %v", err)
	}
	if next, err := l.s.NextSweep(ctx); err != nil || !next.Equal(l.now().Add(SweepEvery)) {
		t.Errorf("next sweep %v, now %v, %v", next, l.now(), err)
	}
	r, err := l.s.Resume(ctx, byAdmin, id, "")
	l.must(err)
	if kept := r.Released.ExpiresAt; kept.Before(r.DueAt.Add(beyondDue)) || r.DueAt.Before(l.now()) {
		t.Errorf("resumed: due %v, kept until %v", r.DueAt, kept)
	}
}

package store

import (
	"errors"
	"testing"

	"dsr-server/internal/dsr"
)

// TestAReferenceIsFreeAgainOnceItsRequestIsOver: after a cancellation, and after the answer
// to a rejected one. Who had it goes on showing it, and gets it back only while it is free.
func TestAReferenceIsFreeAgainOnceItsRequestIsOver(t *testing.T) {
	t.Parallel()
	for name, over := range map[string]func(*life, string){
		"cancelled": func(l *life, id string) {
			_, err := l.s.Cancel(l.t.Context(), byAdmin, id)
			l.must(err)
		},
		"rejected and answered": func(l *life, id string) {
			l.run(id, false, "ab")
			_, err := l.s.Reject(l.t.Context(), dsr.Call{By: approver}, id)
			l.must(err)
			l.taken(id)
			_, err = l.s.Answered(l.t.Context(), byAdmin, id, dsr.Answer{Outcome: dsr.Refused})
			l.must(err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLife(t, nil)
			first := l.submit("PRIV-1")
			l.taken(first)
			over(l, first)
			if again := l.submit("PRIV-1"); again != first {
				t.Error("a repeated call under its idempotency key made another request")
			}
			second, err := l.s.Submit(t.Context(), byAdmin, named("PRIV-1", l))
			l.must(err)
			l.taken(second.ID)
			r, err := l.s.Lookup(t.Context(), first)
			l.must(err)
			if r.Reference != "PRIV-1" || second.Reference != "PRIV-1" {
				t.Errorf("the references are %q and %q", r.Reference, second.Reference)
			}
			page, err := l.s.Requests(t.Context(), dsr.Filter{Query: "PRIV-1", Limit: 5})
			l.must(err)
			if len(page.Items) != 2 {
				t.Errorf("%d requests are listed under the reference, want both", len(page.Items))
			}
		})
	}
}

func TestAnAnswerIsNotTakenBackWhileAnotherHasTheReference(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	first := l.submit("PRIV-1")
	l.run(first, false, "ab")
	_, err := l.s.Reject(ctx, dsr.Call{By: approver}, first)
	l.must(err)
	_, err = l.s.Answered(ctx, byAdmin, first, dsr.Answer{Outcome: dsr.Refused})
	l.must(err)
	second, err := l.s.Submit(ctx, byAdmin, named("PRIV-1", l))
	l.must(err)
	if _, err := l.s.Reopen(ctx, byAdmin, first, "wrong"); l.code(err) != "duplicate_reference" {
		t.Errorf("reopened beside another with the reference: %v", err)
	}
	_, err = l.s.Cancel(ctx, byAdmin, second.ID)
	l.must(err)
	_, err = l.s.Reopen(ctx, byAdmin, first, "wrong")
	l.must(err)
	l.taken(first)
}

// taken: the reference of id is refused to others.
func (l *life) taken(id string) {
	l.t.Helper()
	_, err := l.s.Submit(l.t.Context(), byAdmin, named("PRIV-1", l))
	if e, ok := errors.AsType[*dsr.Error](err); !ok || e.Code != "duplicate_reference" || e.ID != id {
		l.t.Errorf("another submission with the reference: %v, want a conflict with %s", err, id)
	}
}

func named(reference string, l *life) dsr.Submission {
	return dsr.Submission{Reference: reference, Selectors: []dsr.Selector{{ConversationID: "c"}}, Sources: []string{"bot"}, ReceivedAt: l.now(), Language: "en"}
}

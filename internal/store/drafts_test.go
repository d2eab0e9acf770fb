package store

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

// draftOf saves a new draft of admin's.
func (l *life) draftOf(body, request string) string {
	l.t.Helper()
	id, err := l.s.SaveDraft(l.t.Context(), admin, dsr.Draft{Body: []byte(body), Request: request})
	l.must(err)
	return id
}

// body is what a draft holds, or the code of the error.
func (l *life) body(by dsr.Principal, id string) string {
	l.t.Helper()
	d, err := l.s.Draft(l.t.Context(), by, id)
	if err != nil {
		return l.code(err)
	}
	return string(d.Body)
}

func TestADraftIsSealedAndItsOwnersAlone(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	id := l.draftOf("ana@example.com", "")
	l.grep("ana@example.com", false)
	if again, err := l.s.SaveDraft(ctx, admin, dsr.Draft{ID: id, Body: []byte("ben@example.com")}); err != nil || again != id {
		t.Errorf("saved again as %q, %v", again, err)
	}
	if got := l.body(admin, id); got != "ben@example.com" {
		t.Errorf("it holds %q", got)
	}
	if got := l.body(approver, id); got != "not_found" {
		t.Errorf("somebody else reads %q", got)
	}
	other, err := l.s.SaveDraft(ctx, approver, dsr.Draft{ID: id, Body: []byte("eve")})
	if err != nil || other == id || l.body(admin, id) != "ben@example.com" {
		t.Errorf("somebody else has changed it: %q, %v", other, err)
	}
	l.must(l.s.RotateMasterKey(ctx))
	if got := l.body(admin, id); got != "ben@example.com" {
		t.Errorf("after the master key was rotated it holds %q", got)
	}
}

func TestADraftIsKeptForADay(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	id := l.draftOf("typed", "")
	l.pass(dsr.DraftLife - time.Minute)
	l.sweep()
	if got := l.body(admin, id); got != "typed" {
		t.Fatalf("a minute before its time it holds %q", got)
	}
	if next, err := l.s.NextSweep(t.Context()); err != nil || !next.Equal(l.now().Add(time.Minute)) {
		t.Errorf("next sweep %v, want in a minute; %v", next, err)
	}
	l.pass(time.Minute)
	if got := l.body(admin, id); got != "not_found" {
		t.Errorf("before the sweep it holds %q", got)
	}
	l.sweep()
	if n := l.drafts(); n != 0 {
		t.Errorf("the sweep leaves %d", n)
	}
}

// drafts is how many rows there are.
func (l *life) drafts() (n int) {
	l.t.Helper()
	l.must(l.s.r.QueryRowContext(l.t.Context(), `SELECT count(*) FROM drafts`).Scan(&n))
	return n
}

func TestSendingADraftInDeletesWhatWasTyped(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	id := l.draftOf("typed", "")
	call := dsr.Call{By: admin, Key: dsr.IdempotencyKey{Key: id, Route: "form"}}
	r, err := l.s.SubmitDraft(ctx, call, id, named("one", l))
	l.must(err)
	d, err := l.s.Draft(ctx, admin, id)
	if err != nil || !d.Sent() || d.Request != r.ID {
		t.Errorf("got %+v, %v", d, err)
	}
	if again, err := l.s.SubmitDraft(ctx, call, id, named("one", l)); err != nil || again.ID != r.ID {
		t.Errorf("sent twice: %s and %s, %v", r.ID, again.ID, err)
	}
	if other, err := l.s.SaveDraft(ctx, admin, dsr.Draft{ID: id, Body: []byte("more")}); err != nil || other == id {
		t.Errorf("what was sent in is typed into again: %v", err)
	}
	if _, err := l.s.SubmitDraft(ctx, byAdmin, l.draftOf("kept", ""), named("one", l)); l.code(err) != "duplicate_reference" {
		t.Errorf("a reference in use: %v", err)
	}
	if n := l.drafts(); n != 3 {
		t.Errorf("%d drafts; a refusal deletes none", n)
	}
}

func TestARevisionOfADraftDeletesWhatWasTyped(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	queued, id := l.submit("queued"), l.ready("one")
	refused, draft := l.draftOf("kept", queued), l.draftOf("typed", id)
	if _, err := l.s.ReviseDraft(ctx, byAdmin, refused, queued, asking("x")); l.code(err) != "wrong_status" {
		t.Errorf("revised while queued: %v", err)
	}
	if got := l.body(admin, refused); got != "kept" {
		t.Errorf("after a refusal the draft holds %q", got)
	}
	r, err := l.s.ReviseDraft(ctx, byAdmin, draft, id, asking("another"))
	l.must(err)
	if d, err := l.s.Draft(ctx, admin, draft); err != nil || !d.Sent() || d.Request != r.ID || r.ID != id || r.Status != dsr.Queued {
		t.Errorf("the draft is %+v, the request %s is %s; %v", d, r.ID, r.Status, err)
	}
}

func TestAPurgeDeletesTheDraftsOfARequest(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	id := l.ready("one")
	draft, other := l.draftOf("as before", id), l.draftOf("another", "")
	_, err := l.s.Purge(t.Context(), byAdmin, id)
	l.must(err)
	if got := []string{l.body(admin, draft), l.body(admin, other)}; !slices.Equal(got, []string{"not_found", "another"}) {
		t.Errorf("after the purge they hold %q", got)
	}
}

func TestTheOldestDraftMakesRoom(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	first := l.draftOf("first", "")
	for i := range dsr.MaxDrafts {
		l.pass(time.Second)
		l.draftOf(strconv.Itoa(i), "")
	}
	if got := l.body(admin, first); got != "not_found" || l.drafts() != dsr.MaxDrafts {
		t.Errorf("the first holds %q; %d are kept", got, l.drafts())
	}
}

package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

// run takes a queued request to the end of a run whose archive has this digest, two
// hexadecimal digits over and over.
func (l *life) run(id string, complete bool, digest string) dsr.Request {
	l.t.Helper()
	ctx, w := l.t.Context(), l.work()
	l.must(w.Plan(ctx, id, l.now(), []dsr.SearchPlan{{RequestID: id, Source: "bot", PageSize: 10, Interval: dsr.Interval{Start: 1, End: 2}}}, nil))
	_, err := w.Finish(ctx, dsr.FinishedRun{RequestID: id, Complete: complete, Identity: "KEY-" + digest, FileName: digest + ".age",
		Found: dsr.Result{Archive: &dsr.ArchiveInfo{Size: 7, SHA256: strings.Repeat(digest, 32)}}})
	l.must(err)
	r, err := l.s.Lookup(ctx, id)
	l.must(err)
	return r
}

// has is the digest and the file of the archive that somebody may download; or the code
// of the refusal.
func (l *life) has(by dsr.Principal, id string) string {
	l.t.Helper()
	a, err := l.s.Archive(l.t.Context(), by, id)
	if err != nil {
		return l.code(err)
	}
	if a.Identity != "KEY-"+a.SHA256[:2] || a.FileName != a.SHA256[:2]+".age" {
		l.t.Errorf("the archive %s is opened as %+v", a.SHA256[:2], a)
	}
	return a.SHA256[:2]
}

// kept are the files that a sweep leaves.
func (l *life) kept() (names []string) {
	l.t.Helper()
	files, err := l.s.ArchiveFiles(l.t.Context())
	l.must(err)
	for name, f := range files.States {
		if f.InForce {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

var requester = dsr.Principal{ID: "token:requester", Role: dsr.Requester}

func TestAReleasedArchiveStaysInForceUntilAnotherIsReleased(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	call := dsr.Call{By: approver}
	id := l.submit("partly")
	if l.run(id, false, "aa"); l.has(requester, id) != "not_ready" || l.has(approver, id) != "aa" {
		t.Errorf("in review a requester has %s and an approver %s", l.has(requester, id), l.has(approver, id))
	}
	_, err := l.s.Approve(ctx, call, id)
	l.must(err)
	_, err = l.s.CreateLink(ctx, byAdmin, id, dsr.NewLink{Hash: [32]byte{1}, Life: time.Hour})
	l.must(err)
	inForce := func(when, requesters, approvers string) {
		t.Helper()
		if r, a := l.has(requester, id), l.has(approver, id); r != requesters || a != approvers {
			t.Errorf("%s: a requester has %s and an approver %s, want %s and %s", when, r, a, requesters, approvers)
		}
		a, _, err := l.s.LinkedArchive(ctx, [32]byte{1}, nil)
		if requesters == "aa" && (err != nil || a.SHA256[:2] != "aa") || requesters != "aa" && l.code(err) != "link_ended" {
			t.Errorf("%s: the link leads to %q, %v", when, a.SHA256, err)
		}
	}
	inForce("released", "aa", "aa")
	r, err := l.s.Retry(ctx, byAdmin, id)
	l.must(err)
	if r.Status != dsr.Queued || r.Released == nil || r.Result != nil {
		t.Errorf("retried: %s, in force %+v", r.Status, r.Released)
	}
	inForce("retried", "aa", "aa")
	l.run(id, false, "bb")
	inForce("in review again", "aa", "bb")
	if kept := l.kept(); !slices.Equal(kept, []string{"aa.age", "bb.age"}) {
		t.Errorf("the sweep keeps %v", kept)
	}
	_, err = l.s.Retry(ctx, byAdmin, id)
	l.must(err)
	inForce("and again", "aa", "aa")
	l.run(id, true, "cc")
	inForce("another released", "cc", "cc")
	if kept := l.kept(); !slices.Equal(kept, []string{"cc.age"}) {
		t.Errorf("the sweep keeps %v", kept)
	}
}

func TestWhatIsInForceOutlivesARejectedOrCancelledRun(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(l *life, id string) error{
		"rejected": func(l *life, id string) error {
			l.run(id, false, "bb")
			_, err := l.s.Reject(l.t.Context(), dsr.Call{By: approver}, id)
			return err
		},
		"cancelled": func(l *life, id string) error {
			_, err := l.s.Cancel(l.t.Context(), byAdmin, id)
			return err
		},
	} {
		l := newLife(t, nil)
		id := l.submit(name)
		l.run(id, false, "aa")
		_, err := l.s.Approve(t.Context(), dsr.Call{By: approver}, id)
		l.must(err)
		_, err = l.s.Retry(t.Context(), byAdmin, id)
		l.must(err)
		l.must(end(l, id))
		if got := l.has(requester, id); got != "aa" {
			t.Errorf("%s: %s", name, got)
		}
		r, err := l.s.Lookup(t.Context(), id)
		l.must(err)
		l.pass(r.Released.ExpiresAt.Sub(l.now()))
		l.sweep()
		if got := l.has(requester, id); got != "not_ready" && name != "cancelled" {
			t.Errorf("%s, its retention over: %s", name, got)
		}
		if kept := l.kept(); slices.Contains(kept, "aa.age") {
			t.Errorf("%s: the sweep keeps %v", name, kept)
		}
	}
}

// TestADecisionIsAboutWhatWasLookedAt: between looking and deciding the search may have
// been run again.
func TestADecisionIsAboutWhatWasLookedAt(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	id := l.submit("decided")
	seen := l.run(id, false, "aa")
	_, err := l.s.Retry(ctx, byAdmin, id)
	l.must(err)
	now := l.run(id, false, "bb")
	for name, do := range map[string]func(dsr.Call) error{
		"approve": func(c dsr.Call) error { _, err := l.s.Approve(ctx, c, id); return err },
		"reject":  func(c dsr.Call) error { _, err := l.s.Reject(ctx, c, id); return err },
	} {
		if err := do(dsr.Call{By: approver, Versions: []int64{seen.Version}}); dsr.KindOf(err) != dsr.Changed || l.code(err) != "precondition_failed" {
			t.Errorf("%s what has changed since: %v", name, err)
		}
		if err := do(dsr.Call{By: approver, Archive: seen.Result.Archive.SHA256}); l.code(err) != "archive_changed" {
			t.Errorf("%s another archive: %v", name, err)
		}
	}
	r, err := l.s.Approve(ctx, dsr.Call{By: approver, Versions: []int64{1, now.Version}, Archive: strings.ToUpper(now.Result.Archive.SHA256)}, id)
	l.must(err)
	if r.Version <= now.Version {
		t.Errorf("version %d after %d", r.Version, now.Version)
	}
	stale := dsr.Call{By: admin, Archive: seen.Result.Archive.SHA256}
	if _, err := l.s.CreateLink(ctx, stale, id, dsr.NewLink{Hash: [32]byte{1}, Life: time.Hour}); l.code(err) != "archive_changed" {
		t.Errorf("a link to another archive: %v", err)
	}
	if _, err := l.s.Answered(ctx, stale, id, dsr.Answer{}); l.code(err) != "archive_changed" {
		t.Errorf("answered with another archive: %v", err)
	}
	stale = dsr.Call{By: admin, Versions: []int64{}}
	for name, do := range map[string]func() error{
		"answered": func() error { _, err := l.s.Answered(ctx, stale, id, dsr.Answer{}); return err },
		"extend":   func() error { _, err := l.s.Extend(ctx, stale, id, dsr.Extension{Months: 1, Reason: "r"}); return err },
		"retry":    func() error { _, err := l.s.Retry(ctx, stale, id); return err },
		"hold":     func() error { _, err := l.s.Hold(ctx, stale, id, "r"); return err },
		"link": func() error {
			_, err := l.s.CreateLink(ctx, stale, id, dsr.NewLink{Hash: [32]byte{1}, Life: time.Hour})
			return err
		},
		"purge": func() error { _, err := l.s.Purge(ctx, stale, id); return err },
	} {
		if err := do(); dsr.KindOf(err) != dsr.Changed {
			t.Errorf("%s of no version that there is: %v", name, err)
		}
	}
}

func TestEveryChangeThatMattersIsANewVersion(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	id := l.submit("versions")
	last := int64(0)
	changed := func(what string, r dsr.Request, err error) {
		t.Helper()
		l.must(err)
		if r.Version <= last {
			t.Errorf("%s: version %d after %d", what, r.Version, last)
		}
		last = r.Version
	}
	lookup := func() (dsr.Request, error) { return l.s.Lookup(ctx, id) }
	r, err := lookup()
	changed("submitted", r, err)
	r, err = l.s.Extend(ctx, byAdmin, id, dsr.Extension{Months: 1, Reason: "r"})
	changed("extended", r, err)
	r, err = l.s.Pause(ctx, byAdmin, id, dsr.Pause{Reason: dsr.PauseIdentity})
	changed("paused", r, err)
	r, err = l.s.Resume(ctx, byAdmin, id, "")
	changed("resumed on the same day", r, err)
	changed("in review", l.run(id, false, "aa"), nil)
	if l.fetch(approver, id, 7); l.downloads(id) != 1 {
		t.Error("the download is not counted")
	}
	if r, err = lookup(); err != nil || r.Version != last {
		t.Errorf("a download made version %d of %d, %v", r.Version, last, err)
	}
	r, err = l.s.Approve(ctx, dsr.Call{By: approver}, id)
	changed("approved", r, err)
	r, err = l.s.Hold(ctx, byAdmin, id, "r")
	changed("held", r, err)
	r, err = l.s.Release(ctx, byAdmin, id)
	changed("released from its hold", r, err)
	r, err = l.s.Answered(ctx, byAdmin, id, dsr.Answer{})
	changed("answered", r, err)
	l.tampered = true
	for _, column := range []string{"repackaging = 1", "repackaging_failed = 1", "extended_by = 2", "answer_outcome = 'partly'"} {
		_, err := l.s.w.ExecContext(ctx, `UPDATE requests SET `+column+` WHERE id = ?`, id)
		l.must(err)
		r, err = lookup()
		changed(column, r, err)
	}
}

// TestAnArchiveOutlivesItsExtendedDeadline, whether it was there before or not.
func TestAnArchiveOutlivesItsExtendedDeadline(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	id := l.ready("extended")
	before, err := l.s.Lookup(ctx, id)
	l.must(err)
	r, err := l.s.Extend(ctx, byAdmin, id, dsr.Extension{Months: 2, Reason: "many pages"})
	l.must(err)
	if want := r.DueAt.AddDate(0, 0, 30); !r.Result.Archive.ExpiresAt.Equal(want) {
		t.Errorf("due %v, extended from %v: expires %v, want %v", r.DueAt, before.DueAt, r.Result.Archive.ExpiresAt, want)
	}
	l.pass(r.Result.Archive.ExpiresAt.Sub(l.now()) - time.Millisecond)
	l.sweep()
	if got := l.status(id); got != dsr.Ready {
		t.Errorf("a moment before it is %s", got)
	}
	if got := happened(t, l.s); slices.Contains(got, "request.expired system") {
		t.Error(fmt.Sprint(got))
	}
}

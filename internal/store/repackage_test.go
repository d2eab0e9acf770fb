package store

import (
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

// repackaged asks for the archive to be made again and makes it with this digest, two
// hexadecimal digits over and over.
func (l *life) repackaged(id, digest string) (r dsr.Request, unneeded string) {
	l.t.Helper()
	_, err := l.s.Repackage(l.t.Context(), byAdmin, id)
	l.must(err)
	unneeded, err = l.work().Repackaged(l.t.Context(), again(id, digest))
	l.must(err)
	r, err = l.s.Lookup(l.t.Context(), id)
	l.must(err)
	return r, unneeded
}

func again(id, digest string) dsr.FinishedRun {
	return dsr.FinishedRun{RequestID: id, Complete: true, Identity: "KEY-" + digest, FileName: id + ".again",
		Found: dsr.Result{Conversations: 1, Archive: &dsr.ArchiveInfo{Size: 7, SHA256: strings.Repeat(digest, 32)}}}
}

// TestAnArchiveThatIsMadeAgainCountsItsDownloads: on, if it is the one that was lost; anew,
// if it is another one or the one before had expired.
func TestAnArchiveThatIsMadeAgainCountsItsDownloads(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		digest    string
		expired   bool
		downloads int64
		status    dsr.Status
	}{
		"lost": {"ab", false, 1, dsr.Ready}, "another": {"cd", false, 0, dsr.Review}, "expired": {"ab", true, 0, dsr.Ready}, "expired and another": {"cd", true, 0, dsr.Review},
	} {
		l := newLife(t, func(o *Options) { o.MaxDownloads = 1 })
		id := l.ready(name)
		_, err := l.s.Answered(t.Context(), byAdmin, id, dsr.Answer{})
		l.must(err)
		l.pass(23 * time.Hour)
		l.fetch(approver, id, 7)
		if c.expired {
			l.pass(time.Hour)
			l.sweep()
		}
		r, unneeded := l.repackaged(id, c.digest)
		if r.Status != c.status || r.Repackaging || r.Result.Archive.Downloads != c.downloads || !c.expired && unneeded != id+".age" {
			t.Errorf("%s: %s with %d downloads, %q is needed no longer", name, r.Status, r.Result.Archive.Downloads, unneeded)
		}
		if l.fetch(approver, id, 7); !c.expired && c.digest == "ab" {
			continue // one too many
		}
		if l.downloads(id) != 1 {
			t.Errorf("%s: a download afterwards is number %d", name, l.downloads(id))
		}
	}
}

// TestMakingAnArchiveAgainThatIsGivenUp is told by the request, and can be asked for anew.
func TestMakingAnArchiveAgainThatIsGivenUp(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx, id := t.Context(), l.ready("one")
	asked, err := l.s.Repackage(ctx, byAdmin, id)
	l.must(err)
	l.giveUp(id)
	r, err := l.s.Lookup(ctx, id)
	l.must(err)
	if r.Repackaging || !r.RepackagingFailed || r.Version <= asked.Version || r.Status != dsr.Ready {
		t.Errorf("given up: %+v", r)
	}
	if got := happened(t, l.s); !slices.Contains(got, "request.repackaging_failed system") {
		t.Errorf("got events %v", got)
	}
	before := len(happened(t, l.s))
	if l.giveUp(id); len(happened(t, l.s)) != before { // by now nobody waits for it
		t.Error("it is on record twice")
	}
	if r, err = l.s.Repackage(ctx, byAdmin, id); err != nil || r.RepackagingFailed || !r.Repackaging {
		t.Errorf("asked for again: %+v, %v", r, err)
	}
	if _, err = l.s.Repackage(ctx, byAdmin, id); l.code(err) != "repackaging" || dsr.KindOf(err) != dsr.Conflict {
		t.Errorf("while it is made: %v", err)
	}
}

// giveUp ends a repackaging as the queue does.
func (l *life) giveUp(id string) {
	l.t.Helper()
	t, err := l.s.w.BeginTx(l.t.Context(), nil)
	l.must(err)
	l.must(l.s.EndRepackaging(l.t.Context(), t, id))
	l.must(t.Commit())
}

// TestNobodyWaitsForTheArchiveOfARejectedResult: what was being made is needed no longer.
func TestNobodyWaitsForTheArchiveOfARejectedResult(t *testing.T) {
	t.Parallel()
	l := newLife(t, func(o *Options) { o.ReviewAll = true })
	ctx, id := t.Context(), l.ready("one")
	_, err := l.s.Repackage(ctx, byAdmin, id)
	l.must(err)
	r, err := l.s.Reject(ctx, dsr.Call{By: approver}, id)
	l.must(err)
	if r.Repackaging {
		t.Error("it is being made again")
	}
	if unneeded, err := l.work().Repackaged(ctx, again(id, "cd")); err != nil || unneeded != id+".again" {
		t.Errorf("got %q, %v", unneeded, err)
	}
}

package store

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

// hold keeps the writer until the function that it returns is called.
func (l *life) hold() (release func()) {
	t, err := l.s.w.BeginTx(l.t.Context(), nil)
	l.must(err)
	return func() { l.must(t.Rollback()) }
}

// waitFor waits until so many parts wait behind those that have gone ahead.
func (l *life) waitFor(parts int) {
	l.t.Helper()
	waiting := -1
	for end := time.Now().Add(time.Minute); waiting != parts; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			l.t.Fatalf("%d parts wait, want %d", waiting, parts)
		}
		l.s.group.mu.Lock()
		if l.s.group.running {
			waiting = len(l.s.group.waiting)
		}
		l.s.group.mu.Unlock()
	}
}

// TestWhoSubmitsAtTheSameMomentSharesACommitAndNothingElse: of those whose reference is taken
// nothing is left, and the others are all there.
func TestWhoSubmitsAtTheSameMomentSharesACommitAndNothingElse(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	release := l.hold()
	const submitters = 40
	errs := make([]error, submitters)
	ids := make([]string, submitters)
	var all sync.WaitGroup
	for i := range submitters {
		if i == 1 {
			l.waitFor(0)
		}
		all.Go(func() {
			r, err := l.s.Submit(t.Context(), byAdmin, dsr.Submission{
				Reference: fmt.Sprintf("R-%d", i/2), Sources: []string{"bot"}, ReceivedAt: l.now(), Language: "en",
				Selectors: []dsr.Selector{{ConversationID: fmt.Sprint(i)}},
			})
			ids[i], errs[i] = r.ID, err
		})
	}
	l.waitFor(submitters - 1)
	release()
	all.Wait()
	for i := 0; i < submitters; i += 2 {
		first, second := errs[i], errs[i+1]
		if first != nil {
			first, second = second, first
		}
		var taken *dsr.Error
		if first != nil || !errors.As(second, &taken) || taken.Code != "duplicate_reference" {
			t.Errorf("R-%d: %v and %v", i/2, first, second)
		}
	}
	for table, query := range map[string]string{
		"requests": `SELECT count(*) FROM requests`, "events": `SELECT count(*) FROM audit_events WHERE kind = 'request.submitted'`, "jobs": `SELECT count(*) FROM jobs WHERE kind = 'plan'`,
	} {
		var n int
		l.must(l.s.r.QueryRowContext(t.Context(), query).Scan(&n))
		if n != submitters/2 {
			t.Errorf("%d %s, want %d", n, table, submitters/2)
		}
	}
}

func TestAPanicIsItsCallersAlone(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	release := l.hold()
	insert := func(key string) func(tx) error {
		return func(t tx) error {
			_, err := t.ExecContext(l.t.Context(), `INSERT INTO meta (name, value) VALUES (?, x'')`, key)
			return err
		}
	}
	caught := make(chan any, 1)
	var all sync.WaitGroup
	all.Go(func() { l.must(l.s.commitTogether(insert("a"))) })
	l.waitFor(0)
	all.Go(func() {
		defer func() { caught <- recover() }()
		_ = l.s.commitTogether(func(t tx) error {
			_ = insert("b")(t)
			panic("b")
		})
	})
	l.waitFor(1)
	all.Go(func() { l.must(l.s.commitTogether(insert("c"))) })
	l.waitFor(2)
	release()
	all.Wait()
	if p := <-caught; p != "b" {
		t.Errorf("the caller saw %v", p)
	}
	var keys string
	l.must(l.s.r.QueryRowContext(t.Context(), `SELECT group_concat(name, '' ORDER BY name) FROM meta WHERE length(name) = 1`).Scan(&keys))
	if keys != "ac" {
		t.Errorf("stored %q, want %q", keys, "ac")
	}
}

func TestRequestsToOtherSourcesTakeTurnsInBeingPlanned(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	submit := func(sources ...string) string {
		r, err := l.s.Submit(t.Context(), byAdmin, dsr.Submission{Sources: sources, ReceivedAt: l.now(), Language: "en", Selectors: []dsr.Selector{{ConversationID: "x"}}})
		l.must(err)
		return r.ID
	}
	busy := make([]string, 1000) // the names of all that somebody has
	for i := range busy {
		busy[i] = fmt.Sprintf("busy-%03d", i)
	}
	for range 20 {
		submit(busy...)
	}
	idle := submit("idle")
	var before int
	l.must(l.s.r.QueryRowContext(t.Context(), `SELECT count(*) FROM jobs o, jobs i WHERE i.key = ? AND (o.turn, o.run_at, o.id) < (i.turn, i.run_at, i.id)`, idle).Scan(&before))
	if before != 1 {
		t.Errorf("%d requests are planned before the one to an idle source, want 1", before)
	}
}

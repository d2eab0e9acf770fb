package store

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/dsr"
	"dsr-server/internal/jobs"
)

// listening makes a webhook that is told of everything.
func (l *life) listening() dsr.HookSecret {
	l.t.Helper()
	made, err := l.s.CreateWebhook(l.t.Context(), admin, "https://tools.example.com/hook", dsr.HookEvents)
	l.must(err)
	return made
}

// told is what there is to tell of a request, in order, as "event code".
func (l *life) told(id string) (events []string) {
	l.t.Helper()
	rows, err := l.s.r.QueryContext(l.t.Context(), `SELECT event, body FROM deliveries WHERE request_id = ? ORDER BY number`, id)
	l.must(err)
	defer rows.Close()
	for rows.Next() {
		var event, body string
		l.must(rows.Scan(&event, &body))
		var a announcement
		l.must(json.Unmarshal([]byte(body), &a))
		if a.Data.Request != id || string(a.Type) != event {
			l.t.Errorf("%s says %s", event, body)
		}
		if a.Data.Code != "" {
			event += " " + a.Data.Code
		}
		events = append(events, event)
	}
	l.must(rows.Err())
	return events
}

func (l *life) wantTold(id string, want ...string) {
	l.t.Helper()
	if diff := cmp.Diff(want, l.told(id)); diff != "" {
		l.t.Errorf("told (-want +got):\n%s", diff)
	}
}

func TestEveryStatusThatWebhooksTellIsTold(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	l.listening()
	done := l.ready("ready")
	l.wantTold(done, "request.ready")
	_, err := l.s.Answered(ctx, byAdmin, done, dsr.Answer{Outcome: "given"})
	l.must(err)
	l.pass(25 * time.Hour)
	l.sweep()
	l.wantTold(done, "request.ready", "request.answered given", "request.expired")
	held := l.submit("review")
	l.finishAs(held, func(r *dsr.FinishedRun) {
		r.Complete, r.Problem = false, &dsr.Problem{Code: dsr.ReasonKeyRefused, Detail: "refused"}
	})
	_, err = l.s.Reject(ctx, dsr.Call{By: approver}, held)
	l.must(err)
	l.wantTold(held, "request.review key_refused", "request.rejected key_refused")
	failed := l.submit("failed")
	tx, err := l.s.w.BeginTx(ctx, nil)
	l.must(err)
	l.must(l.s.Fail(ctx, tx, failed))
	l.must(tx.Commit())
	l.wantTold(failed, "request.failed internal")
}

// TestARefusedSourceIsTold: with its name and the code, once for each request.
func TestARefusedSourceIsTold(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	l.listening()
	w, id := l.planned()
	_, err := w.EndSource(t.Context(), "bot", []dsr.Reason{{Code: dsr.ReasonGaveUp}, {Code: dsr.ReasonKeyRefused, Detail: "401"}})
	l.must(err)
	l.wantTold(id, "source.refused key_refused")
	other := l.submit("another")
	l.must(w.Plan(t.Context(), other, l.now(), []dsr.SearchPlan{{RequestID: other, Source: "bot", PageSize: 10, Interval: dsr.Interval{Start: 1, End: 9}}}, nil))
	_, err = w.EndSource(t.Context(), "bot", []dsr.Reason{{Code: dsr.ReasonGaveUp}})
	l.must(err)
	l.wantTold(other)
}

// TestAnEventThatIsNotCommittedIsNotTold: message and change are one transaction.
func TestAnEventThatIsNotCommittedIsNotTold(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	l.listening()
	id := l.ready("one")
	_, err := l.s.w.ExecContext(t.Context(), `CREATE TRIGGER broken BEFORE INSERT ON deliveries BEGIN SELECT RAISE(ABORT, 'test'); END`)
	l.must(err)
	if _, err := l.s.Answered(t.Context(), byAdmin, id, dsr.Answer{Outcome: "given"}); err == nil {
		t.Error("an answer whose message cannot be stored is stored all the same")
	}
	if r, err := l.s.Lookup(t.Context(), id); err != nil || !r.AnsweredAt.IsZero() {
		t.Errorf("got %v, %v", r.AnsweredAt, err)
	}
	_, err = l.s.w.ExecContext(t.Context(), `DROP TRIGGER broken`)
	l.must(err)
	_, err = l.s.Answered(t.Context(), byAdmin, id, dsr.Answer{Outcome: "given"})
	l.must(err)
	l.wantTold(id, "request.ready", "request.answered given")
}

// TestDeadlinesAreToldOnce: as near and as passed, and again when they are moved.
func TestDeadlinesAreToldOnce(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	l.listening()
	id := l.submit("one") // received on 31 January 2026: due on 28 February
	look := func(want ...string) {
		t.Helper()
		for range 3 {
			l.must(l.work().TellDeadlines(ctx))
		}
		l.wantTold(id, want...)
	}
	look()
	l.pass(20 * 24 * time.Hour) // 20 February
	look()
	l.pass(2 * 24 * time.Hour)
	look("request.due_soon")
	_, err := l.s.Extend(ctx, byAdmin, id, dsr.Extension{Months: 1, Reason: "many pages"}) // to 31 March
	l.must(err)
	look("request.due_soon")
	l.pass(31 * 24 * time.Hour)
	look("request.due_soon", "request.due_soon")
	l.must(l.reopen())
	l.pass(8 * 24 * time.Hour)
	look("request.due_soon", "request.due_soon", "request.overdue")
	l.pass(60 * 24 * time.Hour)
	look("request.due_soon", "request.due_soon", "request.overdue")
}

func TestNoDeadlineIsToldWhereNoneRuns(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	l.listening()
	cancelled, paused := l.submit("cancelled"), l.submit("paused")
	_, err := l.s.Cancel(ctx, byAdmin, cancelled)
	l.must(err)
	_, err = l.s.Pause(ctx, byAdmin, paused, dsr.Pause{Reason: "identity", AskedOn: "2026-01-31"})
	l.must(err)
	late := l.submit("late")
	l.pass(60 * 24 * time.Hour)
	l.must(l.work().TellDeadlines(ctx))
	l.wantTold(cancelled)
	l.wantTold(paused)
	l.wantTold(late, "request.overdue") // and not as near, after it has passed
}

// TestAPurgeTakesTheMessages, with what is left of their jobs.
func TestAPurgeTakesTheMessages(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	hook := l.listening()
	id := l.ready("one")
	l.pass(40 * 24 * time.Hour)
	l.must(l.work().TellDeadlines(t.Context()))
	key := streamKey(hook.ID, id)
	_, err := l.s.w.ExecContext(t.Context(), `UPDATE jobs SET state = 'running', claim = claim + 1, leased_until = 0, owner = 'serve', worker = 'w' WHERE key = ?`, key)
	l.must(err)
	_, err = l.s.w.ExecContext(t.Context(), `UPDATE jobs SET state = 'dead', leased_until = NULL, owner = NULL, worker = NULL, last_error = 'e' WHERE key = ?`, key)
	l.must(err)
	_, err = l.s.Purge(t.Context(), byAdmin, id)
	l.must(err)
	l.ownsNothing(id)
	all, err := jobs.List(t.Context(), l.s.r)
	l.must(err)
	for _, j := range all {
		if j.Key == key {
			t.Errorf("the purge leaves the job %s, %s", j.Key, j.State)
		}
	}
}

// TestTheLogOfDeliveriesIsKeptForThirtyDays.
func TestTheLogOfDeliveriesIsKeptForThirtyDays(t *testing.T) {
	t.Parallel()
	l := newLife(t, func(o *Options) { o.RequestRetention = 1000 * time.Hour })
	hook := l.listening()
	id := l.ready("one")
	l.finishDelivery(hook.ID, id)
	waiting := l.ready("two")
	l.pass(30*24*time.Hour - time.Minute)
	l.must(l.work().DropStrays(t.Context()))
	l.wantTold(id, "request.ready")
	l.pass(2 * time.Minute)
	l.must(l.work().DropStrays(t.Context()))
	l.wantTold(id)
	l.wantTold(waiting, "request.ready")
}

// finishDelivery delivers the earliest message of a stream, as the holder of its job.
func (l *life) finishDelivery(hook, id string) {
	l.t.Helper()
	l.tried(hook, id, 200, "")
}

// tried is finishDelivery with the last answer that came.
func (l *life) tried(hook, id string, status int, failure string) {
	l.t.Helper()
	q := jobs.New(l.s.DB(), jobs.Options{Owner: jobs.Command, Now: l.now})
	lease, err := q.Acquire(l.t.Context(), JobWebhook, streamKey(hook, id))
	l.must(err)
	w := l.s.Under(lease)
	out, err := w.NextDelivery(l.t.Context())
	l.must(err)
	if out == nil || out.URL != "https://tools.example.com/hook" || len(out.Secrets) != 1 {
		l.t.Fatalf("got %+v", out)
	}
	l.must(w.Tried(l.t.Context(), out.Delivery, status, failure, time.Time{}))
	l.must(lease.Release(l.t.Context()))
}

// TestWebhooksOutliveAnotherMasterKey.
func TestWebhooksOutliveAnotherMasterKey(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	hook := l.listening()
	l.must(l.s.RotateMasterKey(t.Context()))
	l.must(l.reopen())
	l.finishDelivery(hook.ID, l.ready("one"))
}

// TestAReceiverThatWantsNoMoreIsSwitchedOff: until somebody makes the webhook active again.
func TestAReceiverThatWantsNoMoreIsSwitchedOff(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	hook := l.listening()
	id := l.ready("one")
	l.tried(hook.ID, id, 410, dsr.HookGone)
	h, err := l.s.Webhook(ctx, hook.ID)
	l.must(err)
	if h.Active || !h.GoneAt.Equal(l.now()) || h.Dead != 1 {
		t.Errorf("got active %v, gone at %s, %d dead", h.Active, h.GoneAt, h.Dead)
	}
	log := string(bytes.Join(l.leaves(), []byte("\n")))
	if want := `"data":{"active":"false","code":"gone","webhook":"` + hook.ID + `"}`; !strings.Contains(log, want) {
		t.Errorf("the log lacks %s: %s", want, log)
	}
	l.wantTold(l.ready("two"))
	on := true
	h, err = l.s.ChangeWebhook(ctx, admin, hook.ID, dsr.WebhookChange{Active: &on})
	l.must(err)
	if !h.Active || !h.GoneAt.IsZero() {
		t.Errorf("got active %v, gone at %s", h.Active, h.GoneAt)
	}
	l.wantTold(l.ready("three"), "request.ready")
}

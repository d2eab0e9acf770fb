package store

import (
	"slices"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

// everyStanding makes a request in each standing that the work lists tell apart.
func (l *life) everyStanding() (ids []string) {
	l.t.Helper()
	ctx := l.t.Context()
	answered := func(id string, o dsr.Outcome) {
		_, err := l.s.Answered(ctx, byAdmin, id, dsr.Answer{Outcome: o})
		l.must(err)
	}
	queued, cancelled, ready, paused, review := l.submit("queued"), l.submit("cancelled"), l.ready("ready"), l.ready("paused"), l.review("review")
	_, err := l.s.Cancel(ctx, byAdmin, cancelled)
	l.must(err)
	_, err = l.s.Pause(ctx, byAdmin, paused, dsr.Pause{Reason: dsr.PauseIdentity})
	l.must(err)
	rejected := l.review("rejected")
	_, err = l.s.Reject(ctx, dsr.Call{By: approver}, rejected)
	l.must(err)
	ids = append(ids, queued, cancelled, ready, paused, review, rejected)
	for _, o := range dsr.Outcomes {
		id := l.ready("answered " + string(o))
		answered(id, o)
		ids = append(ids, id)
	}
	refused := l.submit("cancelled and refused")
	_, err = l.s.Cancel(ctx, byAdmin, refused)
	l.must(err)
	answered(refused, dsr.Refused)
	purged, told := l.submit("purged"), l.ready("answered and purged")
	answered(told, dsr.Given)
	for _, id := range []string{purged, told} {
		_, err = l.s.Purge(ctx, byAdmin, id)
		l.must(err)
	}
	return append(ids, refused, purged, told)
}

// review takes a request to where somebody decides about it.
func (l *life) review(reference string) string {
	l.t.Helper()
	id := l.submit(reference)
	l.finishAs(id, func(o *dsr.FinishedRun) {
		o.Complete, o.Problem = false, &dsr.Problem{Code: dsr.ReasonKeyRefused, Detail: "the source refused its key"}
	})
	return id
}

// TestWorkListsHoldWhatTheDomainSays: the store chooses in SQL what Request.In says in Go.
func TestWorkListsHoldWhatTheDomainSays(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ids := l.everyStanding()
	requests := make([]dsr.Request, len(ids))
	for i, id := range ids {
		r, err := l.s.Lookup(t.Context(), id)
		l.must(err)
		requests[i] = r
	}
	for _, w := range append([]dsr.Worklist{""}, dsr.Worklists...) {
		var want []string
		for _, r := range requests {
			if r.In(w) {
				want = append(want, r.ID)
			}
		}
		page, err := l.s.Worklist(t.Context(), dsr.ListQuery{Worklist: w, Limit: 100})
		l.must(err)
		if got := idsOf(page.Items); !sameSet(got, want) {
			t.Errorf("%q: got %d requests, want %d", w, len(got), len(want))
		}
		if n := int64(len(want)); len(want) == 0 || page.Total != n || w != "" && page.Counts[w] != n || page.All != int64(len(ids)) {
			t.Errorf("%q: total %d, counted %d of %d; want %d", w, page.Total, page.Counts[w], page.All, n)
		}
	}
	for _, r := range requests {
		if n := len(slices.DeleteFunc([]dsr.Worklist{dsr.WorkOpen, dsr.WorkAnswered, dsr.WorkClosed}, func(w dsr.Worklist) bool { return !r.In(w) })); n != 1 {
			t.Errorf("%s is in %d of open, answered and closed", r.Reference, n)
		}
	}
}

func idsOf(items []dsr.Request) (ids []string) {
	for _, r := range items {
		ids = append(ids, r.ID)
	}
	return ids
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func TestListsAreSortedCutAndSearched(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	first := l.submit("PRIV-Ü-2")
	l.pass(24 * time.Hour)
	second := l.submit("PRIV-1")
	l.pass(24 * time.Hour)
	third := l.ready("other")
	mine := "ana"
	l.must(l.s.BootstrapToken(t.Context(), dsr.NewToken{Name: mine, Role: dsr.Requester, Hash: [32]byte{1}}))
	_, err := l.s.Amend(t.Context(), byAdmin, second, dsr.Change{Assignee: &mine})
	l.must(err)
	for name, c := range map[string]struct {
		q    dsr.ListQuery
		want []string
	}{
		"by due date":           {dsr.ListQuery{}, []string{first, second, third}},
		"the latest first":      {dsr.ListQuery{Descending: true}, []string{third, second, first}},
		"by reference":          {dsr.ListQuery{Sort: dsr.SortRequest}, []string{third, second, first}},
		"by what was found":     {dsr.ListQuery{Sort: dsr.SortFound, Descending: true}, []string{third, second, first}},
		"a later page":          {dsr.ListQuery{Offset: 1, Limit: 1}, []string{second}},
		"part of a reference":   {dsr.ListQuery{Text: "riv"}, []string{first, second}},
		"with other letters":    {dsr.ListQuery{Text: "v-ü"}, []string{first}},
		"an id":                 {dsr.ListQuery{Text: third}, []string{third}},
		"who works at it":       {dsr.ListQuery{Assignee: "ana"}, []string{second}},
		"nothing that is there": {dsr.ListQuery{Text: "%"}, nil},
	} {
		if c.q.Limit == 0 {
			c.q.Limit = 10
		}
		page, err := l.s.Worklist(t.Context(), c.q)
		l.must(err)
		got := idsOf(page.Items)
		if c.q.Sort == dsr.SortFound { // two found nothing; their order is that of their ids
			got, c.want = got[:1], c.want[:1]
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestTodayCountsWhatIsNear(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	late, resting := l.submit("late"), l.ready("resting") // due on 28 February
	_, err := l.s.Pause(t.Context(), byAdmin, resting, dsr.Pause{Reason: dsr.PauseIdentity})
	l.must(err)
	for range 4 { // in steps, or the clock would be in doubt
		l.pass(6 * 24 * time.Hour)
		l.submit("")
	}
	l.pass(5 * 24 * time.Hour) // 1 March
	l.review("to decide")
	send := l.ready("to send")
	d, err := l.s.Today(t.Context())
	l.must(err)
	if d.Overdue != 1 || len(d.Due) == 0 || d.Due[0].ID != late || d.ToDecide != 1 || d.ToSend != 1 || d.Send[0].ID != send || d.DueSoon != 1 {
		t.Errorf("got %d overdue, %d soon, %d to decide, %d to send", d.Overdue, d.DueSoon, d.ToDecide, d.ToSend)
	}
	if d.Next == nil || d.Next.ID == late || d.All != 8 {
		t.Errorf("next %v of %d", d.Next, d.All)
	}
}

func TestASourceThatRefusesItsKeyIsToldUntilItAnswers(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	id := l.review("one")
	_, err := l.s.w.ExecContext(ctx, `UPDATE request_sources SET complete = 0, reasons = json_array(json_object('code', ?, 'detail', 'status 403'))`, dsr.ReasonKeyRefused)
	l.must(err)
	_, refusals, err := l.s.SourceReaches(ctx, []string{"bot"})
	l.must(err)
	if r := refusals["bot"]; r.Requests != 1 || !r.Since.Equal(l.now()) {
		t.Errorf("got %+v", refusals)
	}
	_, err = l.s.Answered(ctx, byAdmin, id, dsr.Answer{Outcome: dsr.Refused})
	l.must(err)
	_, refusals, err = l.s.SourceReaches(ctx, nil)
	l.must(err)
	if r, still := refusals["bot"]; !still || r.Requests != 0 {
		t.Errorf("once nobody waits: %+v", refusals)
	}
	_, err = l.s.w.ExecContext(ctx, `INSERT INTO source_states (source, last_good_at) VALUES ('bot', ?)`, l.now().UnixMilli())
	l.must(err)
	if _, refusals, _ = l.s.SourceReaches(ctx, nil); len(refusals) > 0 {
		t.Errorf("after it has answered: %+v", refusals)
	}
}

func TestTheReachOfASourceIsThatOfTheLastSearchThatReadItWhole(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	l.ready("one")
	oldest, newest := l.now().Add(-48*time.Hour), l.now().Add(-time.Hour)
	_, err := l.s.w.ExecContext(t.Context(), `UPDATE units SET first_ms = ?, last_ms = ?`, oldest.UnixMilli(), newest.UnixMilli())
	l.must(err)
	l.pass(time.Hour)
	l.ready("two") // its unit has read no record
	reaches, _, err := l.s.SourceReaches(t.Context(), []string{"bot", "other"})
	l.must(err)
	if r := reaches["bot"]; !r.ReadAt.Equal(l.now()) || !r.Oldest.IsZero() {
		t.Errorf("got %+v", r)
	}
	if r := reaches["other"]; r != (dsr.Reach{}) {
		t.Errorf("of a source that was never read: %+v", r)
	}
}

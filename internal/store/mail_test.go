package store

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/dsr"
	"dsr-server/internal/jobs"
)

// mailed is a store whose people get mail: ana and bo may decide, cy may not, dan has asked for
// no mail and eve for a digest.
func mailed(t *testing.T) *life {
	t.Helper()
	l := newLife(t, func(o *Options) { o.Mail, o.RequestRetention = true, 10000*time.Hour })
	for login, role := range map[string]dsr.Role{"ana": dsr.Approver, "bo": dsr.Admin, "cy": dsr.Requester, "dan": dsr.Approver, "eve": dsr.Approver} {
		_, err := l.s.CreatePerson(t.Context(), admin, person(t, login, role))
		l.must(err)
		switch login {
		case "dan":
		case "eve":
			l.mailbox(login, dsr.MailDigest)
		default:
			l.mailbox(login, dsr.MailEach)
		}
	}
	return l
}

func (l *life) mailbox(login string, mode dsr.MailMode) {
	l.t.Helper()
	m, found := dsr.NewMailbox(login+"@example.com", mode, "en")
	l.must(found.Err())
	l.must(l.s.SetMailbox(l.t.Context(), dsr.Principal{ID: "user:" + login}, m))
}

// notices are what is to be told of a request, as "login event", sorted.
func (l *life) notices(id string) (all []string) {
	l.t.Helper()
	all, err := l.queryTexts(`SELECT p.login || ' ' || n.event FROM notices n JOIN mailboxes m ON m.id = n.mailbox_id JOIN people p ON p.id = m.person
		WHERE n.request_id = ? ORDER BY 1`, id)
	l.must(err)
	return all
}

func (l *life) queryTexts(query string, args ...any) (all []string, err error) {
	err = l.s.view(l.t.Context(), func(t tx) error {
		all, err = t.ids(l.t.Context(), query, args...)
		return err
	})
	return all, err
}

func (l *life) wantNotices(id string, want ...string) {
	l.t.Helper()
	if diff := cmp.Diff(want, l.notices(id)); diff != "" {
		l.t.Errorf("notices (-want +got):\n%s", diff)
	}
}

func (l *life) assign(by dsr.Principal, id, login string) {
	l.t.Helper()
	_, err := l.s.Amend(l.t.Context(), dsr.Call{By: by}, id, dsr.Change{Assignee: &login})
	l.must(err)
}

func TestWhoIsToldByMail(t *testing.T) {
	t.Parallel()
	l := mailed(t)
	review := func(r *dsr.FinishedRun) { r.Complete, r.Problem = false, &dsr.Problem{Code: dsr.ReasonGaveUp} }
	held := l.submit("held")
	l.finishAs(held, review)
	l.wantNotices(held, "ana review", "bo review", "eve review")

	own, err := l.s.Submit(t.Context(), dsr.Call{By: dsr.Principal{ID: "user:ana", Role: dsr.Approver}}, dsr.Submission{
		Selectors: []dsr.Selector{{ConversationID: "c"}}, Sources: []string{"bot"}, ReceivedAt: l.now(), Language: "en"})
	l.must(err)
	l.finishAs(own.ID, review)
	l.wantNotices(own.ID, "bo review", "eve review") // nobody decides about their own

	done := l.ready("done")
	l.wantNotices(done)
	l.assign(admin, done, "cy")
	l.wantNotices(done, "cy assigned")
	l.assign(admin, done, "cy") // as it was
	l.assign(dsr.Principal{ID: "user:ana", Role: dsr.Approver}, done, "ana")
	l.wantNotices(done, "cy assigned") // whoever assigns it to themselves knows
	l.assign(admin, done, "dan")
	l.wantNotices(done, "cy assigned")
}

// TestWhoIsToldOfDeadlines: whoever has the request, and without one everybody who may decide.
func TestWhoIsToldOfDeadlines(t *testing.T) {
	t.Parallel()
	l := mailed(t)
	free, cys, dans, gone := l.submit("free"), l.submit("cy's"), l.submit("dan's"), l.submit("gone")
	l.assign(admin, cys, "cy")
	l.assign(admin, dans, "dan")
	_, err := l.s.CreatePerson(t.Context(), admin, person(t, "gus", dsr.Requester))
	l.must(err)
	l.mailbox("gus", dsr.MailEach)
	l.assign(admin, gone, "gus")
	l.must(l.s.DisablePerson(t.Context(), admin, "gus"))
	l.pass(22 * 24 * time.Hour)
	l.must(l.work().TellDeadlines(t.Context()))
	l.wantNotices(free, "ana due_soon", "bo due_soon", "eve due_soon")
	l.wantNotices(cys, "cy assigned", "cy due_soon")
	l.wantNotices(dans)
	l.wantNotices(gone, "ana due_soon", "bo due_soon", "eve due_soon")
	l.pass(10 * 24 * time.Hour)
	l.must(l.work().TellDeadlines(t.Context()))
	l.must(l.work().TellDeadlines(t.Context()))
	l.wantNotices(cys, "cy assigned", "cy due_soon", "cy overdue")
}

func TestNothingIsKeptForMailWhereThereIsNone(t *testing.T) {
	t.Parallel()
	l := mailed(t)
	l.s.opts.Mail = false
	id := l.ready("one")
	l.assign(admin, id, "cy")
	l.wantNotices(id)
}

// TestANoticeThatIsNotCommittedIsNotTold: notice and change are one transaction.
func TestANoticeThatIsNotCommittedIsNotTold(t *testing.T) {
	t.Parallel()
	l := mailed(t)
	id, cy := l.ready("one"), "cy"
	l.exec(`CREATE TRIGGER broken BEFORE INSERT ON notices BEGIN SELECT RAISE(ABORT, 'test'); END`)
	if _, err := l.s.Amend(t.Context(), byAdmin, id, dsr.Change{Assignee: &cy}); err == nil {
		t.Error("a change whose notice cannot be stored is stored all the same")
	}
	l.exec(`DROP TRIGGER broken`)
	if r, err := l.s.Lookup(t.Context(), id); err != nil || r.Assignee != "" {
		t.Errorf("got %q, %v", r.Assignee, err)
	}
}

// next is what is sent next to somebody, as the holder of the mailbox's job, and ends its try.
func (l *life) next(login string, then func(*Work, *dsr.OutgoingMail)) {
	l.t.Helper()
	boxes, err := l.queryTexts(`SELECT m.id FROM mailboxes m JOIN people p ON p.id = m.person WHERE p.login = ?`, login)
	l.must(err)
	if len(boxes) != 1 {
		l.t.Fatalf("%s has %d mailboxes", login, len(boxes))
	}
	lease, err := jobs.New(l.s.DB(), jobs.Options{Owner: jobs.Command, Now: l.now}).Acquire(l.t.Context(), JobMail, boxes[0])
	l.must(err)
	w := l.s.Under(lease)
	m, err := w.NextMail(l.t.Context())
	l.must(err)
	then(w, m)
	l.must(lease.Release(l.t.Context()))
}

func TestADigestWaitsForTheMorning(t *testing.T) {
	t.Parallel()
	l := mailed(t) // it is Saturday, 31 January 2026
	one, two := l.ready("one"), l.ready("two")
	for _, login := range []string{"ana", "eve"} {
		l.assign(admin, one, login)
		l.assign(admin, two, login)
	}
	monday := time.Date(2026, 2, 2, 7, 0, 0, 0, time.UTC)
	l.next("eve", func(_ *Work, m *dsr.OutgoingMail) {
		if m == nil || len(m.Notices) != 2 || !m.NextAt.Equal(monday) || !m.Notices[1].Since.Equal(monday) || m.Address != "eve@example.com" {
			t.Errorf("eve: got %+v", m)
		}
	})
	l.next("ana", func(w *Work, m *dsr.OutgoingMail) {
		if m == nil || len(m.Notices) != 1 || !m.NextAt.Equal(l.now()) || m.Notices[0].Request != one {
			t.Fatalf("ana: got %+v", m)
		}
		l.must(w.Mailed(t.Context(), m.Notices, "", time.Time{}))
		m, err := w.NextMail(t.Context())
		l.must(err)
		if m == nil || m.Notices[0].Request != two {
			t.Errorf("ana: then got %+v", m)
		}
	})
	l.mailbox("eve", dsr.MailEach) // what waits is sent at once
	l.next("eve", func(_ *Work, m *dsr.OutgoingMail) {
		if m == nil || len(m.Notices) != 1 || !m.NextAt.Equal(l.now()) {
			t.Errorf("eve, one by one: got %+v", m)
		}
	})
}

func TestWhatComesOfMailIsOnRecord(t *testing.T) {
	t.Parallel()
	l := mailed(t)
	id := l.ready("one")
	l.assign(admin, id, "ana")
	later := l.now().Add(time.Hour)
	l.next("ana", func(w *Work, m *dsr.OutgoingMail) { l.must(w.Mailed(t.Context(), m.Notices, dsr.MailNoAnswer, later)) })
	l.next("ana", func(w *Work, m *dsr.OutgoingMail) {
		if !m.NextAt.Equal(later) || m.Notices[0].Attempts != 1 {
			t.Errorf("got %+v", m)
		}
		l.must(w.Mailed(t.Context(), m.Notices, dsr.MailRefused, time.Time{}))
	})
	r, err := l.s.MailReport(t.Context())
	l.must(err)
	if len(r.Dead) != 1 || r.Dead[0].Login != "ana" || r.Dead[0].Failure != dsr.MailRefused || r.Dead[0].Request != id || r.Dead[0].Attempts != 2 ||
		r.Notices[dsr.DeliveryDead] != 1 || r.Notices[dsr.DeliveryWaiting] != 0 {
		t.Errorf("got %+v", r)
	}
	l.pass(31 * 24 * time.Hour)
	l.must(l.work().DropStrays(t.Context()))
	l.wantNotices(id)
}

// TestWhoMayNoLongerComeInIsToldNothing: nor whoever wants no mail any more.
func TestWhoMayNoLongerComeInIsToldNothing(t *testing.T) {
	t.Parallel()
	l := mailed(t)
	id := l.ready("one")
	l.assign(admin, id, "ana")
	l.assign(admin, id, "cy")
	l.must(l.s.DisablePerson(t.Context(), admin, "cy"))
	l.wantNotices(id, "ana assigned")
	l.must(l.s.SetMailbox(t.Context(), dsr.Principal{ID: "user:ana"}, dsr.Mailbox{Mode: dsr.MailOff}))
	l.wantNotices(id)
	if m, err := l.s.Mailbox(t.Context(), "user:ana"); err != nil || m != (dsr.Mailbox{Mode: dsr.MailOff}) {
		t.Errorf("got %+v, %v", m, err)
	}
	waiting, err := l.queryTexts(`SELECT key FROM jobs WHERE kind = ? AND key NOT IN (SELECT id FROM mailboxes)`, JobMail)
	l.must(err)
	if len(waiting) > 1 || slices.Contains(waiting, "user:ana") {
		t.Errorf("jobs of no mailbox: %v", waiting) // ana's, which finds nothing and ends
	}
}

// TestAnAddressOutlivesAnotherMasterKey, and is on the disk in no clear form.
func TestAnAddressOutlivesAnotherMasterKey(t *testing.T) {
	t.Parallel()
	l := mailed(t)
	l.grep("eve@example.com", false)
	l.must(l.s.RotateMasterKey(t.Context()))
	l.must(l.reopen())
	if m, err := l.s.Mailbox(t.Context(), "user:eve"); err != nil || m != (dsr.Mailbox{Address: "eve@example.com", Mode: dsr.MailDigest, Language: "en"}) {
		t.Errorf("got %+v, %v", m, err)
	}
}

func TestAPurgeTakesTheNotices(t *testing.T) {
	t.Parallel()
	l := mailed(t)
	id := l.ready("one")
	l.assign(admin, id, "ana")
	_, err := l.s.Purge(t.Context(), byAdmin, id)
	l.must(err)
	l.ownsNothing(id)
}

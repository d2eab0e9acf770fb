package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/jobs"
)

// life is a store whose clock the test moves, with requests in it.
type life struct {
	t    *testing.T
	s    *Store
	dir  string
	mu   sync.Mutex
	time time.Time
	// tampered: the test changes rows past the store, so that they need not agree with the log.
	tampered bool
}

var (
	admin    = dsr.Principal{ID: "token:admin", Role: dsr.Admin}
	approver = dsr.Principal{ID: "token:approver", Role: dsr.Approver}
	byAdmin  = dsr.Call{By: admin}
)

func newLife(t *testing.T, change func(*Options)) *life {
	t.Helper()
	l := &life{t: t, dir: t.TempDir(), time: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)}
	o := Options{Dir: l.dir, Now: l.now, ArchiveRetention: 24 * time.Hour, RequestRetention: 48 * time.Hour,
		SignReceipt: func([]byte) ([]byte, error) { return []byte("-----BEGIN SSH SIGNATURE-----\n"), nil }}
	if change != nil {
		change(&o)
	}
	var err error
	if l.s, err = Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = l.s.Close()
		if _, err := VerifyAudit(context.Background(), l.dir); err != nil && !l.tampered {
			t.Errorf("at the end the log does not agree: %v", err)
		}
	})
	return l
}

func (l *life) now() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.time
}

func (l *life) pass(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.time = l.time.Add(d)
}

// must ends the test at an error.
func (l *life) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// work holds a lease until the test ends.
func (l *life) work() *Work {
	l.t.Helper()
	q := jobs.New(l.s.DB(), jobs.Options{Owner: jobs.Command})
	lease, err := q.Acquire(l.t.Context(), "test", newID())
	l.must(err)
	l.t.Cleanup(func() { _ = lease.Release(l.t.Context()) })
	return l.s.Under(lease)
}

func (l *life) submit(reference string) string {
	l.t.Helper()
	r, err := l.s.Submit(l.t.Context(), dsr.Call{By: admin, Key: dsr.IdempotencyKey{Key: reference, Route: "POST /requests"}}, dsr.Submission{
		Reference: reference, Selectors: []dsr.Selector{{ConversationID: "selector of " + reference}}, Sources: []string{"bot"},
		ReceivedAt: l.now(), Language: "en", Notes: "notes of " + reference,
	})
	l.must(err)
	return r.ID
}

// finish takes a queued request to ready, with a record that was found.
func (l *life) finish(id string) { l.finishAs(id, func(*dsr.FinishedRun) {}) }

// finishAs is finish with another end of the run.
func (l *life) finishAs(id string, change func(*dsr.FinishedRun)) {
	l.t.Helper()
	ctx, w := l.t.Context(), l.work()
	l.must(w.Plan(ctx, id, l.now(), []dsr.SearchPlan{{RequestID: id, Source: "bot", PageSize: 10, Interval: dsr.Interval{Start: 1, End: 2}}}, nil))
	_, err := l.s.w.ExecContext(ctx, `INSERT INTO records (request_id, source, kind, vendor_key, conversation_key, vendor_id, body)
		VALUES (?, 'bot', 'conversation', x'01', x'01', x'02', x'03')`, id)
	l.must(err)
	_, err = w.Begin(ctx, dsr.Unit{Source: "bot", Kind: dsr.Pages, Endpoint: dsr.Conversations, Interval: dsr.Interval{Start: 1, End: 2}, PerPage: 1, Requests: []string{id}})
	l.must(err)
	_, err = w.endSearches(ctx, nil, "bot", `r.id = ?`, id)
	l.must(err)
	run := dsr.FinishedRun{RequestID: id, Complete: true, Identity: "AGE-SECRET-KEY-" + id, FileName: id + ".age",
		Found: dsr.Result{Conversations: 1, Archive: &dsr.ArchiveInfo{Size: 7, SHA256: strings.Repeat("ab", 32)}}}
	change(&run)
	_, err = w.Finish(ctx, run)
	l.must(err)
}

func (l *life) ready(reference string) string {
	l.t.Helper()
	id := l.submit(reference)
	l.finish(id)
	return id
}

func (l *life) sweep() {
	l.t.Helper()
	w := l.work()
	l.must(w.ExpireArchives(l.t.Context()))
	l.must(w.PurgeDue(l.t.Context()))
	l.must(w.DropStrays(l.t.Context()))
	l.must(l.s.Truncate(l.t.Context()))
}

func (l *life) status(id string) dsr.Status {
	l.t.Helper()
	r, err := l.s.Lookup(l.t.Context(), id)
	l.must(err)
	return r.Status
}

func (l *life) code(err error) string {
	if e, ok := errors.AsType[*dsr.Error](err); ok {
		return e.Code
	}
	return fmt.Sprint(err)
}

func TestExtensionMovesTheDeadlineAndSealsItsReason(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	id := l.submit("one") // received on 31 January: due on 28 February
	l.pass(28*24*time.Hour + 11*time.Hour)
	r, err := l.s.Extend(ctx, byAdmin, id, dsr.Extension{Months: 2, Reason: "many pages"})
	l.must(err)
	if want := time.Date(2026, 4, 30, 23, 59, 59, 0, time.UTC); !r.DueAt.Equal(want) || r.ExtendedSoFar != 2 || r.ExtensionReason != "many pages" {
		t.Errorf("got %v, %v, %q", r.DueAt, r.ExtendedSoFar, r.ExtensionReason)
	}
	if _, err := l.s.Extend(ctx, byAdmin, id, dsr.Extension{Months: 1, Reason: "again"}); l.code(err) != "already_extended" {
		t.Errorf("a second time: %v", err)
	}
	l.grep("many pages", false)
	other := l.submit("two")
	l.pass(31 * 24 * time.Hour)
	if _, err := l.s.Extend(ctx, byAdmin, other, dsr.Extension{Months: 1, Reason: "r"}); l.code(err) != "too_late" {
		t.Errorf("after the first month: %v", err)
	}
	if got := happened(t, l.s); !slices.Contains(got, "request.extended token:admin") {
		t.Errorf("got events %v", got)
	}
}

func TestUnansweredArchiveOutlivesItsDeadlineAndAnAnsweredOneIsKeptForItsRetention(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	waiting, answered := l.ready("waiting"), l.ready("answered")
	l.pass(time.Hour)
	_, err := l.s.Answered(ctx, byAdmin, answered, dsr.Answer{})
	l.must(err)
	if _, err := l.s.Answered(ctx, byAdmin, answered, dsr.Answer{}); l.code(err) != "already_answered" {
		t.Errorf("a second time: %v", err)
	}
	if next, err := l.s.NextSweep(ctx); err != nil || next.After(l.now().Add(SweepEvery)) {
		t.Errorf("next sweep %v, %v", next, err)
	}
	l.pass(22*time.Hour + 59*time.Minute)
	l.sweep()
	if got := l.status(answered); got != dsr.Ready {
		t.Fatalf("a minute before its time the archive is %s", got)
	}
	if next, err := l.s.NextSweep(ctx); err != nil || !next.Equal(l.now().Add(time.Minute)) {
		t.Errorf("next sweep %v, want in a minute; %v", next, err)
	}
	l.pass(time.Minute)
	if _, err := l.s.Archive(ctx, admin, answered); l.code(err) != "not_ready" {
		t.Errorf("an archive whose time is over, before the sweep: %v", err)
	}
	l.sweep()
	r, err := l.s.Lookup(ctx, answered)
	l.must(err)
	if r.Status != dsr.Expired || r.Result == nil || r.Result.Archive != nil {
		t.Errorf("got %s with %+v", r.Status, r.Result)
	}
	files, err := l.s.ArchiveFiles(ctx)
	l.must(err)
	if files.States[answered+".age"].InForce || !files.States[answered+".age"].Finished || !files.States[waiting+".age"].InForce {
		t.Errorf("got files %+v", files)
	}
	due := time.Date(2026, 2, 28, 23, 59, 59, 0, time.UTC)
	l.pass(due.AddDate(0, 0, 30).Sub(l.now()) - time.Millisecond)
	l.sweep()
	if got := l.status(waiting); got != dsr.Ready {
		t.Errorf("30 days beyond the deadline the unanswered archive is %s", got)
	}
	l.pass(time.Millisecond)
	l.sweep()
	if got := l.status(waiting); got != dsr.Expired {
		t.Errorf("then it is %s", got)
	}
}

// TestAnArchiveOutlivesItsDeadlineHoweverThatMoved: also while another is made, and after the
// answer was taken back.
func TestAnArchiveOutlivesItsDeadlineHoweverThatMoved(t *testing.T) {
	t.Parallel()
	for name, move := range map[string]func(l *life, id string){
		"extended": func(l *life, id string) {
			_, err := l.s.Extend(t.Context(), byAdmin, id, dsr.Extension{Months: 2, Reason: "many pages"})
			l.must(err)
		},
		"paused and resumed": func(l *life, id string) {
			_, err := l.s.Pause(t.Context(), byAdmin, id, dsr.Pause{Reason: dsr.PauseIdentity})
			l.must(err)
			l.pass(20 * 24 * time.Hour)
			_, err = l.s.Resume(t.Context(), byAdmin, id, "")
			l.must(err)
		},
		"answered and reopened": func(l *life, id string) {
			_, err := l.s.Answered(t.Context(), byAdmin, id, dsr.Answer{})
			l.must(err)
			_, err = l.s.Reopen(t.Context(), byAdmin, id, "that was wrong")
			l.must(err)
		},
		"extended while another is made": func(l *life, id string) {
			_, err := l.s.w.ExecContext(t.Context(), `UPDATE requests SET complete = 0 WHERE id = ?`, id)
			l.must(err)
			l.tampered = true
			_, err = l.s.Retry(t.Context(), byAdmin, id)
			l.must(err)
			_, err = l.s.Extend(t.Context(), byAdmin, id, dsr.Extension{Months: 2, Reason: "many pages"})
			l.must(err)
		},
	} {
		l := newLife(t, nil)
		id := l.ready("one")
		move(l, id)
		r, err := l.s.Lookup(t.Context(), id)
		l.must(err)
		for left := r.DueAt.Add(beyondDue).Sub(l.now()) - time.Millisecond; left > 0; left -= 7 * 24 * time.Hour {
			l.pass(min(left, 7*24*time.Hour)) // in steps, or the clock would be in doubt
			l.sweep()
		}
		if _, err := l.s.Archive(t.Context(), admin, id); err != nil {
			t.Errorf("%s: just before 30 days after the deadline, %s: %v", name, r.DueAt, err)
		}
		l.pass(time.Millisecond)
		l.sweep()
		if _, err := l.s.Archive(t.Context(), admin, id); err == nil {
			t.Errorf("%s: 30 days after the deadline the archive is still there", name)
		}
	}
}

func TestRequestsArePurgedWhenTheirRetentionEnds(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	answered, silent, cancelled, open := l.ready("answered"), l.ready("silent"), l.submit("cancelled"), l.submit("open")
	_, err := l.s.Answered(ctx, byAdmin, answered, dsr.Answer{})
	l.must(err)
	_, err = l.s.Cancel(ctx, byAdmin, cancelled)
	l.must(err)
	l.pass(48*time.Hour - time.Millisecond)
	l.sweep()
	for id, want := range map[string]dsr.Status{answered: dsr.Expired, silent: dsr.Ready, cancelled: dsr.Cancelled, open: dsr.Queued} {
		if got := l.status(id); got != want {
			t.Errorf("before: got %s, want %s", got, want)
		}
	}
	l.pass(time.Millisecond)
	l.sweep()
	for id, want := range map[string]dsr.Status{answered: dsr.Purged, silent: dsr.Ready, cancelled: dsr.Purged, open: dsr.Queued} {
		if got := l.status(id); got != want {
			t.Errorf("after: got %s, want %s", got, want)
		}
	}
	l.pass(200 * 24 * time.Hour)
	l.sweep() // expires the silent one, 90 days of silence begin anew
	l.pass(90 * 24 * time.Hour)
	l.sweep()
	if l.status(silent) != dsr.Purged || l.status(open) != dsr.Queued {
		t.Errorf("got %s and %s", l.status(silent), l.status(open))
	}
	r, err := l.s.Receipt(ctx, answered)
	l.must(err)
	var receipt dsr.Receipt
	l.must(json.Unmarshal(r.Receipt, &receipt))
	if receipt.Reason != dsr.PurgedOnTime || receipt.ByRole != "system" || !receipt.Answered || receipt.Status != dsr.Expired {
		t.Errorf("got %+v", receipt)
	}
}

func TestHoldKeepsARequestFromEverySweep(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	id := l.ready("held")
	_, err := l.s.Answered(ctx, byAdmin, id, dsr.Answer{})
	l.must(err)
	_, err = l.s.Hold(ctx, byAdmin, id, "case 17 before the court")
	l.must(err)
	l.grep("case 17 before the court", false)
	l.pass(1000 * 24 * time.Hour)
	l.sweep()
	if got := l.status(id); got != dsr.Ready {
		t.Errorf("got %s", got)
	}
	if _, err := l.s.Archive(ctx, admin, id); err != nil {
		t.Errorf("a held archive cannot be read: %v", err)
	}
	_, err = l.s.Purge(ctx, byAdmin, id)
	if l.code(err) != "held" || !strings.Contains(err.Error(), "case 17 before the court") {
		t.Errorf("got %v", err)
	}
	_, err = l.s.Release(ctx, byAdmin, id)
	l.must(err)
	l.sweep()
	if got := l.status(id); got != dsr.Purged {
		t.Errorf("after the release: %s", got)
	}
}

// grep looks for text in the raw bytes of every file of the data folder.
func (l *life) grep(text string, want bool) {
	l.t.Helper()
	var found []string
	err := filepath.WalkDir(l.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		if bytes.Contains(body, []byte(text)) {
			found = append(found, filepath.Base(path))
		}
		return err
	})
	l.must(err)
	if (len(found) > 0) != want {
		l.t.Errorf("%q is in %v, wanted is %v", text, found, want)
	}
}

func TestNothingOfAPurgedRequestIsLeftInTheDataFolder(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	for i := range 40 { // so that pages split and rows move
		l.submit(fmt.Sprint("filler-", i, "-", strings.Repeat("x", 100)))
	}
	id := l.ready("canary-reference-93f1")
	other := l.ready("other-reference")
	_, err := l.s.Viewed(ctx, approver, id, l.s.Glance)
	l.must(err)
	_, err = l.s.CreateLink(ctx, dsr.Call{By: approver}, id, dsr.NewLink{Hash: [32]byte{1}, Life: time.Hour})
	l.must(err)
	identity := l.column(id, "archive_identity")
	l.grep("canary-reference-93f1", true)
	l.grep(string(identity), true)
	key := l.column(id, "data_key")
	file, err := l.s.Purge(ctx, byAdmin, id)
	l.must(err)
	if file != id+".age" {
		t.Errorf("got file %q", file)
	}
	l.must(l.s.Truncate(ctx))
	for _, canary := range []string{"canary-reference-93f1", string(key), string(identity)} {
		l.grep(canary, false)
	}
	l.grep("other-reference", true)
	l.ownsNothing(id)
	if got := l.status(other); got != dsr.Ready {
		t.Errorf("the other request is %s", got)
	}
	if _, err := l.s.Viewed(ctx, admin, id, l.s.Snapshot); dsr.KindOf(err) != dsr.Gone {
		t.Errorf("got %v", err)
	}
	if _, err := l.s.Purge(ctx, byAdmin, id); dsr.KindOf(err) != dsr.Gone {
		t.Errorf("a second time: %v", err)
	}
}

func (l *life) column(id, name string) (value []byte) {
	l.t.Helper()
	l.must(l.s.r.QueryRowContext(l.t.Context(), `SELECT `+name+` FROM requests WHERE id = ?`, id).Scan(&value))
	return value
}

// ownsNothing asserts that no table but those that are to stay has a row of the
// request: a table added later must be purged too.
func (l *life) ownsNothing(id string) {
	l.t.Helper()
	rows, err := l.s.r.QueryContext(l.t.Context(), `
		SELECT t.name FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND c.name = 'request_id'`)
	l.must(err)
	defer func() { _ = rows.Close() }()
	tables := 0
	for rows.Next() {
		var table string
		l.must(rows.Scan(&table))
		tables++
		var n int
		l.must(l.s.r.QueryRowContext(l.t.Context(), `SELECT count(*) FROM `+table+` WHERE request_id = ?`, id).Scan(&n))
		if table == "archive_files" {
			continue // names the file until that has gone too
		}
		if stays := table == "audit_events" || table == "receipts"; n > 0 != stays {
			l.t.Errorf("%s has %d rows of the purged request", table, n)
		}
	}
	l.must(rows.Err())
	if tables < 8 {
		l.t.Errorf("looked at %d tables only", tables)
	}
}

// TestNobodyDeletesStraysUnderALostLease: whoever holds it now does.
func TestNobodyDeletesStraysUnderALostLease(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx, id := t.Context(), l.ready("purged")
	_, err := l.s.Purge(ctx, byAdmin, id)
	l.must(err)
	_, err = l.s.w.ExecContext(ctx, `INSERT INTO records (request_id, source, kind, vendor_key, conversation_key, vendor_id, body)
		VALUES (?, 'bot', 'conversation', x'01', x'01', x'02', x'03')`, id)
	l.must(err)
	strays := func() (n int) {
		l.must(l.s.r.QueryRowContext(ctx, `SELECT count(*) FROM records WHERE request_id = ?`, id).Scan(&n))
		return n
	}
	w := l.work()
	_, err = l.s.w.ExecContext(ctx, `UPDATE jobs SET claim = claim + 1, worker = 'another' WHERE id = ?`, w.lease.ID)
	l.must(err)
	if err := w.DropStrays(ctx); err == nil || strays() != 1 {
		t.Errorf("under a lost lease: %v, %d rows are left", err, strays())
	}
	l.must(l.work().DropStrays(ctx))
	if strays() != 0 {
		t.Errorf("%d rows are left", strays())
	}
}

func TestPurgeThatCannotBeSignedChangesNothing(t *testing.T) {
	t.Parallel()
	l := newLife(t, func(o *Options) { o.SignReceipt = func([]byte) ([]byte, error) { return nil, errors.New("no key") } })
	id := l.ready("kept")
	if _, err := l.s.Purge(t.Context(), byAdmin, id); err == nil {
		t.Fatal("purged without a receipt")
	}
	if got := l.status(id); got != dsr.Ready {
		t.Errorf("got %s", got)
	}
}

func TestLinkWorksOnceAndNotForLong(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	id := l.ready("linked")
	used, late, void := [32]byte{1}, [32]byte{2}, [32]byte{3}
	for _, hash := range [][32]byte{used, late, void} {
		_, err := l.s.CreateLink(ctx, byAdmin, id, dsr.NewLink{Hash: hash, Life: time.Hour})
		l.must(err)
	}
	a, link, err := l.s.LinkedArchive(ctx, used, nil)
	l.must(err)
	l.must(l.s.UseLink(ctx, used, a.Size))
	if a.RequestID != id || a.FileName != id+".age" || link.RequestID != id {
		t.Errorf("got %+v, %+v", a, link)
	}
	l.must(l.s.FinishDownload(ctx, LinkActor(link), a, a.Size, a.Size-1))
	l.must(l.s.UseLink(ctx, used, a.Size)) // the first one broke off
	l.must(l.s.FinishDownload(ctx, LinkActor(link), a, a.Size, a.Size))
	if err := l.s.UseLink(ctx, used, a.Size); l.code(err) != "link_ended" {
		t.Errorf("after a complete download: %v", err)
	}
	if _, err := l.s.Link(ctx, late); err != nil {
		t.Error(err)
	}
	l.pass(time.Hour)
	if _, _, err := l.s.LinkedArchive(ctx, late, nil); l.code(err) != "link_ended" {
		t.Errorf("after an hour: %v", err)
	}
	if _, err := l.s.CreateLink(ctx, byAdmin, l.submit("queued"), dsr.NewLink{Hash: [32]byte{9}, Life: time.Hour}); l.code(err) != "not_ready" {
		t.Errorf("for a request that is not ready: %v", err)
	}
	got := happened(t, l.s)
	for _, want := range []string{"link.created token:admin", "link.used link:" + link.ID, "archive.downloaded link:" + link.ID} {
		if !slices.Contains(got, want) {
			t.Errorf("no event %q in %v", want, got)
		}
	}
}

// TestAWrongStatusIsSaidInWords names what cannot be done now, and when it can.
func TestAWrongStatusIsSaidInWords(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx, id := t.Context(), l.submit("open")
	_, approve := l.s.Approve(ctx, byAdmin, id)
	_, reject := l.s.Reject(ctx, byAdmin, id)
	_, retry := l.s.Retry(ctx, byAdmin, id)
	_, download := l.s.Archive(ctx, admin, id)
	_, cancel := l.s.Cancel(ctx, byAdmin, l.ready("done"))
	for _, c := range []struct {
		err  error
		want string
	}{
		{approve, "wrong_status: a request that is queued cannot be approved; it must be in review"},
		{reject, "wrong_status: a request that is queued cannot be rejected; it must be in review"},
		{retry, "wrong_status: a request that is queued cannot be retried; it must be failed, in review, or ready with an incomplete result"},
		{download, "not_ready: a request that is queued has no archive yet; download it once its status is ready"},
		{cancel, "wrong_status: a request that is ready cannot be cancelled; it must be queued or running"},
	} {
		if c.err == nil || c.err.Error() != c.want {
			t.Errorf("got %v, want %s", c.err, c.want)
		}
	}
}

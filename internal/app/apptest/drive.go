package apptest

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	"dsr-server/internal/jobs"
	"dsr-server/internal/store"
	"dsr-server/internal/vault"
)

// under holds a lease while f works with the store as a worker does.
func (s *Site) under(f func(*store.Work) error) {
	s.t.Helper()
	ctx := s.t.Context()
	queue := jobs.New(s.Store.DB(), jobs.Options{Owner: jobs.Command})
	lease, err := queue.Acquire(ctx, "test", "drive")
	if err != nil {
		s.t.Fatal(err)
	}
	if err := f(s.Store.Under(lease)); err != nil {
		s.t.Fatal(err)
	}
	if err := lease.Release(ctx); err != nil {
		s.t.Fatal(err)
	}
}

// Start takes a queued request to running, with nothing to read.
func (s *Site) Start(id string) {
	s.t.Helper()
	s.under(func(w *store.Work) error { return w.Plan(s.t.Context(), id, s.Clock.Now(), nil, nil) })
}

// Finish takes a queued request through its run to ready, or to review when it is not
// complete, with these bytes as its archive.
func (s *Site) Finish(id string, complete bool, zip []byte) {
	s.t.Helper()
	s.Start(id)
	identity, err := vault.NewIdentity()
	if err != nil {
		s.t.Fatal(err)
	}
	sum := sha256.Sum256(zip)
	o := dsr.FinishedRun{RequestID: id, Complete: complete, Identity: identity, FileName: id, Found: dsr.Result{
		Conversations: 1, Messages: 2, Archive: &dsr.ArchiveInfo{Size: int64(len(zip)), SHA256: hex.EncodeToString(sum[:])}}}
	if !complete {
		o.Problem = &dsr.Problem{Code: dsr.ReasonKeyRefused, Detail: "the source refused its key"}
	}
	err = s.Vault.Save(s.t.Context(), o.FileName, identity, func(w io.Writer) error { _, err := w.Write(zip); return err })
	if err != nil {
		s.t.Fatal(err)
	}
	s.under(func(w *store.Work) error { _, err := w.Finish(s.t.Context(), o); return err })
}

// admin acts where somebody has to.
var admin = dsr.Principal{ID: "token:somebody-else", Role: dsr.Admin}

// Move takes a queued request to a status, along the moves that there are.
func (s *Site) Move(id string, to dsr.Status, complete bool) {
	s.t.Helper()
	ctx, call := s.t.Context(), dsr.Call{By: admin}
	var err error
	switch to {
	case dsr.Queued:
	case dsr.Running:
		s.Start(id)
	case dsr.Review, dsr.Ready:
		s.Finish(id, complete && to == dsr.Ready, []byte("PK a small archive"))
		s.Exec(`UPDATE requests SET complete = ? WHERE id = ?`, complete, id)
		if to == dsr.Ready && !complete {
			_, err = s.Store.Approve(ctx, call, id)
		}
	case dsr.Rejected:
		s.Move(id, dsr.Review, complete)
		_, err = s.Store.Reject(ctx, call, id)
	case dsr.Expired:
		s.Move(id, dsr.Ready, complete)
		s.Expire(id)
	case dsr.Cancelled:
		_, err = s.Store.Cancel(ctx, call, id)
	case dsr.Failed:
		err = s.fail(id)
	case dsr.Purged:
		err = s.Service().Purge(ctx, dsr.Call{By: admin}, id)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	if r := s.Lookup(id); r.Status != to {
		s.t.Fatalf("the request is %s, not %s", r.Status, to)
	}
}

// Expire ends the time for which the archive of a ready request is kept.
func (s *Site) Expire(id string) {
	s.t.Helper()
	s.Exec(`UPDATE requests SET archive_expires_at = ? WHERE id = ?`, s.Clock.Now().UnixMilli()-1, id)
	s.under(func(w *store.Work) error { return w.ExpireArchives(s.t.Context()) })
}

func (s *Site) fail(id string) error {
	tx, err := s.Store.DB().BeginTx(s.t.Context(), nil)
	if err != nil {
		return err
	}
	if err := s.Store.Fail(s.t.Context(), tx, id); err != nil {
		return err
	}
	return tx.Commit()
}

// Exec changes the database behind the program's back.
func (s *Site) Exec(statement string, args ...any) {
	s.t.Helper()
	if _, err := s.Store.DB().ExecContext(s.t.Context(), statement, args...); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
}

// Lookup returns the request without viewing it.
func (s *Site) Lookup(id string) dsr.Request {
	s.t.Helper()
	r, err := s.Store.Lookup(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// Events are the events of a kind in the audit log.
func (s *Site) Events(kind audit.Kind) (events []audit.Event) {
	s.t.Helper()
	rows, err := s.Store.DB().QueryContext(s.t.Context(), `SELECT leaf FROM audit_events WHERE kind = ? ORDER BY idx`, string(kind))
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var leaf []byte
		if err := rows.Scan(&leaf); err != nil {
			s.t.Fatal(err)
		}
		_, e, err := audit.ParseLeaf(leaf)
		if err != nil {
			s.t.Fatal(err)
		}
		events = append(events, e)
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return events
}

// Await waits until there are so many events of a kind: an answer is out before its end
// is on record.
func (s *Site) Await(kind audit.Kind, n int) []audit.Event {
	s.t.Helper()
	for {
		if events := s.Events(kind); len(events) >= n {
			return events
		}
		select {
		case <-s.t.Context().Done():
			s.t.Fatal("the test ended while waiting")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	"dsr-server/internal/jobs"
	"dsr-server/internal/seal"
)

// JobPlan and its kin are the kinds of jobs the store enqueues; cmd gives each a handler.
const (
	JobPlan    = "plan"    // key: request id
	JobLane    = "lane"    // key: the vendor's host
	JobFiles   = "files"   // key: request id
	JobPackage = "package" // key: request id
	// JobRepackage makes an archive once more. Key: request id.
	JobRepackage = "repackage"
)

// Submit implements api.Service: request, audit event and job in one transaction, which
// others who submit at the same moment may share.
func (s *Store) Submit(ctx context.Context, call dsr.Call, sub dsr.Submission) (dsr.Request, error) {
	return s.submitAnd(ctx, call, sub, func(tx, string) error { return nil })
}

// submitAnd is Submit with something more in the same transaction, which gets the request's id.
func (s *Store) submitAnd(ctx context.Context, call dsr.Call, sub dsr.Submission, more func(tx, string) error) (r dsr.Request, err error) {
	if err := ctx.Err(); err != nil {
		return r, err
	}
	var id string
	err = s.commitTogether(func(t tx) (err error) {
		if id, err = t.submit(context.WithoutCancel(ctx), call, sub); err != nil {
			return err
		}
		return more(t, id)
	})
	if err != nil {
		return r, translate(err)
	}
	s.opts.Woken()
	return s.Lookup(ctx, id)
}

// submit stores a request, unless an earlier call with the same key has.
func (t tx) submit(ctx context.Context, call dsr.Call, sub dsr.Submission) (id string, err error) {
	if id, err = t.replayed(ctx, call); err != nil || id != "" {
		return id, err
	}
	if err := t.mayOpenOneMore(ctx); err != nil {
		return "", err
	}
	id = newID()
	if err := t.insertRequest(ctx, id, call.By, sub); err != nil {
		return "", err
	}
	if err := t.record(ctx, audit.Event{Kind: audit.RequestSubmitted, Actor: call.By.ID, Request: id}); err != nil {
		return "", err
	}
	if err := t.enqueuePlan(ctx, id, sub.Sources); err != nil {
		return "", err
	}
	return id, t.remember(ctx, call, id)
}

// mayOpenOneMore keeps a runaway client from filling the queue.
func (t tx) mayOpenOneMore(ctx context.Context) error {
	var open int
	if err := t.QueryRowContext(ctx, `SELECT count(*) FROM requests WHERE status IN ('queued', 'running')`).Scan(&open); err != nil {
		return fmt.Errorf("count open requests: %w", err)
	}
	if open >= t.s.opts.MaxOpen {
		return dsr.Errorf(dsr.TooMany, "too_many_open_requests",
			"%d requests are queued or running, which is the limit; wait for one to end or raise limits.open_requests", open)
	}
	return nil
}

func (t tx) insertRequest(ctx context.Context, id string, by dsr.Principal, sub dsr.Submission) error {
	if err := t.referenceIsFree(ctx, by, sub.Reference); err != nil {
		return err
	}
	data := seal.NewKey()
	selectors, err := data.SealJSON(requestPlace("selectors", id), sub.Selectors)
	if err != nil {
		return err
	}
	var notes []byte
	if sub.Notes != "" {
		notes = data.Seal(requestPlace("notes", id), []byte(sub.Notes))
	}
	var callback []byte
	if sub.CallbackURL != "" {
		callback = data.Seal(requestPlace("callback_url", id), []byte(sub.CallbackURL))
	}
	sources, err := json.Marshal(sub.Sources)
	if err != nil {
		return fmt.Errorf("encode sources: %w", err)
	}
	labels, err := labelsJSON(sub.Labels)
	if err != nil {
		return err
	}
	presentation, err := json.Marshal(t.s.opts.Presentation.For(sub.Sources))
	if err != nil {
		return fmt.Errorf("encode presentation: %w", err)
	}
	regime := cmp.Or(sub.Regime, t.s.opts.Deadlines.Regime)
	_, err = t.ExecContext(ctx, `
		INSERT INTO requests (id, reference, status, data_key, selectors, notes, sources, window_start, window_end,
			received_at, due_at, regime, mode, language, presentation, created_at, created_by, updated_at, labels, channel, callback_url)
		VALUES (?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, text(sub.Reference), t.s.master.Wrap(requestPlace("data_key", id), data), selectors, notes, string(sources),
		millis(sub.Window.Start), millis(sub.Window.End), sub.ReceivedAt.UnixMilli(),
		t.s.opts.Deadlines.At(dsr.Request{Regime: regime, ReceivedAt: sub.ReceivedAt}).UnixMilli(), regime, string(cmp.Or(sub.Mode, dsr.ModePackage)), sub.Language, string(presentation), t.now.UnixMilli(), by.ID, t.now.UnixMilli(), labels, text(string(sub.Channel)), callback)
	if err != nil {
		return fmt.Errorf("insert request: %w", err)
	}
	return t.storeAsked(ctx, id, sub.Selectors)
}

// labelsJSON are labels as they are stored: in the order of their names.
func labelsJSON(labels map[string]string) (string, error) {
	if len(labels) == 0 {
		return noLabels, nil
	}
	text, err := json.Marshal(labels)
	if err != nil {
		return "", fmt.Errorf("encode labels: %w", err)
	}
	return string(text), nil
}

// enqueuePlan has a request planned. Requests to other sources take turns with it.
func (t tx) enqueuePlan(ctx context.Context, id string, sources []string) error {
	line := sha256.Sum256([]byte(strings.Join(slices.Sorted(slices.Values(sources)), "\x00")))
	return jobs.Enqueue(ctx, t.Tx, t.now, jobs.Job{Kind: JobPlan, Key: id, Line: hex.EncodeToString(line[:])})
}

// today is the day of t's moment where due dates end.
func (t tx) today() dsr.Day { return t.s.opts.Deadlines.Day(t.now) }

// recordView writes one viewed event per principal, request and hour.
func (s *Store) recordView(ctx context.Context, by dsr.Principal, id string) error {
	hour := s.now().Unix() / 3600
	var seen int
	err := s.r.QueryRowContext(ctx, `SELECT count(*) FROM views WHERE request_id = ? AND principal = ? AND hour = ?`, id, by.ID, hour).Scan(&seen)
	if err != nil || seen > 0 {
		return err
	}
	return s.update(ctx, func(t tx) error {
		done, err := t.ExecContext(ctx, `
			INSERT INTO views (request_id, principal, hour)
			SELECT id, ?, ? FROM requests WHERE id = ? AND status <> 'purged' ON CONFLICT DO NOTHING`, by.ID, hour, id)
		if err != nil {
			return fmt.Errorf("record view: %w", err)
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return t.record(ctx, audit.Event{Kind: audit.RequestViewed, Actor: by.ID, Request: id})
	})
}

// Lookup returns the request for the program itself: it writes no event, and a purged
// request is what is left of it.
func (s *Store) Lookup(ctx context.Context, id string) (r dsr.Request, err error) {
	if _, err := uuid.Parse(id); err != nil {
		return r, notFound()
	}
	err = s.view(ctx, func(t tx) error {
		r, err = t.request(ctx, id)
		return err
	})
	return r, err
}

func notFound() error {
	return dsr.Errorf(dsr.NotFound, "not_found", "there is no such request")
}

// request reads the request with its progress.
func (t tx) request(ctx context.Context, id string) (dsr.Request, error) {
	r, _, err := t.requestAndProgress(ctx, id)
	return r, err
}

func (t tx) requestAndProgress(ctx context.Context, id string) (r dsr.Request, sources []dsr.SourceProgress, err error) {
	if r, err = t.requestRow(ctx, id); err != nil {
		return r, nil, err
	}
	all, err := t.progress(ctx, []string{id})
	if err != nil {
		return r, nil, err
	}
	r.Progress = dsr.ProgressOf(r, all[id], t.now)
	return r, all[id], nil
}

func (t tx) requestRow(ctx context.Context, id string) (dsr.Request, error) {
	r, err := t.scanRequest(t.QueryRowContext(ctx, `SELECT `+requestColumns+` FROM requests WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return r, notFound()
	}
	return r, err
}

// dataKey returns the request's data key, or Gone after a purge.
func (t tx) dataKey(ctx context.Context, id string) (k seal.Key, err error) {
	if k, known := t.keys[id]; known {
		return k, nil
	}
	var wrapped []byte
	err = t.QueryRowContext(ctx, `SELECT data_key FROM requests WHERE id = ?`, id).Scan(&wrapped)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return k, notFound()
	case err != nil:
		return k, fmt.Errorf("read data key: %w", err)
	case wrapped == nil:
		return k, dsr.Errorf(dsr.Gone, "purged", "the request has been purged")
	}
	return t.s.master.Unwrap(requestPlace("data_key", id), wrapped)
}

// LastLanguage implements ui.Service: ids rise with time.
func (s *Store) LastLanguage(ctx context.Context, by dsr.Principal) (language string, err error) {
	err = s.r.QueryRowContext(ctx, `
		SELECT coalesce((SELECT language FROM requests WHERE id = (
			SELECT max(id) FROM requests INDEXED BY requests_worklists WHERE `+everyRow+` AND created_by = ?)), '')`, by.ID).Scan(&language)
	if err != nil {
		return "", fmt.Errorf("look up the last language: %w", err)
	}
	return language, nil
}

package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// JobPlan and its kin are the kinds of jobs the store enqueues; cmd gives each a handler.
const (
	JobPlan    = "plan"    // key: request id
	JobLane    = "lane"    // key: the vendor's host
	JobPackage = "package" // key: request id
)

// Submit implements api.Service: request, audit event and job in one transaction.
func (s *Store) Submit(ctx context.Context, call dsr.Call, sub dsr.Submission) (r dsr.Request, err error) {
	id := newID()
	err = s.update(ctx, func(t tx) error {
		earlier, err := t.replayed(ctx, call)
		if err != nil || earlier != "" {
			id = earlier
			return err
		}
		if err := t.mayOpenOneMore(ctx); err != nil {
			return err
		}
		if err := t.insertRequest(ctx, id, call.By.ID, sub); err != nil {
			return err
		}
		if err := t.record(ctx, audit.Event{Kind: audit.RequestSubmitted, Actor: call.By.ID, Request: id}); err != nil {
			return err
		}
		if err := t.enqueue(ctx, JobPlan, id); err != nil {
			return err
		}
		return t.remember(ctx, call, id)
	})
	if err != nil {
		return r, translate(err)
	}
	s.opts.Woken()
	return s.Lookup(ctx, id)
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

func (t tx) insertRequest(ctx context.Context, id, by string, sub dsr.Submission) error {
	if err := t.referenceIsFree(ctx, sub.Reference); err != nil {
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
	sources, err := json.Marshal(sub.Sources)
	if err != nil {
		return fmt.Errorf("encode sources: %w", err)
	}
	presentation, err := json.Marshal(t.s.opts.Presentation.For(sub.Sources))
	if err != nil {
		return fmt.Errorf("encode presentation: %w", err)
	}
	_, err = t.ExecContext(ctx, `
		INSERT INTO requests (id, reference, status, data_key, selectors, notes, sources, window_start, window_end,
			received_at, due_at, language, presentation, created_at, created_by, updated_at)
		VALUES (?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, text(sub.Reference), t.s.master.Wrap(requestPlace("data_key", id), data), selectors, notes, string(sources),
		millis(sub.Window.Start), millis(sub.Window.End), sub.ReceivedAt.UnixMilli(),
		dsr.DueAt(sub.ReceivedAt, t.s.opts.Location).UnixMilli(), sub.Language, string(presentation), t.now.UnixMilli(), by, t.now.UnixMilli())
	if err != nil {
		return fmt.Errorf("insert request: %w", err)
	}
	return nil
}

func (t tx) referenceIsFree(ctx context.Context, reference string) error {
	if reference == "" {
		return nil
	}
	var id string
	err := t.QueryRowContext(ctx, `SELECT id FROM requests WHERE reference = ?`, reference).Scan(&id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("look up reference: %w", err)
	}
	e := dsr.Errorf(dsr.Conflict, "duplicate_reference", "another request has this reference; see existing_id")
	e.Field, e.ID = "reference", id
	return e
}

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

const requestColumns = `id, coalesce(reference, ''), status, complete, data_key, selectors, notes, sources, window_start, window_end,
	received_at, due_at, extended, answered_at, as_of, language, created_at, created_by, updated_at, coalesce(error_code, ''),
	coalesce(error_detail, ''), archive_size, archive_sha256, archive_expires_at, downloads, conversations, messages, near_misses,
	extension_reason, hold_reason, held_at, coalesce(held_by, ''), presentation, warnings,
	version, prior_size, prior_sha256, prior_expires_at, prior_downloads`

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

// scanRequest reads one row of requestColumns and unseals it.
func (t tx) scanRequest(row interface{ Scan(...any) error }) (r dsr.Request, err error) {
	var dataKey, sum []byte
	var sealed sealedRequest
	var sources, code, detail string
	var complete sql.NullBool
	var start, end, answered, asOf, size, expires, held sql.NullInt64
	var heldBy, presentation string
	var received, due, created, updated int64
	var found dsr.Result
	archive, prior := dsr.ArchiveInfo{}, dsr.ArchiveInfo{}
	var priorSize, priorExpires sql.NullInt64
	var priorSum []byte
	err = row.Scan(&r.ID, &r.Reference, &r.Status, &complete, &dataKey, &sealed.selectors, &sealed.notes, &sources, &start, &end,
		&received, &due, &r.Extended, &answered, &asOf, &r.Language, &created, &r.CreatedBy, &updated, &code, &detail,
		&size, &sum, &expires, &archive.Downloads, &found.Conversations, &found.Messages, &found.NearMisses,
		&sealed.extension, &sealed.hold, &held, &heldBy, &presentation, &sealed.warnings,
		&r.Version, &priorSize, &priorSum, &priorExpires, &prior.Downloads)
	if err != nil {
		return r, err
	}
	r.Window = dsr.Window{Start: fromMillis(start), End: fromMillis(end)}
	r.ReceivedAt, r.DueAt = time.UnixMilli(received).UTC(), time.UnixMilli(due).UTC()
	r.CreatedAt, r.UpdatedAt = time.UnixMilli(created).UTC(), time.UnixMilli(updated).UTC()
	r.AnsweredAt, r.AsOf = fromMillis(answered), fromMillis(asOf)
	if held.Valid {
		r.Hold = &dsr.Hold{Since: fromMillis(held), By: heldBy}
	}
	if code != "" {
		r.Problem = &dsr.Problem{Code: code, Detail: detail}
	}
	if complete.Valid {
		r.Complete, r.Result = &complete.Bool, &found
	}
	if size.Valid {
		archive.Size, archive.SHA256, archive.ExpiresAt = size.Int64, hex.EncodeToString(sum), fromMillis(expires)
		found.Archive = &archive
	}
	if priorSize.Valid {
		prior.Size, prior.SHA256, prior.ExpiresAt = priorSize.Int64, hex.EncodeToString(priorSum), fromMillis(priorExpires)
		r.Released = &prior
	}
	if r.Status == dsr.Ready {
		r.Released = found.Archive
	}
	if err := json.Unmarshal([]byte(sources), &r.Sources); err != nil {
		return r, fmt.Errorf("decode sources of %s: %w", r.ID, err)
	}
	if err := json.Unmarshal([]byte(presentation), &r.Presentation); err != nil {
		return r, fmt.Errorf("decode presentation of %s: %w", r.ID, err)
	}
	return r, t.unsealRequest(&r, dataKey, sealed)
}

// sealedRequest holds the columns of a request that only its data key opens.
type sealedRequest struct{ selectors, notes, extension, hold, warnings []byte }

func (t tx) unsealRequest(r *dsr.Request, dataKey []byte, sealed sealedRequest) error {
	if dataKey == nil {
		return nil // purged: nothing is left to open
	}
	data, err := t.s.master.Unwrap(requestPlace("data_key", r.ID), dataKey)
	if err != nil {
		return err
	}
	if t.keys != nil {
		t.keys[r.ID] = data
	}
	if err := data.OpenJSON(requestPlace("selectors", r.ID), sealed.selectors, &r.Selectors); err != nil {
		return err
	}
	if err := data.OpenJSON(requestPlace("warnings", r.ID), sealed.warnings, &r.Warnings); err != nil {
		return err
	}
	texts := []sealedText{{"notes", sealed.notes, &r.Notes}, {"extension_reason", sealed.extension, &r.ExtensionReason}}
	if r.Hold != nil {
		texts = append(texts, sealedText{"hold_reason", sealed.hold, &r.Hold.Reason})
	}
	for _, text := range texts {
		plain, err := data.Open(requestPlace(text.column, r.ID), text.sealed)
		if err != nil {
			return err
		}
		*text.into = string(plain)
	}
	return nil
}

// sealedText is one sealed column of text and where it goes.
type sealedText struct {
	column string
	sealed []byte
	into   *string
}

func requestPlace(column, id string) seal.Place { return seal.At("requests", column, id) }

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

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// Drafts are no events of a request, so they write no audit event; sending one in does. All
// their times are by the newest moment known, so that a clock which is set back prolongs nothing.

// SaveDraft implements ui.Service: the draft as it stands now, and for a day from now. One
// that is not, or no longer, by's to change becomes another one.
func (s *Store) SaveDraft(ctx context.Context, by dsr.Principal, d dsr.Draft) (id string, err error) {
	err = s.update(ctx, func(t tx) error {
		old, err := t.draft(ctx, by, d.ID)
		if dsr.KindOf(err) == dsr.NotFound || err == nil && old.Sent() {
			old, err = dsr.Draft{ID: newID(), Request: d.Request}, t.roomForDraft(ctx, by)
		}
		if err != nil {
			return err
		}
		id = old.ID
		return t.storeDraft(ctx, by, dsr.Draft{ID: id, Body: d.Body, Request: old.Request})
	})
	return id, translate(err)
}

func (t tx) storeDraft(ctx context.Context, by dsr.Principal, d dsr.Draft) error {
	expires, key := t.latest.Add(dsr.DraftLife), seal.NewKey()
	_, err := t.ExecContext(ctx, `
		INSERT INTO drafts (id, owner, data_key, body, request_id, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
		ON CONFLICT (id) DO UPDATE SET data_key = ?3, body = ?4, expires_at = ?6`,
		d.ID, by.ID, t.s.master.Wrap(draftPlace("data_key", d.ID), key), key.Seal(draftPlace("body", d.ID), d.Body), text(d.Request), expires.UnixMilli())
	if err != nil {
		return fmt.Errorf("store draft: %w", err)
	}
	return t.sweepAt(ctx, expires)
}

// roomForDraft deletes the oldest drafts of somebody who has too many.
func (t tx) roomForDraft(ctx context.Context, by dsr.Principal) error {
	_, err := t.ExecContext(ctx, `
		DELETE FROM drafts WHERE id IN (SELECT id FROM drafts WHERE owner = ?1 ORDER BY expires_at DESC, id DESC LIMIT -1 OFFSET ?2)`, by.ID, dsr.MaxDrafts-1)
	if err != nil {
		return fmt.Errorf("make room for a draft: %w", err)
	}
	return nil
}

// Draft implements ui.Service. Somebody else's is not there, like one whose time is over.
func (s *Store) Draft(ctx context.Context, by dsr.Principal, id string) (d dsr.Draft, err error) {
	err = s.view(ctx, func(t tx) error {
		d, err = t.draft(ctx, by, id)
		return err
	})
	return d, err
}

func (t tx) draft(ctx context.Context, by dsr.Principal, id string) (dsr.Draft, error) {
	d := dsr.Draft{ID: id}
	var wrapped, body []byte
	err := t.QueryRowContext(ctx, `SELECT data_key, body, coalesce(request_id, '') FROM drafts WHERE id = ? AND owner = ? AND expires_at > ?`,
		id, by.ID, t.latest.UnixMilli()).Scan(&wrapped, &body, &d.Request)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return d, dsr.Errorf(dsr.NotFound, "not_found", "there is no such draft; drafts are kept for a day")
	case err != nil:
		return d, fmt.Errorf("read draft: %w", err)
	case wrapped == nil:
		return d, nil
	}
	key, err := t.s.master.Unwrap(draftPlace("data_key", id), wrapped)
	if err != nil {
		return d, err
	}
	d.Body, err = key.Open(draftPlace("body", id), body)
	return d, err
}

// SubmitDraft implements ui.Service: Submit, and in the same transaction what was typed is
// deleted. What is left of the draft leads to the request.
func (s *Store) SubmitDraft(ctx context.Context, call dsr.Call, draft string, sub dsr.Submission) (dsr.Request, error) {
	return s.submitAnd(ctx, call, sub, func(t tx, id string) error {
		return t.endDraft(context.WithoutCancel(ctx), call.By, draft, id)
	})
}

// endDraft deletes what was typed into a draft that became this request.
func (t tx) endDraft(ctx context.Context, by dsr.Principal, draft, request string) error {
	_, err := t.ExecContext(ctx, `UPDATE drafts SET data_key = NULL, body = NULL, request_id = ? WHERE id = ? AND owner = ?`, request, draft, by.ID)
	if err != nil {
		return fmt.Errorf("end draft: %w", err)
	}
	return nil
}

func draftPlace(column, id string) seal.Place { return seal.At("drafts", column, id) }

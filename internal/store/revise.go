package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	"dsr-server/internal/jobs"
)

// Revise implements api.Service: the request asks for something else, and the search
// begins anew. What was found for the old question goes; a released archive stays in force
// until another is released.
func (s *Store) Revise(ctx context.Context, call dsr.Call, id string, revise func(dsr.Request) (dsr.Submission, error)) (dsr.Request, error) {
	return s.reviseAnd(ctx, call, id, revise, func(tx) error { return nil })
}

// ReviseDraft implements ui.Service: Revise, and in the same transaction what was typed is
// deleted. What is left of the draft leads to the request.
func (s *Store) ReviseDraft(ctx context.Context, call dsr.Call, draft, id string, revise func(dsr.Request) (dsr.Submission, error)) (dsr.Request, error) {
	return s.reviseAnd(ctx, call, id, revise, func(t tx) error { return t.endDraft(ctx, call.By, draft, id) })
}

func (s *Store) reviseAnd(ctx context.Context, call dsr.Call, id string, revise func(dsr.Request) (dsr.Submission, error), more func(tx) error) (dsr.Request, error) {
	event := audit.Event{Kind: audit.RequestRevised, Data: map[string]string{}}
	return s.changeAs(ctx, call, id, event, func(t tx, r dsr.Request) error {
		if !r.Revisable() {
			return wrongStatus("revised", r.Status, "cancel it, or wait for its end")
		}
		sub, err := revise(r)
		if err != nil {
			return err
		}
		if err := t.referenceIsFreeFor(ctx, call.By, r); err != nil {
			return err
		}
		if err := t.runAgain(ctx, r); err != nil {
			return err
		}
		event.Data["changed"] = strings.Join(r.Differs(sub), " ")
		if err := t.askAnew(ctx, r, sub); err != nil {
			return err
		}
		return more(t)
	})
}

// askAnew replaces what a request asks for, of which nothing has been searched yet.
func (t tx) askAnew(ctx context.Context, r dsr.Request, sub dsr.Submission) error {
	if err := t.forgetFound(ctx, r.ID); err != nil {
		return err
	}
	if err := t.storeQuestion(ctx, r.ID, sub); err != nil {
		return err
	}
	if err := t.enqueuePlan(ctx, r.ID, sub.Sources); err != nil {
		return err
	}
	return t.sweepAt(ctx, t.now)
}

// forgetFound deletes what was found for a request and how it was searched for. Workers
// that still are at an earlier run of it lose their jobs, and cannot store anything.
func (t tx) forgetFound(ctx context.Context, id string) error {
	for _, table := range bulky {
		if _, err := t.ExecContext(ctx, `DELETE FROM `+table+` WHERE request_id = ?`, id); err != nil {
			return fmt.Errorf("forget %s: %w", table, err)
		}
	}
	if _, err := t.ExecContext(ctx, `DELETE FROM withheld WHERE request_id = ?`, id); err != nil {
		return fmt.Errorf("forget what is withheld: %w", err)
	}
	for _, kind := range ownJobs {
		if err := jobs.Withdraw(ctx, t.Tx, kind, id); err != nil {
			return err
		}
	}
	_, err := t.ExecContext(ctx, `
		UPDATE requests SET as_of = NULL, conversations = 0, messages = 0, near_misses = 0, archive_name = NULL, archive_identity = NULL,
			archive_size = NULL, archive_sha256 = NULL, archive_expires_at = NULL, ready_at = NULL, downloads = 0 WHERE id = ?`, id)
	if err != nil {
		return fmt.Errorf("forget the result: %w", err)
	}
	return nil
}

func (t tx) storeQuestion(ctx context.Context, id string, sub dsr.Submission) error {
	k, err := t.dataKey(ctx, id)
	if err != nil {
		return err
	}
	selectors, err := k.SealJSON(requestPlace("selectors", id), sub.Selectors)
	if err != nil {
		return err
	}
	sources, err := json.Marshal(sub.Sources)
	if err != nil {
		return fmt.Errorf("encode sources: %w", err)
	}
	presentation, err := json.Marshal(t.s.opts.Presentation.For(sub.Sources))
	if err != nil {
		return fmt.Errorf("encode presentation: %w", err)
	}
	_, err = t.ExecContext(ctx, `UPDATE requests SET selectors = ?, sources = ?, presentation = ?, window_start = ?, window_end = ? WHERE id = ?`,
		selectors, string(sources), string(presentation), millis(sub.Window.Start), millis(sub.Window.End), id)
	if err != nil {
		return fmt.Errorf("store what is asked for: %w", err)
	}
	return t.storeAsked(ctx, id, sub.Selectors)
}

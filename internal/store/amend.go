package store

import (
	"context"
	"fmt"
	"strings"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// Amend implements api.Service: what is kept about a request changes beside what is searched
// for. The deadline follows from it as from a submission.
func (s *Store) Amend(ctx context.Context, call dsr.Call, id string, c dsr.Change) (dsr.Request, error) {
	event := audit.Event{Kind: audit.RequestAmended, Data: map[string]string{"fields": strings.Join(c.Fields(), " ")}}
	return s.changeAs(ctx, call, id, event, func(t tx, r dsr.Request) error {
		after, err := c.Of(r, call.By, s.opts.Deadlines, t.now)
		if err != nil {
			return err
		}
		if c.Reference != nil {
			if err := t.referenceIsFreeFor(ctx, call.By, after); err != nil {
				return err
			}
		}
		if c.Assignee != nil {
			if err := t.mayBeAssigned(ctx, after.Assignee); err != nil {
				return err
			}
		}
		if err := t.storeParticulars(ctx, after); err != nil {
			return err
		}
		if after.Assignee != r.Assignee {
			if err := t.notify(ctx, dsr.MailAssigned, id, call.By.ID); err != nil {
				return err
			}
		}
		if !c.MovesDeadline() {
			return nil
		}
		if after.Regime != r.Regime {
			event.Data["regime_before"], event.Data["regime_after"] = r.Regime, after.Regime
		}
		return t.moveDeadline(ctx, after, event)
	})
}

// mayBeAssigned returns nil when somebody can sign in, or call, under the name; empty is
// nobody.
func (t tx) mayBeAssigned(ctx context.Context, name string) error {
	if name == "" {
		return nil
	}
	var known bool
	err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM people WHERE login = ?1 AND disabled = 0) OR EXISTS (SELECT 1 FROM tokens WHERE name = ?1)`, name).Scan(&known)
	if err != nil {
		return fmt.Errorf("look up who is assigned: %w", err)
	}
	if !known {
		return dsr.FieldErrorf("assignee", "is neither the login of an active account nor the name of a token; give one, or null for nobody")
	}
	return nil
}

func (t tx) storeParticulars(ctx context.Context, r dsr.Request) error {
	labels, err := labelsJSON(r.Labels)
	if err != nil {
		return err
	}
	k, err := t.dataKey(ctx, r.ID)
	if err != nil {
		return err
	}
	var identity []byte
	if r.Identity != nil {
		if identity, err = k.SealJSON(requestPlace("identity", r.ID), r.Identity); err != nil {
			return err
		}
	}
	_, err = t.ExecContext(ctx, `
		UPDATE requests SET reference = ?, received_at = ?, regime = ?, language = ?, labels = ?, assignee = ?, channel = ?, identity = ?, updated_at = ? WHERE id = ?`,
		text(r.Reference), r.ReceivedAt.UnixMilli(), r.Regime, r.Language, labels, text(r.Assignee), text(string(r.Channel)),
		identity, t.now.UnixMilli(), r.ID)
	if err != nil {
		return fmt.Errorf("store what is kept about a request: %w", err)
	}
	return nil
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// openAsks asks for what a search can have without a search, but for conversations that an
// earlier run has found.
func (t tx) openAsks(ctx context.Context, p dsr.SearchPlan) error {
	if len(p.Asks) == 0 || p.Ended {
		return nil
	}
	var open bool // an earlier run may have ended the search for good
	err := t.QueryRowContext(ctx, `SELECT state = 'open' FROM request_sources WHERE request_id = ? AND source = ?`, p.RequestID, p.Source).Scan(&open)
	if err != nil {
		return fmt.Errorf("read search: %w", err)
	}
	k, err := t.dataKey(ctx, p.RequestID)
	if err != nil || !open {
		return err
	}
	for _, q := range p.Asks {
		known, err := t.lookupFound(ctx, p.RequestID, dsr.Record{Source: p.Source, Kind: dsr.Conversation}, k.MAC("record", []byte(q.ID)))
		if err != nil {
			return err
		}
		if known.present {
			continue
		}
		if err := t.askMessages(ctx, p.RequestID, p.Source, q, p.PageSize); err != nil {
			return err
		}
	}
	return nil
}

// moveMessages puts messages into the conversations they turned out to belong to. The
// conversation takes over why they were found; a group that is left empty goes.
func (t tx) moveMessages(ctx context.Context, keys map[string]seal.Key, source string, moves []dsr.Move) error {
	for _, m := range moves {
		k, wanted := keys[m.RequestID]
		if !wanted {
			continue
		}
		if err := t.moveMessage(ctx, k, source, m); err != nil {
			return err
		}
	}
	return nil
}

func (t tx) moveMessage(ctx context.Context, k seal.Key, source string, m dsr.Move) error {
	message := dsr.Record{Source: source, Kind: dsr.Message, ID: m.MessageID}
	vendor, to := vendorKey(k, message), k.MAC("conversation", []byte(m.ConversationID))
	var id int64
	var from, why []byte
	err := t.QueryRowContext(ctx, `
		SELECT id, conversation_key, why FROM records WHERE request_id = ? AND source = ? AND kind = 'message' AND vendor_key = ?`,
		m.RequestID, source, vendor).Scan(&id, &from, &why)
	if errors.Is(err, sql.ErrNoRows) || err == nil && string(from) == string(to) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look up message: %w", err)
	}
	var reasons []dsr.Why
	if err := k.OpenJSON(recordPlace(m.RequestID, source, dsr.Message, vendor)("why"), why, &reasons); err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, `UPDATE records SET conversation_key = ? WHERE id = ?`, to, id); err != nil {
		return fmt.Errorf("move message: %w", err)
	}
	conversation := dsr.Record{Source: source, Kind: dsr.Conversation, ID: m.ConversationID, Why: reasons}
	if err := t.addWhy(ctx, k, m.RequestID, conversation); err != nil {
		return err
	}
	return t.dropEmpty(ctx, m.RequestID, source, from)
}

// dropEmpty deletes a conversation that holds nothing any more.
func (t tx) dropEmpty(ctx context.Context, request, source string, conversation []byte) error {
	_, err := t.ExecContext(ctx, `
		DELETE FROM records WHERE request_id = ?1 AND source = ?2 AND kind = 'conversation' AND conversation_key = ?3 AND NOT EXISTS (
			SELECT 1 FROM records WHERE request_id = ?1 AND source = ?2 AND kind = 'message' AND conversation_key = ?3)`,
		request, source, conversation)
	if err != nil {
		return fmt.Errorf("drop empty group: %w", err)
	}
	return nil
}

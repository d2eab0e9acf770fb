package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// openDirect begins the short cut of a part: the messages of each id are asked for
// first. An id that an earlier run has asked for is not asked for again.
func (t tx) openDirect(ctx context.Context, p dsr.Part) error {
	if p.Direct == nil || p.Ended {
		return nil
	}
	k, err := t.dataKey(ctx, p.RequestID)
	if err != nil {
		return err
	}
	for _, id := range p.Direct.IDs {
		done, err := t.ExecContext(ctx, `
			INSERT INTO part_ids (request_id, source, id_key, from_s) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			p.RequestID, p.Source, k.MAC("conversation", []byte(id)), p.Direct.Messages.Start)
		if err != nil {
			return fmt.Errorf("open short cut: %w", err)
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			continue
		}
		if err := t.askMessages(ctx, p.RequestID, p.Source, id, p.Direct.Messages, p.Direct.PageSize); err != nil {
			return err
		}
	}
	return nil
}

// askMessages puts a range of one conversation's messages in line.
func (t tx) askMessages(ctx context.Context, request, source, id string, reach dsr.Reach, perPage int) error {
	_, err := t.insertRange(ctx, dsr.Range{
		Source: source, Endpoint: dsr.Messages, ConversationID: id, Reach: reach, State: dsr.RangeWaiting,
		PerPage: perPage, Restarts: map[string]int{}, Requests: []string{request},
	})
	return err
}

// askMissing asks for the messages of a conversation just found, unless the short cut
// has asked for them: then only for what lies before it.
func (t tx) askMissing(ctx context.Context, k seal.Key, f dsr.Find, perPage int) error {
	reach := f.Messages
	var from int64
	var dropped bool
	err := t.QueryRowContext(ctx, `SELECT from_s, dropped FROM part_ids WHERE request_id = ? AND source = ? AND id_key = ?`,
		f.RequestID, f.Record.Source, k.MAC("conversation", []byte(f.Record.ID))).Scan(&from, &dropped)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return fmt.Errorf("read short cut: %w", err)
	case !dropped && reach.Start >= from:
		return nil
	case !dropped:
		reach.End = from
	}
	return t.askMessages(ctx, f.RequestID, f.Record.Source, f.Record.ID, reach, perPage)
}

// noteSeen marks the conversations of short cuts that a page showed.
func (t tx) noteSeen(ctx context.Context, keys map[string]seal.Key, p dsr.PageRead) error {
	for _, s := range p.Seen {
		k, wanted := keys[s.RequestID]
		if !wanted {
			continue
		}
		_, err := t.ExecContext(ctx, `UPDATE part_ids SET seen = 1 WHERE request_id = ? AND source = ? AND id_key = ?`,
			s.RequestID, p.Source, k.MAC("conversation", []byte(s.ConversationID)))
		if err != nil {
			return fmt.Errorf("note conversation: %w", err)
		}
	}
	return nil
}

// DropMessages gives up a short cut's range of messages, because the vendor does not
// know the conversation; the scan decides then.
func (w *Work) DropMessages(ctx context.Context, g dsr.Range) error {
	return w.step(ctx, func(t tx) error {
		k, err := t.dataKey(ctx, g.Requests[0])
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `UPDATE part_ids SET dropped = 1 WHERE request_id = ? AND source = ? AND id_key = ?`,
			g.Requests[0], g.Source, k.MAC("conversation", []byte(g.ConversationID)))
		if err != nil {
			return fmt.Errorf("drop short cut: %w", err)
		}
		if err := t.countPart(ctx, g.Requests[0], g.Source, g.Tally); err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, `DELETE FROM ranges WHERE id = ?`, g.ID); err != nil {
			return fmt.Errorf("drop range: %w", err)
		}
		return nil
	})
}

// addDirect reads how the short cuts of the parts stand, of all of them at once; nil of
// those that have none.
func (t tx) addDirect(ctx context.Context, parts []dsr.Part) error {
	if len(parts) == 0 {
		return nil
	}
	type partKey struct{ request, source string }
	at := map[partKey]*dsr.Part{}
	var ids []string
	for i, p := range parts {
		at[partKey{p.RequestID, p.Source}] = &parts[i]
		ids = append(ids, p.RequestID)
	}
	requests, err := json.Marshal(ids)
	if err != nil {
		return fmt.Errorf("encode ids: %w", err)
	}
	rows, err := t.QueryContext(ctx, `
		SELECT i.request_id, i.source, i.seen, min(r.sort_ns), max(r.sort_ns) FROM part_ids i
		LEFT JOIN records r ON r.request_id = i.request_id AND r.source = i.source AND r.kind = 'message' AND r.conversation_key = i.id_key
		WHERE i.request_id IN (SELECT value FROM json_each(?)) GROUP BY i.request_id, i.source, i.id_key`, string(requests))
	if err != nil {
		return fmt.Errorf("read short cuts: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var of partKey
		var seen bool
		var first, last sql.NullInt64
		if err := rows.Scan(&of.request, &of.source, &seen, &first, &last); err != nil {
			return fmt.Errorf("read short cut: %w", err)
		}
		if p := at[of]; p != nil {
			addID(p, seen, first, last)
		}
	}
	return rows.Err()
}

// addID adds one id that a part asks for, with the times of its messages.
func addID(p *dsr.Part, seen bool, first, last sql.NullInt64) {
	if p.Direct == nil {
		p.Direct = &dsr.Direct{}
	}
	if seen {
		return
	}
	p.Direct.Missing++
	if first.Valid {
		p.Direct.Traces = append(p.Direct.Traces, dsr.Span{Start: fromNanos(first), End: fromNanos(last)})
	}
}

// dropStray deletes messages that a short cut collected of conversations that turned
// out not to belong to the answer.
func (t tx) dropStray(ctx context.Context, request, source string) error {
	_, err := t.ExecContext(ctx, `
		DELETE FROM records WHERE request_id = ?1 AND source = ?2 AND kind = 'message' AND conversation_key NOT IN (
			SELECT conversation_key FROM records WHERE request_id = ?1 AND source = ?2 AND kind = 'conversation')`, request, source)
	if err != nil {
		return fmt.Errorf("drop stray messages: %w", err)
	}
	return nil
}

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

// openShortCut begins the short cut of a search: the messages of each id are asked for
// first. An id that an earlier run has asked for is not asked for again.
func (t tx) openShortCut(ctx context.Context, plan dsr.SearchPlan) error {
	if len(plan.ShortCut) == 0 || plan.Ended {
		return nil
	}
	k, err := t.dataKey(ctx, plan.RequestID)
	if err != nil {
		return err
	}
	for _, q := range plan.ShortCut {
		done, err := t.ExecContext(ctx, `
			INSERT INTO part_ids (request_id, source, id_key, from_s) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			plan.RequestID, plan.Source, k.MAC("conversation", []byte(q.ID)), q.Interval.Start)
		if err != nil {
			return fmt.Errorf("open short cut: %w", err)
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			continue
		}
		if err := t.askMessages(ctx, plan.RequestID, plan.Source, q, plan.PageSize); err != nil {
			return err
		}
	}
	return nil
}

// askMessages puts a unit of messages in line.
func (t tx) askMessages(ctx context.Context, request, source string, q dsr.MessageQuery, perPage int) error {
	_, err := t.insertUnit(ctx, dsr.Unit{
		Source: source, Kind: dsr.Pages, Endpoint: dsr.Messages, Query: q, Interval: q.Interval, State: dsr.UnitWaiting,
		PerPage: perPage, Requests: []string{request},
	})
	return err
}

// askNext asks for what a record leads to. Of the messages of a conversation that the
// short cut has asked for only what lies before is missing.
func (t tx) askNext(ctx context.Context, k seal.Key, f dsr.Find, q dsr.MessageQuery, perPage int) error {
	var from int64
	var dropped bool
	err := t.QueryRowContext(ctx, `SELECT from_s, dropped FROM part_ids WHERE request_id = ? AND source = ? AND id_key = ?`,
		f.RequestID, f.Record.Source, k.MAC("conversation", []byte(q.ID))).Scan(&from, &dropped)
	switch {
	case q.Kind != dsr.ByConversation, errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return fmt.Errorf("read short cut: %w", err)
	case !dropped && q.Interval.Start >= from:
		return nil
	case !dropped:
		q.Interval.End = from
	}
	return t.askMessages(ctx, f.RequestID, f.Record.Source, q, perPage)
}

// noteSeen marks the conversations of short cuts that a batch showed.
func (t tx) noteSeen(ctx context.Context, keys map[string]seal.Key, source string, seen []dsr.SeenConversation) error {
	for _, s := range seen {
		k, wanted := keys[s.RequestID]
		if !wanted {
			continue
		}
		_, err := t.ExecContext(ctx, `UPDATE part_ids SET seen = 1 WHERE request_id = ? AND source = ? AND id_key = ?`,
			s.RequestID, source, k.MAC("conversation", []byte(s.ConversationID)))
		if err != nil {
			return fmt.Errorf("note conversation: %w", err)
		}
	}
	return nil
}

// Drop gives up a unit of messages of a short cut, because the vendor does not know the
// conversation; the scan decides then. Of a conversation that has been seen meanwhile, or
// that was dropped before, nothing is dropped. u.Tally is what has been counted since the last commit.
func (w *Work) Drop(ctx context.Context, u dsr.Unit) (dropped bool, err error) {
	err = w.step(ctx, func(t tx) error {
		k, err := t.dataKey(ctx, ownerOf(u))
		if err != nil {
			return err
		}
		done, err := t.ExecContext(ctx, `UPDATE part_ids SET dropped = 1 WHERE request_id = ? AND source = ? AND id_key = ? AND dropped = 0 AND seen = 0`,
			ownerOf(u), u.Source, k.MAC("conversation", []byte(u.Query.ID)))
		if err != nil {
			return fmt.Errorf("drop short cut: %w", err)
		}
		n, err := done.RowsAffected()
		if dropped = n > 0; err != nil || !dropped {
			return err
		}
		if err := t.countFor(ctx, ownerOf(u), u.Source, u.Tally); err != nil {
			return err
		}
		return t.deleteUnit(ctx, u.ID)
	})
	return dropped, err
}

// addShortCuts reads how the short cuts of the searches stand, of all of them at once; nil of
// those that have none.
func (t tx) addShortCuts(ctx context.Context, searches []dsr.SourceSearch) error {
	if len(searches) == 0 {
		return nil
	}
	type searchKey struct{ request, source string }
	at := map[searchKey]*dsr.SourceSearch{}
	var ids []string
	for i, search := range searches {
		at[searchKey{search.RequestID, search.Source}] = &searches[i]
		ids = append(ids, search.RequestID)
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
		var of searchKey
		var seen bool
		var first, last sql.NullInt64
		if err := rows.Scan(&of.request, &of.source, &seen, &first, &last); err != nil {
			return fmt.Errorf("read short cut: %w", err)
		}
		if search := at[of]; search != nil {
			addID(search, seen, first, last)
		}
	}
	return rows.Err()
}

// addID adds one id that a search asks for, with the times of its messages.
func addID(search *dsr.SourceSearch, seen bool, first, last sql.NullInt64) {
	if search.ShortCut == nil {
		search.ShortCut = &dsr.ShortCut{}
	}
	if seen {
		return
	}
	search.ShortCut.Missing++
	if first.Valid {
		search.ShortCut.Traces = append(search.ShortCut.Traces, dsr.Span{Start: fromNanos(first), End: fromNanos(last)})
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

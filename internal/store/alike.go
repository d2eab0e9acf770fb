package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"dsr-server/internal/dsr"
)

// askedKey is a keyed hash of what a selector asks for, wherever and however it looks: the
// same for a value in one field as in any, and for an id that was given as a value.
func (t tx) askedKey(sel dsr.Selector) []byte {
	value := sel.ConversationID
	if sel.Metadata != nil {
		value = sel.Metadata.Value
	}
	return t.s.equal.MAC("asked value", []byte(dsr.FoldText(value)))[:16]
}

// storeAsked enters what a request asks for, in place of what it asked for before.
func (t tx) storeAsked(ctx context.Context, id string, selectors []dsr.Selector) error {
	if _, err := t.ExecContext(ctx, `DELETE FROM asked_values WHERE request_id = ?`, id); err != nil {
		return fmt.Errorf("store values asked for: %w", err)
	}
	for _, sel := range selectors {
		_, err := t.ExecContext(ctx, `INSERT INTO asked_values (value_key, request_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, t.askedKey(sel), id)
		if err != nil {
			return fmt.Errorf("store values asked for: %w", err)
		}
	}
	return nil
}

// mostAlike is how many earlier requests are told.
const mostAlike = 20

// Alike implements ui.Service: the requests that ask for any of these, the newest first.
func (s *Store) Alike(ctx context.Context, selectors []dsr.Selector) (out []dsr.Alike, err error) {
	err = s.view(ctx, func(t tx) error {
		out, err = t.alike(ctx, selectors)
		return err
	})
	return out, err
}

func (t tx) alike(ctx context.Context, selectors []dsr.Selector) (out []dsr.Alike, err error) {
	asked := map[string][]int{} // which selectors, by the hash of their value
	keys := []string{}
	for i, sel := range selectors {
		key := hex.EncodeToString(t.askedKey(sel))
		asked[key], keys = append(asked[key], i), append(keys, key)
	}
	list, err := json.Marshal(keys)
	if err != nil {
		return nil, fmt.Errorf("encode values: %w", err)
	}
	rows, err := t.QueryContext(ctx, `
		SELECT r.id, coalesce(r.reference, ''), r.status, r.received_at, group_concat(lower(hex(a.value_key)))
		FROM asked_values a JOIN requests r ON r.id = a.request_id
		WHERE a.value_key IN (SELECT unhex(value) FROM json_each(?)) GROUP BY r.id ORDER BY r.id DESC LIMIT ?`, string(list), mostAlike)
	if err != nil {
		return nil, fmt.Errorf("look for requests alike: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var a dsr.Alike
		var received int64
		var shared string
		if err := rows.Scan(&a.Request, &a.Reference, &a.Status, &received, &shared); err != nil {
			return nil, fmt.Errorf("look for requests alike: %w", err)
		}
		a.ReceivedAt, a.Values = time.UnixMilli(received).UTC(), sharedOf(asked, shared)
		out = append(out, a)
	}
	return out, rows.Err()
}

// sharedOf are the selectors with these hashes, in their order.
func sharedOf(asked map[string][]int, hashes string) (out []int) {
	for key := range strings.SplitSeq(hashes, ",") {
		out = append(out, asked[key]...)
	}
	slices.Sort(out)
	return out
}

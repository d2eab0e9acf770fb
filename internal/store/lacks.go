package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// storeLacks notes of conversations that are kept what is missing of them.
func (t tx) storeLacks(ctx context.Context, keys map[string]seal.Key, source string, all []dsr.Lacking) error {
	for _, l := range all {
		k, wanted := keys[l.RequestID]
		if !wanted {
			continue
		}
		conversation := k.MAC("conversation", []byte(l.ConversationID))
		for _, code := range l.Codes {
			if err := t.storeLack(ctx, l.RequestID, source, conversation, code, -1); err != nil {
				return err
			}
		}
		if l.Taken != nil {
			if err := t.storeLack(ctx, l.RequestID, source, conversation, dsr.ReasonFewer, *l.Taken); err != nil {
				return err
			}
		}
	}
	return nil
}

// storeLack notes one thing that is missing of a conversation, if that counts more messages than
// so many.
func (t tx) storeLack(ctx context.Context, id, source string, conversation []byte, code string, taken int64) error {
	_, err := t.ExecContext(ctx, `
		UPDATE records SET lacks = lacks || ?1 || ' '
		WHERE request_id = ?2 AND source = ?3 AND kind = 'conversation' AND conversation_key = ?4 AND counted > ?5 AND instr(lacks, ?1 || ' ') = 0`,
		code, id, source, conversation, taken)
	if err != nil {
		return fmt.Errorf("note what is missing: %w", err)
	}
	return nil
}

// Lacking counts the conversations found for a request of which something is known to be
// missing, by the code of the reason.
func (s *Store) Lacking(ctx context.Context, id, source string) (counts map[string]int64, err error) {
	err = s.view(ctx, func(t tx) error {
		for _, code := range dsr.LackCodes {
			var n int64
			err := t.QueryRowContext(ctx, `
				SELECT count(*) FROM records WHERE request_id = ? AND source = ? AND kind = 'conversation' AND lacks <> '' AND instr(lacks, ? || ' ') > 0`,
				id, source, code).Scan(&n)
			if err != nil {
				return fmt.Errorf("count what is missing: %w", err)
			}
			dsr.Count(&counts, code, n)
		}
		return nil
	})
	return counts, err
}

// namesLacking reads of which conversations something is missing. It looks through what was found
// only of searches that have ended for such a reason.
func (t tx) namesLacking(ctx context.Context, snap *dsr.Snapshot) (err error) {
	for _, search := range snap.Searches {
		if !slices.ContainsFunc(search.Reasons, func(why dsr.Reason) bool { return slices.Contains(dsr.LackCodes, why.Code) }) {
			continue
		}
		all, err := t.lacking(ctx, snap.Request.ID, search.Source)
		if err != nil {
			return err
		}
		if len(all) > 0 {
			if snap.Lacking == nil {
				snap.Lacking = map[string][]dsr.Lacking{}
			}
			snap.Lacking[search.Source] = all
		}
	}
	return nil
}

func (t tx) lacking(ctx context.Context, id, source string) (all []dsr.Lacking, err error) {
	k, err := t.dataKey(ctx, id)
	if err != nil {
		return nil, err
	}
	rows, err := t.QueryContext(ctx, `
		SELECT vendor_key, vendor_id, lacks FROM records
		WHERE request_id = ? AND source = ? AND kind = 'conversation' AND lacks <> '' ORDER BY id LIMIT ?`, id, source, dsr.MaxLacking)
	if err != nil {
		return nil, fmt.Errorf("read what is missing: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var vendor, sealed []byte
		var codes string
		if err := rows.Scan(&vendor, &sealed, &codes); err != nil {
			return nil, fmt.Errorf("read what is missing: %w", err)
		}
		conversation, err := k.Open(recordPlace(id, source, dsr.Conversation, vendor)("vendor_id"), sealed)
		if err != nil {
			return nil, err
		}
		all = append(all, dsr.Lacking{RequestID: id, ConversationID: string(conversation), Codes: strings.Fields(codes)})
	}
	return all, rows.Err()
}

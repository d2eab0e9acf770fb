package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// Commit stores one batch and everything that follows from it: the unit as it stands
// after it, the counters, what was found for each request that is still running, and the
// units that finds lead to. It returns the requests that still need the unit; none means
// that reading on would be for nobody, and nothing was stored.
func (w *Work) Commit(ctx context.Context, c dsr.Commit) (needed []string, err error) {
	err = w.step(ctx, func(t tx) error {
		if needed, err = t.neededBy(ctx, c.Unit.ID); err != nil || len(needed) == 0 {
			return err
		}
		if err := t.advance(ctx, c.Unit); err != nil {
			return err
		}
		if err := t.storeLinks(ctx, c); err != nil {
			return err
		}
		if err := t.storeFinds(ctx, c, needed); err != nil {
			return err
		}
		if err := t.closeQuery(ctx, c.Unit, needed[0]); err != nil {
			return err
		}
		return t.noteGood(ctx, c.Unit)
	})
	return needed, err
}

// noteGood notes that the vendor gave a page. A page under way ends no snooze.
func (t tx) noteGood(ctx context.Context, u dsr.Unit) error {
	if u.Kind != dsr.Pages || u.State == dsr.UnitFailed {
		return nil
	}
	_, err := t.ExecContext(ctx, `
		INSERT INTO source_states (source, last_good_at) VALUES (?1, ?2)
		ON CONFLICT (source) DO UPDATE SET last_good_at = ?2, snoozes = 0,
			snoozed_until = CASE WHEN snoozed_until > ?2 THEN snoozed_until END`, u.Source, t.now.UnixMilli())
	if err != nil {
		return fmt.Errorf("note good page: %w", err)
	}
	return nil
}

func (t tx) advance(ctx context.Context, u dsr.Unit) error {
	cursor, hash, err := t.sealPosition(ctx, u)
	if err != nil {
		return err
	}
	tally, err := t.mergedTally(ctx, "units", "id = ?", u.Tally, u.ID)
	if err != nil {
		return err
	}
	faults, err := json.Marshal(append([]dsr.Reason{}, u.Faults...))
	if err != nil {
		return fmt.Errorf("encode faults: %w", err)
	}
	shown, err := json.Marshal(u.Shown)
	if err != nil {
		return fmt.Errorf("encode what a unit has shown: %w", err)
	}
	var verify dsr.Verification
	if u.Position.Verify != nil {
		verify = *u.Position.Verify
	}
	verifies := u.Position.Verify != nil && u.State == dsr.UnitReading
	_, err = t.ExecContext(ctx, `
		UPDATE units SET state = ?2, cursor = ?3, verify_start = ?4, verify_end = ?5, verify_completes = ?6,
			text_offset = ?7, taken = ?8, lines = ?9, hash = ?10, sha256 = ?11, pages = ?12, records = ?13, first_ms = ?14, last_ms = ?15,
			longest_ms = ?16, chain = ?17, tally = ?18, faults = ?19, unread = ?20, ended_at = ?21, shown = ?22
		WHERE id = ?1`,
		u.ID, string(u.State), cursor, number(verify.Interval.Start, verifies), number(verify.Interval.End, verifies), sql.NullBool{Bool: verify.Completes, Valid: verifies},
		u.Position.Offset, u.Position.Taken, u.Position.Lines, hash, u.SHA256, u.Pages, u.Records, millis(u.First), millis(u.Last),
		u.Longest.Milliseconds(), u.Digest, tally, string(faults), u.Unread, number(t.now.UnixMilli(), !u.Open()), string(shown))
	if err != nil {
		return fmt.Errorf("advance unit: %w", err)
	}
	return nil
}

// sealPosition seals where reading goes on; of a unit that has ended there is nothing.
func (t tx) sealPosition(ctx context.Context, u dsr.Unit) (cursor, hash []byte, err error) {
	if u.State != dsr.UnitReading || u.Kind == dsr.File && len(u.Position.Hash) == 0 {
		return nil, nil, nil
	}
	k, err := t.unitKey(ctx, u)
	if err != nil {
		return nil, nil, err
	}
	if u.Kind == dsr.File {
		return nil, k.Seal(unitPlace("hash", u.ID), u.Position.Hash), nil
	}
	return k.Seal(unitPlace("cursor", u.ID), []byte(u.Position.Cursor)), nil, nil
}

// closeQuery drops a unit of messages asked for by id that was read to its end: the
// coverage counts the calls of messages together, and open units stay few.
func (t tx) closeQuery(ctx context.Context, u dsr.Unit, request string) error {
	if u.State != dsr.UnitDone || u.Query.Kind == "" {
		return nil
	}
	var tally dsr.Tally
	var encoded string
	if err := t.QueryRowContext(ctx, `SELECT tally FROM units WHERE id = ?`, u.ID).Scan(&encoded); err != nil {
		return fmt.Errorf("read tally: %w", err)
	}
	if err := decodeTally(encoded, &tally); err != nil {
		return err
	}
	if err := t.countFor(ctx, request, u.Source, tally); err != nil {
		return err
	}
	return t.deleteUnit(ctx, u.ID)
}

func (t tx) storeFinds(ctx context.Context, c dsr.Commit, needed []string) error {
	keys, err := t.dataKeys(ctx, needed)
	if err != nil {
		return err
	}
	source := c.Unit.Source
	if err := t.noteSeen(ctx, keys, source, c.Seen); err != nil {
		return err
	}
	for id, tally := range c.Own {
		if _, wanted := keys[id]; !wanted {
			continue
		}
		if err := t.countFor(ctx, id, source, tally); err != nil {
			return err
		}
	}
	for _, f := range c.Finds {
		k, wanted := keys[f.RequestID]
		if !wanted {
			continue
		}
		if err := t.storeFind(ctx, k, c.PageSize, f); err != nil {
			return err
		}
	}
	if err := t.storeLacks(ctx, keys, source, c.Lacks); err != nil {
		return err
	}
	if err := t.storeNear(ctx, keys, source, c.Near, c.Untold); err != nil {
		return err
	}
	return t.moveMessages(ctx, keys, source, c.Moves)
}

// dataKeys returns the data key of each request.
func (t tx) dataKeys(ctx context.Context, ids []string) (map[string]seal.Key, error) {
	keys := make(map[string]seal.Key, len(ids))
	for _, id := range ids {
		k, err := t.dataKey(ctx, id)
		if err != nil {
			return nil, err
		}
		keys[id] = k
	}
	return keys, nil
}

package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// units returns units with what is sealed of them.
func (t tx) units(ctx context.Context, where string, args ...any) ([]dsr.Unit, error) {
	units, sealed, err := t.sealedUnits(ctx, where, args...)
	if err != nil {
		return nil, err
	}
	return units, t.unsealUnits(ctx, units, sealed)
}

// sealedUnits is units without what only a key opens, which it returns beside them.
func (t tx) sealedUnits(ctx context.Context, where string, args ...any) (units []dsr.Unit, sealed []sealedUnit, err error) {
	rows, err := t.QueryContext(ctx, `
		SELECT u.id, u.source, u.kind, u.endpoint, u.state, u.restarts, coalesce(u.start_s, 0), coalesce(u.end_s, 0), coalesce(u.per_page, 0),
			coalesce(u.query_kind, ''), u.query_id, u.cursor, u.verify_start, u.verify_end, u.verify_completes,
			coalesce(u.name, ''), coalesce(u.size, 0), coalesce(u.modified_ns, 0), coalesce(u.inode, 0), u.text_offset, u.taken, u.lines, u.hash, u.sha256,
			u.pages, u.records, u.first_ms, u.last_ms, u.longest_ms, u.chain, u.tally, u.faults, u.unread, u.shown, u.probe, u.created_at,
			(SELECT group_concat(request_id) FROM unit_requests m WHERE m.unit_id = u.id)
		FROM units u WHERE `+where+` ORDER BY u.source, u.kind, u.start_s, u.endpoint, u.name, u.id`, args...)
	if err != nil {
		return nil, nil, fmt.Errorf("read units: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		u, s, err := scanUnit(rows)
		if err != nil {
			return nil, nil, err
		}
		units, sealed = append(units, u), append(sealed, s)
	}
	if err := rows.Err(); err != nil {
		return nil, nil, fmt.Errorf("read units: %w", err)
	}
	return units, sealed, nil
}

// sealedUnit holds the columns of a unit that only a key opens.
type sealedUnit struct{ query, cursor, hash []byte }

func (s sealedUnit) empty() bool { return s.query == nil && s.cursor == nil && s.hash == nil }

func scanUnit(rows *sql.Rows) (u dsr.Unit, s sealedUnit, err error) {
	var first, last, verifyStart, verifyEnd sql.NullInt64
	var completes sql.NullBool
	var modified, inode, longest, created int64
	var restarts, tally, faults, shown, requests string
	err = rows.Scan(&u.ID, &u.Source, &u.Kind, &u.Endpoint, &u.State, &restarts, &u.Interval.Start, &u.Interval.End, &u.PerPage,
		&u.Query.Kind, &s.query, &s.cursor, &verifyStart, &verifyEnd, &completes,
		&u.File.Name, &u.File.Size, &modified, &inode, &u.Position.Offset, &u.Position.Taken, &u.Position.Lines, &s.hash, &u.SHA256,
		&u.Pages, &u.Records, &first, &last, &longest, &u.Digest, &tally, &faults, &u.Unread, &shown, &u.Probe, &created, &requests)
	if err != nil {
		return u, s, fmt.Errorf("read unit: %w", err)
	}
	u.Begun, u.Requests = time.UnixMilli(created).UTC(), strings.Split(requests, ",")
	u.First, u.Last, u.Longest = fromMillis(first), fromMillis(last), time.Duration(longest)*time.Millisecond
	if u.Kind == dsr.File {
		u.File.Modified, u.File.Inode = time.Unix(0, modified).UTC(), uint64(inode) //nolint:gosec // G115: as it was stored
	}
	if verifyStart.Valid {
		u.Position.Verify = &dsr.Verification{Interval: dsr.Interval{Start: verifyStart.Int64, End: verifyEnd.Int64}, Completes: completes.Bool}
	}
	if err := json.Unmarshal([]byte(restarts), &u.Restarts); err != nil {
		return u, s, fmt.Errorf("decode restarts: %w", err)
	}
	if err := json.Unmarshal([]byte(faults), &u.Faults); err != nil {
		return u, s, fmt.Errorf("decode faults: %w", err)
	}
	if err := json.Unmarshal([]byte(shown), &u.Shown); err != nil {
		return u, s, fmt.Errorf("decode what a unit has shown: %w", err)
	}
	return u, s, decodeTally(tally, &u.Tally)
}

func (t tx) unsealUnits(ctx context.Context, units []dsr.Unit, sealed []sealedUnit) error {
	keys := map[string]seal.Key{}
	for i := range units {
		u := &units[i]
		if sealed[i].empty() {
			continue
		}
		owner := ownerOf(*u)
		k, known := keys[owner]
		if !known {
			var err error
			if k, err = t.unitKey(ctx, *u); err != nil {
				return err
			}
			keys[owner] = k
		}
		if err := openUnit(k, u, sealed[i]); err != nil {
			return err
		}
	}
	return nil
}

func openUnit(k seal.Key, u *dsr.Unit, s sealedUnit) error {
	query, err := k.Open(unitPlace("query_id", u.ID), s.query)
	if err != nil {
		return err
	}
	cursor, err := k.Open(unitPlace("cursor", u.ID), s.cursor)
	if err != nil {
		return err
	}
	hash, err := k.Open(unitPlace("hash", u.ID), s.hash)
	u.Query.ID, u.Position.Cursor, u.Position.Hash = string(query), string(cursor), hash
	return err
}

func unitPlace(column string, id int64) seal.Place {
	return seal.At("units", column, strconv.FormatInt(id, 10))
}

// ownerOf is whose key a unit's columns are sealed under: the request's where it asks for
// the messages of something that was found, else the source's.
func ownerOf(u dsr.Unit) string {
	if u.Query.Kind != "" {
		return u.Requests[0]
	}
	return u.Source
}

// unitKey is the key of a unit that is stored.
func (t tx) unitKey(ctx context.Context, u dsr.Unit) (seal.Key, error) {
	if u.Query.Kind != "" {
		return t.dataKey(ctx, ownerOf(u))
	}
	return t.knownSourceKey(ctx, u.Source)
}

func (t tx) knownSourceKey(ctx context.Context, source string) (k seal.Key, err error) {
	var wrapped []byte
	if err := t.QueryRowContext(ctx, `SELECT data_key FROM source_keys WHERE source = ?`, source).Scan(&wrapped); err != nil {
		return k, fmt.Errorf("read source key: %w", err)
	}
	return t.s.master.Unwrap(seal.At("source_keys", "data_key", source), wrapped)
}

// sourceKey is the source's own key, made when it does not exist yet.
func (t tx) sourceKey(ctx context.Context, source string) (seal.Key, error) {
	fresh := t.s.master.Wrap(seal.At("source_keys", "data_key", source), seal.NewKey())
	_, err := t.ExecContext(ctx, `INSERT INTO source_keys (source, data_key) VALUES (?, ?) ON CONFLICT DO NOTHING`, source, fresh)
	if err != nil {
		return seal.Key{}, fmt.Errorf("store source key: %w", err)
	}
	return t.knownSourceKey(ctx, source)
}

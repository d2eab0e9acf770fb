package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"

	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// Contents yields the records found for one request, in the archive's order; it
// implements archive.Contents. Records are read and unsealed one at a time, so memory
// grows by a few bytes for each conversation and for each message of the longest.
type Contents struct {
	s  *Store
	id string
}

// Contents returns what has been found for the request.
func (s *Store) Contents(id string) Contents { return Contents{s, id} }

// Conversations yields by (start, id).
func (c Contents) Conversations(ctx context.Context, source string) iter.Seq2[dsr.Record, error] {
	return c.records(ctx, source, dsr.Conversation, "")
}

// Messages yields those of one conversation by (time, id); those without a readable time
// come last, in the source's order.
func (c Contents) Messages(ctx context.Context, source, conversationID string) iter.Seq2[dsr.Record, error] {
	return c.records(ctx, source, dsr.Message, conversationID)
}

func (c Contents) records(ctx context.Context, source string, kind dsr.RecordKind, conversation string) iter.Seq2[dsr.Record, error] {
	return func(yield func(dsr.Record, error) bool) {
		err := c.s.reading(ctx, c.id, source, kind, func(r reading) error {
			entries, err := r.entries(ctx, conversation)
			if err != nil {
				return err
			}
			for _, e := range entries {
				rec, err := r.record(ctx, e.row)
				if kind == dsr.Message {
					rec.ConversationID = conversation
				}
				if !yield(rec, err) || err != nil {
					return nil
				}
			}
			return nil
		})
		if err != nil {
			yield(dsr.Record{}, err)
		}
	}
}

// FoundConversations returns the ids of the conversations found for a request.
func (s *Store) FoundConversations(ctx context.Context, id, source string) (ids []string, err error) {
	err = s.reading(ctx, id, source, dsr.Conversation, func(r reading) error {
		entries, err := r.entries(ctx, "")
		for _, e := range entries {
			rec, err := r.record(ctx, e.row)
			if err != nil {
				return err
			}
			if rec.ID != "" {
				ids = append(ids, rec.ID)
			}
		}
		return err
	})
	return ids, err
}

// reading reads records of one kind within one view of the database.
type reading struct {
	tx
	key             seal.Key
	request, source string
	kind            dsr.RecordKind
	one             *sql.Stmt // a record by its row
}

func (s *Store) reading(ctx context.Context, request, source string, kind dsr.RecordKind, f func(reading) error) error {
	return s.view(ctx, func(t tx) error { return t.reading(ctx, request, source, kind, f) })
}

func (t tx) reading(ctx context.Context, request, source string, kind dsr.RecordKind, f func(reading) error) error {
	k, err := t.dataKey(ctx, request)
	if err != nil {
		return err
	}
	one, err := t.PrepareContext(ctx, `SELECT vendor_key, vendor_id, body, why, sort_ns, seen_ns FROM records WHERE id = ?`)
	if err != nil {
		return fmt.Errorf("read records: %w", err)
	}
	defer func() { _ = one.Close() }()
	return f(reading{t, k, request, source, kind, one})
}

// entry is a record's row and its place in time. Ids order only what has the same time;
// of many conversations they would be most of the memory, so they are not kept.
type entry struct{ row, sort int64 }

// noTime puts records without a time last.
const noTime = math.MaxInt64

// entries are the records in order: by time, then by id, then by content.
func (r reading) entries(ctx context.Context, conversation string) ([]entry, error) {
	query, args := `SELECT id, coalesce(sort_ns, ?) FROM records WHERE request_id = ? AND source = ? AND kind = ?`,
		[]any{int64(noTime), r.request, r.source, string(r.kind)}
	if r.kind == dsr.Message {
		query, args = query+` AND conversation_key = ?`, append(args, r.key.MAC("conversation", []byte(conversation)))
	}
	rows, err := r.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read records: %w", err)
	}
	defer rows.Close()
	var entries []entry
	for rows.Next() {
		var e entry
		if err := rows.Scan(&e.row, &e.sort); err != nil {
			return nil, fmt.Errorf("read record: %w", err)
		}
		entries = append(entries, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read records: %w", err)
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.sort, b.sort) })
	return entries, r.breakTies(ctx, entries)
}

// breakTies orders records of the same time.
func (r reading) breakTies(ctx context.Context, entries []entry) error {
	for n := 0; len(entries) > 0; entries = entries[n:] {
		for n = 1; n < len(entries) && entries[n].sort == entries[0].sort; n++ {
		}
		if n == 1 {
			continue
		}
		if err := r.orderByID(ctx, entries[:n]); err != nil {
			return err
		}
		if r.kind == dsr.Message {
			if err := r.orderByPlace(ctx, entries[:n]); err != nil {
				return err
			}
		}
	}
	return nil
}

// orderByPlace orders as the source did what has no time, and what stood in one record.
func (r reading) orderByPlace(ctx context.Context, entries []entry) error {
	places := make(map[int64]dsr.SourceOrder, len(entries))
	for _, e := range entries {
		var at dsr.SourceOrder
		if err := r.QueryRowContext(ctx, `SELECT place_unit, place FROM records WHERE id = ?`, e.row).Scan(&at.Unit, &at.Number); err != nil {
			return fmt.Errorf("read record: %w", err)
		}
		if places[e.row] = at; at.Unit != dsr.InRecord && e.sort != noTime {
			return nil
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(places[a.row].Unit, places[b.row].Unit), cmp.Compare(places[a.row].Number, places[b.row].Number))
	})
	return nil
}

// orderByID orders by id, and by content what has none: never by arrival, which two
// searches need not have in common.
func (r reading) orderByID(ctx context.Context, entries []entry) error {
	names := make(map[int64][2]string, len(entries))
	for _, e := range entries {
		rec, err := r.record(ctx, e.row)
		if err != nil {
			return err
		}
		name := [2]string{rec.ID}
		if rec.ID == "" {
			name[1] = string(rec.Raw)
		}
		names[e.row] = name
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(names[a.row][0], names[b.row][0]), cmp.Compare(names[a.row][1], names[b.row][1]))
	})
	return nil
}

func (r reading) record(ctx context.Context, row int64) (dsr.Record, error) {
	rec := dsr.Record{Source: r.source, Kind: r.kind}
	var vendor, id, body, why []byte
	var sort, seen sql.NullInt64
	if err := r.one.QueryRowContext(ctx, row).Scan(&vendor, &id, &body, &why, &sort, &seen); err != nil {
		return rec, fmt.Errorf("read record: %w", err)
	}
	at := recordPlace(r.request, r.source, r.kind, vendor)
	id, err := r.key.Open(at("vendor_id"), id)
	if err != nil {
		return rec, err
	}
	rec.ID = string(id)
	if rec.Raw, err = r.key.Open(at("body"), body); err != nil {
		return rec, err
	}
	if r.kind == dsr.Message {
		rec.Time = fromNanos(sort)
		return rec, nil
	}
	rec.ConversationID, rec.Start, rec.LastAction = rec.ID, fromNanos(sort), fromNanos(seen)
	return rec, r.key.OpenJSON(at("why"), why, &rec.Why)
}

// eachMessage calls f for each message of a conversation.
func (t tx) eachMessage(ctx context.Context, id string, conversation dsr.Record, f func(dsr.Record) error) error {
	if conversation.ID == "" {
		return nil
	}
	return t.reading(ctx, id, conversation.Source, dsr.Message, func(rd reading) error {
		entries, err := rd.entries(ctx, conversation.ID)
		if err != nil {
			return err
		}
		for _, e := range entries {
			rec, err := rd.record(ctx, e.row)
			if err != nil {
				return err
			}
			rec.ConversationID = conversation.ID
			if err := f(rec); err != nil {
				return err
			}
		}
		return nil
	})
}

// conversationKey names a conversation where it is on record that somebody read it, and where
// something of it is withheld.
func conversationKey(k seal.Key, source, conversation string) []byte {
	return k.MAC("reading", []byte(strconv.Itoa(len(source))+" "+source+conversation))[:16]
}

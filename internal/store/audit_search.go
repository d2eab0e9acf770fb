package store

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// AuditPage implements ui.Service: a page of the events that the query selects, the newest
// first. That the log was read is put on record, once per principal and hour.
func (s *Store) AuditPage(ctx context.Context, by dsr.Principal, q dsr.AuditQuery) (page dsr.AuditPage, err error) {
	if err := s.recordReadOf(ctx, by, audit.AuditRead); err != nil {
		return page, translate(err)
	}
	err = s.view(ctx, func(t tx) error {
		page, err = t.auditPage(ctx, q)
		return err
	})
	return page, err
}

// AuditLines hands over every event that the query selects, the newest first, until an error
// of each. It reads page by page, so that whoever takes them slowly keeps no old state of the
// database from being let go.
func (s *Store) AuditLines(ctx context.Context, by dsr.Principal, q dsr.AuditQuery, each func(dsr.AuditLine) error) error {
	q.Limit = auditAtOnce
	for {
		page, err := s.AuditPage(ctx, by, q)
		if err != nil {
			return err
		}
		for _, line := range page.Lines {
			if err := each(line); err != nil {
				return err
			}
			q.Before = dsr.AuditPlace{At: line.At, Index: line.Index}
		}
		if !page.More {
			return nil
		}
	}
}

// auditAtOnce is how many events are read in one transaction.
const auditAtOnce = 1000

func (t tx) auditPage(ctx context.Context, q dsr.AuditQuery) (page dsr.AuditPage, err error) {
	if page.Size, err = t.auditSize(ctx); err != nil {
		return page, err
	}
	var events []audit.Event
	for found, err := range t.auditFound(ctx, q) {
		if err != nil {
			return page, err
		}
		if len(events) == q.Limit {
			page.More = true
			break
		}
		events = append(events, found.event)
		page.Lines = append(page.Lines, dsr.AuditLine{Index: found.index, Request: found.event.Request, Reference: found.reference, Leaf: string(found.leaf)})
	}
	history, err := t.historyOf(ctx, events, true)
	for i := range history {
		page.Lines[i].HistoryEvent = history[i]
	}
	return page, err
}

// foundEvent is one row of a search, read.
type foundEvent struct {
	index     int64
	event     audit.Event
	leaf      []byte
	reference string
}

// auditFound reads one row more than asked, which tells whether there is a next page. There is
// an index for each way to ask, so that the time to answer does not grow with the log.
func (t tx) auditFound(ctx context.Context, q dsr.AuditQuery) iter.Seq2[foundEvent, error] {
	return func(yield func(foundEvent, error) bool) {
		where, args := auditWhere(q)
		rows, err := t.QueryContext(ctx, `SELECT e.idx, e.leaf, coalesce(r.reference, '') FROM audit_events e INDEXED BY `+auditIndex(q)+`
			LEFT JOIN requests r ON r.id = e.request_id WHERE `+where+` ORDER BY e.at DESC, e.idx DESC LIMIT ?`, append(args, q.Limit+1)...)
		if err != nil {
			yield(foundEvent{}, fmt.Errorf("search audit events: %w", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var f foundEvent
			err := rows.Scan(&f.index, &f.leaf, &f.reference)
			if err == nil {
				_, f.event, err = audit.ParseLeaf(f.leaf)
			}
			if !yield(f, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(foundEvent{}, fmt.Errorf("search audit events: %w", err))
		}
	}
}

func auditIndex(q dsr.AuditQuery) string {
	switch {
	case q.Requests != nil:
		return "audit_events_by_request"
	case q.Actor != "" && q.Kind != "":
		return "audit_events_by_actor"
	case q.Actor != "":
		return "audit_events_of_actor"
	case q.Kind != "":
		return "audit_events_by_kind"
	}
	return "audit_events_by_time"
}

func auditWhere(q dsr.AuditQuery) (string, []any) {
	where, args := []string{`e.at >= ?`}, []any{max(0, q.From.UnixMilli())}
	add := func(condition string, values ...any) {
		where, args = append(where, condition), append(args, values...)
	}
	if q.Requests != nil {
		add(`e.request_id IN (`+strings.TrimSuffix(strings.Repeat("?,", len(q.Requests)), ",")+`)`, anys(q.Requests)...)
	}
	if q.Actor != "" {
		add(`e.actor = ?`, q.Actor)
	}
	if q.Kind != "" {
		add(`e.kind = ?`, q.Kind)
	}
	if !q.Until.IsZero() {
		add(`e.at < ?`, q.Until.UnixMilli())
	}
	if !q.Before.At.IsZero() {
		add(`(e.at, e.idx) < (?, ?)`, q.Before.At.UnixMilli(), q.Before.Index)
	}
	return strings.Join(where, " AND "), args
}

func anys(texts []string) []any {
	out := make([]any, len(texts))
	for i, text := range texts {
		out[i] = text
	}
	return out
}

// RequestsCalled are the ids of the requests with this reference, in any case, or this id;
// also of those that were deleted, which have no reference any more.
func (s *Store) RequestsCalled(ctx context.Context, name string) (ids []string, err error) {
	err = s.view(ctx, func(t tx) error {
		ids, err = t.ids(ctx, `SELECT id FROM requests INDEXED BY requests_worklists WHERE `+everyRow+` AND (id = ? OR lower(reference) IN (?, ?)) LIMIT 50`, called(name)...)
		return err
	})
	return ids, err
}

// AuditActors are the people and tokens that the log speaks of; names are those of now. The
// index is read from one to the next, because there are few of them and many events.
func (s *Store) AuditActors(ctx context.Context) (actors []dsr.Principal, err error) {
	err = s.view(ctx, func(t tx) error {
		who, err := t.whoIs(ctx)
		if err != nil {
			return err
		}
		for _, kind := range []string{"user", "token"} {
			ids, err := t.ids(ctx, `
				WITH RECURSIVE a (id) AS (
					SELECT min(actor) FROM audit_events WHERE actor >= ?1 AND actor < ?2
					UNION ALL SELECT (SELECT min(actor) FROM audit_events WHERE actor > a.id AND actor < ?2) FROM a WHERE a.id IS NOT NULL)
				SELECT id FROM a WHERE id IS NOT NULL`, kind+":", kind+";") // a semicolon follows the colon
			if err != nil {
				return err
			}
			for _, id := range ids {
				actors = append(actors, dsr.Principal{ID: id, Name: who[id].name, Role: dsr.Role(who[id].role)})
			}
		}
		actors = append(actors, dsr.Principal{ID: audit.System, Name: audit.System}, dsr.Principal{ID: audit.Unknown})
		return nil
	})
	return actors, err
}

// RecordCheckpoint puts on record that by takes a checkpoint away.
func (s *Store) RecordCheckpoint(ctx context.Context, by dsr.Principal) error {
	return s.recordAlone(ctx, audit.Event{Kind: audit.CheckpointTaken, Actor: by.ID})
}

// CheckpointKept implements ui.Service.
func (s *Store) CheckpointKept(ctx context.Context) (kept dsr.KeptCheckpoint, err error) {
	err = s.view(ctx, func(t tx) error {
		page, err := t.auditPage(ctx, dsr.AuditQuery{Kind: string(audit.CheckpointTaken), Limit: 1})
		if err != nil || len(page.Lines) == 0 {
			return err
		}
		last := page.Lines[0]
		kept = dsr.KeptCheckpoint{At: last.At, Name: last.Name, Size: last.Index + 1}
		return nil
	})
	return kept, err
}

package store

import (
	"context"
	"fmt"
	"strconv"

	"dsr-server/internal/audit"
)

// metaNoteRows is the row of meta that an upgrade leaves: what there is stands in the log
// without its facts.
const metaNoteRows = "note_rows"

// noteRows puts on record, once after such an upgrade, how every row stands.
func (s *Store) noteRows(ctx context.Context) error {
	due, err := s.meta(ctx, metaNoteRows)
	if err != nil || due == nil {
		return err
	}
	return s.update(ctx, func(t tx) error {
		if _, err := t.ExecContext(ctx, `DELETE FROM meta WHERE name = ?`, metaNoteRows); err != nil {
			return fmt.Errorf("note rows: %w", err)
		}
		silent, err := t.silentRows(ctx)
		if err != nil || len(silent) == 0 {
			return err
		}
		if err := t.record(ctx, audit.Event{Kind: audit.RowsNoted, Actor: audit.System, Data: map[string]string{"rows": strconv.Itoa(len(silent))}}); err != nil {
			return err
		}
		for _, e := range silent {
			if err := t.record(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

// silentRows are the events that say how those rows stand of which none says it.
func (t tx) silentRows(ctx context.Context) (events []audit.Event, err error) {
	var ledger audit.Ledger
	for row, err := range t.auditRows(ctx, `ORDER BY idx`) {
		if err != nil {
			return nil, err
		}
		if _, e, err := audit.ParseLeaf(row.Leaf); err == nil { // one that is altered is named elsewhere
			ledger.Add(e)
		}
	}
	for noun, note := range map[audit.Noun]func(id string) audit.Event{
		audit.RequestRow: func(id string) audit.Event { return audit.Event{Kind: audit.RequestNoted, Request: id} },
		audit.PersonRow: func(id string) audit.Event {
			return audit.Event{Kind: audit.PersonNoted, Data: map[string]string{"person": id}}
		},
		audit.TokenRow: func(id string) audit.Event {
			return audit.Event{Kind: audit.TokenNoted, Data: map[string]string{"token": id}}
		},
	} {
		ids, err := t.ids(ctx, `SELECT `+factIDs[noun]+` FROM (`+factQueries[noun]+`) ORDER BY 1`)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			if !ledger.Knows(audit.Subject{Noun: noun, ID: id}) {
				e := note(id)
				e.Actor = audit.System
				events = append(events, e)
			}
		}
	}
	return events, nil
}

package store

import (
	"context"
	"fmt"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	"dsr-server/internal/seal"
)

// AddNote implements api.Service.
func (s *Store) AddNote(ctx context.Context, call dsr.Call, id, text string) (note dsr.Note, err error) {
	if err := dsr.CheckNote(text); err != nil {
		return note, err
	}
	note = dsr.Note{ID: newID(), Text: text, By: call.By.ID}
	added := false
	event := audit.Event{Kind: audit.NoteAdded, Data: map[string]string{"note": note.ID}}
	_, err = s.changeAs(ctx, call, id, event, func(t tx, _ dsr.Request) error {
		added, note.At = true, t.now
		return t.insertNote(ctx, id, note)
	})
	if err != nil || added {
		return note, err
	}
	return s.noteAddedBefore(ctx, id, note)
}

func (t tx) insertNote(ctx context.Context, id string, note dsr.Note) error {
	var notes int
	if err := t.QueryRowContext(ctx, `SELECT count(*) FROM notes WHERE request_id = ?`, id).Scan(&notes); err != nil {
		return fmt.Errorf("count notes: %w", err)
	}
	if notes >= dsr.MaxNotes {
		return dsr.Errorf(dsr.Conflict, "too_many_notes", "the request has %d notes, which is the limit; it is fixed, keep the rest elsewhere", notes)
	}
	k, err := t.dataKey(ctx, id)
	if err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, `INSERT INTO notes (id, request_id, text, created_at, created_by) VALUES (?, ?, ?, ?, ?)`,
		note.ID, id, k.Seal(notePlace(note.ID), []byte(note.Text)), note.At.UnixMilli(), note.By)
	if err != nil {
		return fmt.Errorf("store note: %w", err)
	}
	return nil
}

// noteAddedBefore is what an earlier call with the same idempotency key has added.
func (s *Store) noteAddedBefore(ctx context.Context, id string, again dsr.Note) (dsr.Note, error) {
	notes, err := s.notes(ctx, id)
	for _, n := range notes {
		if n.By == again.By && n.Text == again.Text {
			again = n
		}
	}
	return again, err
}

// Notes implements api.Service: the earliest first.
func (s *Store) Notes(ctx context.Context, by dsr.Principal, id string) ([]dsr.Note, error) {
	if _, err := s.Viewed(ctx, by, id, s.Glance); err != nil {
		return nil, err
	}
	return s.notes(ctx, id)
}

func (s *Store) notes(ctx context.Context, id string) (notes []dsr.Note, err error) {
	err = s.view(ctx, func(t tx) error {
		k, err := t.dataKey(ctx, id)
		if err != nil {
			return err
		}
		notes, err = t.openNotes(ctx, k, id)
		return err
	})
	return notes, err
}

func (t tx) openNotes(ctx context.Context, k seal.Key, id string) (notes []dsr.Note, err error) {
	rows, err := t.QueryContext(ctx, `SELECT id, text, created_at, created_by FROM notes WHERE request_id = ? ORDER BY rowid`, id)
	if err != nil {
		return nil, fmt.Errorf("read notes: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var n dsr.Note
		var sealed []byte
		var at int64
		if err := rows.Scan(&n.ID, &sealed, &at, &n.By); err != nil {
			return nil, fmt.Errorf("read note: %w", err)
		}
		plain, err := k.Open(notePlace(n.ID), sealed)
		if err != nil {
			return nil, err
		}
		n.Text, n.At = string(plain), time.UnixMilli(at).UTC()
		notes = append(notes, n)
	}
	return notes, rows.Err()
}

func notePlace(id string) seal.Place { return seal.At("notes", "text", id) }

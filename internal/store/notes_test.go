package store

import (
	"testing"

	"dsr-server/internal/dsr"
)

func TestNotesAreSealedAndGoWithTheRequest(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	ctx := t.Context()
	id := l.submit("one")
	_, err := l.s.AddNote(ctx, byAdmin, id, "Eve called back")
	l.must(err)
	l.grep("Eve called back", false)
	l.tampered = true
	if _, err := l.s.w.ExecContext(ctx, `UPDATE notes SET created_by = 'user:mallory'`); err == nil {
		t.Error("a note was changed")
	}
	_, err = l.s.w.ExecContext(ctx, `INSERT INTO notes (id, request_id, text, created_at, created_by)
		WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i, ?, x'', 0, 'a' FROM n`, dsr.MaxNotes, id)
	l.must(err)
	if _, err := l.s.AddNote(ctx, byAdmin, id, "one more"); l.code(err) != "too_many_notes" {
		t.Errorf("beyond the limit: %v", err)
	}
	_, err = l.s.Purge(ctx, byAdmin, id)
	l.must(err)
	l.ownsNothing(id)
	if _, err := l.s.Notes(ctx, admin, id); l.code(err) != "purged" {
		t.Errorf("the notes of a purged request: %v", err)
	}
}

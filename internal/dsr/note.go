package dsr

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Note is what somebody of the staff wrote down during the work on a request. It stays as
// it was written.
type Note struct {
	ID   string
	Text string
	At   time.Time
	By   string // principal, as in Principal.ID
}

// MaxNotes bounds the notes of one request.
const MaxNotes = 500

// CheckNote returns an *Error about the field text.
func CheckNote(text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return FieldErrorf("text", "is empty or white space; write the note")
	case utf8.RuneCountInString(text) > MaxNoteRunes:
		return TooLong("text", MaxNoteRunes, "characters")
	}
	return nil
}

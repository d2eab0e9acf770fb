package dsr

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Selector says which conversations belong to the data subject: exactly one of its
// fields is set. The selectors of a request are any-of. The JSON form is the one of
// the REST API and of the archive's manifest.
type Selector struct {
	ConversationID string    `json:"conversation_id,omitempty"`
	Metadata       *Metadata `json:"metadata,omitempty"`
}

// Metadata selects by a value in a conversation's metadata.
type Metadata struct {
	// Key is the object keys from the metadata root joined by "."; empty or "*" is any path.
	Key   string `json:"key"`
	Value string `json:"value"`
	Match Match  `json:"match"`
	// Region says where a phone number without a country code is dialled (ISO 3166);
	// empty: the source's. Phone only.
	Region string `json:"region,omitempty"`
}

// AnyPath reports whether the selector looks at every path.
func (m Metadata) AnyPath() bool { return m.Key == "" || m.Key == "*" }

// Match is how a value is compared with a leaf of the metadata.
type Match string

const (
	// Exact: equal, code point for code point.
	Exact Match = "exact"
	// Normalized: equal after Fold. The default.
	Normalized Match = "normalized"
	// Contains: the folded value occurs in the folded leaf.
	Contains Match = "contains"
	// Phone: the same phone number, however it is written. After Submission.Validate the
	// value is in the form of E164.
	Phone Match = "phone"
)

// Matches are the match modes that can be asked for.
var Matches = []Match{Exact, Normalized, Contains, Phone}

// Limits on what a submission may hold.
const (
	MaxSelectors      = 100
	MaxValueBytes     = 1 << 10
	MaxKeyBytes       = 1 << 10
	MaxReferenceRunes = 200
	MaxNotesBytes     = 16 << 10
)

var foldCase = cases.Fold()

// Fold is the form in which Normalized and Contains compare:
// trim(NFKC(casefold(NFKC(s)))), where trim takes off Unicode white space, last.
func Fold(s string) string {
	folded := strings.Map(cherokee, foldCase.String(norm.NFKC.String(s)))
	return strings.TrimSpace(norm.NFKC.String(folded))
}

// cherokee mends the one script that golang.org/x/text folds in both directions, so
// that its upper and lower case would never meet: Unicode's CaseFolding.txt folds the
// small letters to the capital ones, and those to themselves.
func cherokee(r rune) rune {
	switch {
	case r >= 0xAB70 && r <= 0xABBF:
		return r - 0xAB70 + 0x13A0
	case r >= 0x13F8 && r <= 0x13FD:
		return r - 8
	}
	return r
}

// check returns the first thing wrong with the selector, or nil; it sets the
// default match mode.
func (s *Selector) check(field string) *Error {
	switch {
	case s.ConversationID != "" && s.Metadata != nil:
		return FieldErrorf(field, "give either conversation_id or metadata, not both; use two selectors for any-of")
	case s.ConversationID != "":
		return checkValue(field+".conversation_id", s.ConversationID)
	case s.Metadata == nil:
		return FieldErrorf(field, "a selector needs a conversation_id or a metadata value that is not empty")
	}
	m := s.Metadata
	if m.Match == "" {
		m.Match = Normalized
	}
	if err := m.Match.check(field + ".metadata.match"); err != nil {
		return err
	}
	if len(m.Key) > MaxKeyBytes {
		return TooLong(field+".metadata.key", MaxKeyBytes, "bytes")
	}
	if !utf8.ValidString(m.Key) {
		return FieldErrorf(field+".metadata.key", "is not valid UTF-8")
	}
	return checkValue(field+".metadata.value", m.Value)
}

func checkValue(field, value string) *Error {
	switch {
	case len(value) > MaxValueBytes:
		return TooLong(field, MaxValueBytes, "bytes")
	case !utf8.ValidString(value) || strings.ContainsRune(value, utf8.RuneError):
		return FieldErrorf(field, "is not valid UTF-8 or contains the replacement character U+FFFD")
	case Fold(value) == "":
		return FieldErrorf(field, "is empty or white space; give the value to search for")
	}
	return nil
}

func (m Match) check(field string) *Error {
	names := make([]string, len(Matches))
	for i, known := range Matches {
		if m == known {
			return nil
		}
		names[i] = string(known)
	}
	return FieldErrorf(field, "unknown match mode; use one of: %s", strings.Join(names, ", "))
}

// Masked returns a copy that shows a list's reader which kind of selector it is,
// and no more than its first character.
func (s Selector) Masked() Selector {
	if s.Metadata == nil {
		return Selector{ConversationID: mask(s.ConversationID)}
	}
	m := *s.Metadata
	m.Value = mask(m.Value)
	return Selector{Metadata: &m}
}

func mask(v string) string {
	r, size := utf8.DecodeRuneInString(v)
	if size == 0 || len(v) == size {
		return "•••"
	}
	return string(r) + "•••"
}

// String shows the masked form, so that a selector that strays into a log says nothing.
func (s Selector) String() string {
	m := s.Masked()
	if m.Metadata == nil {
		return "conversation_id=" + m.ConversationID
	}
	return fmt.Sprintf("metadata[%s]=%s", m.Metadata.Key, m.Metadata.Value)
}

package dsr

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Selector says which conversations belong to the data subject: exactly one of its
// fields is set. The selectors of a request are any-of. The JSON form is the one of
// the REST API and of the archive's manifest.
type Selector struct {
	ConversationID string    `json:"conversation_id,omitempty"`
	Metadata       *Metadata `json:"metadata,omitempty"`
	// Identifier is what somebody typed, in a submission that is not validated yet:
	// Submission.Validate puts the selectors in its place that its shape asks for.
	Identifier string `json:"-"`
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
	// Contains: the folded value, of at least MinContains characters, occurs in the folded leaf.
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
	MinContains       = 4 // characters of a folded value; shorter ones stand in every other text
	MaxValueBytes     = 1 << 10
	MaxKeyBytes       = 1 << 10
	MaxReferenceRunes = 200
	MaxNotesBytes     = 16 << 10
)

// clean takes off what was typed or pasted along with a value: white space and what cannot
// be seen (invisible and control characters) at its ends, and the latter inside as well,
// unless it is compared character for character.
func (s *Selector) clean() {
	s.ConversationID = typed(trimInvisible(s.ConversationID))
	if m := s.Metadata; m != nil {
		m.Value = trimInvisible(m.Value)
		if m.Match != Exact {
			m.Value = typed(m.Value)
		}
	}
}

// check records what is wrong with the selector and sets the default match mode.
func (s *Selector) check(field string, f *Faults) {
	given := *s
	s.clean()
	if s.ConversationID == "" && given.ConversationID != "" && s.Metadata == nil {
		f.Add(field+".conversation_id", FaultEmptyValue)
		return
	}
	switch {
	case s.ConversationID != "" && s.Metadata != nil:
		f.Add(field, FaultTwoKinds)
	case s.ConversationID != "":
		checkValue(field+".conversation_id", s.ConversationID, f)
	case s.Metadata == nil:
		f.Add(field, FaultEmptySelector)
	default:
		s.Metadata.check(field+".metadata", f)
	}
}

func (m *Metadata) check(field string, f *Faults) {
	if m.Match == "" {
		m.Match = Normalized
	}
	if !slices.Contains(Matches, m.Match) {
		f.Add(field+".match", FaultUnknownMatch, matchNames())
	}
	if len(m.Key) > MaxKeyBytes {
		f.Add(field+".key", FaultTooLong, MaxKeyBytes, "bytes")
	}
	if !utf8.ValidString(m.Key) {
		f.Add(field+".key", FaultNotText)
	}
	checkValue(field+".value", m.Value, f)
	if m.Match == Contains && utf8.RuneCountInString(FoldText(m.Value)) < MinContains {
		f.Add(field+".value", FaultShortContains, MinContains)
	}
}

func checkValue(field, value string, f *Faults) {
	switch {
	case len(value) > MaxValueBytes:
		f.Add(field, FaultTooLong, MaxValueBytes, "bytes")
	case !utf8.ValidString(value) || strings.ContainsRune(value, utf8.RuneError):
		f.Add(field, FaultBrokenText)
	case Fold(value) == "":
		f.Add(field, FaultEmptyValue)
	}
}

func matchNames() string {
	names := make([]string, len(Matches))
	for i, m := range Matches {
		names[i] = string(m)
	}
	return strings.Join(names, ", ")
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

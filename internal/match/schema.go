package match

import (
	"slices"
	"strings"
	"sync"
)

// Schema says where the records of a source hold what a search needs to know. It is the
// source's to give: this package knows no vendor's names.
type Schema struct{ Conversation, Message Fields }

// Fields names the fields of one kind of record. Each is a path from the top of the
// record: one key, or several joined by dots. An empty path is a field that this kind
// does not have.
type Fields struct {
	ID           string
	Conversation string // the id of the conversation that a message is part of
	Start        string
	LastAction   string
	Time         string
	// Metadata is the top-level key of what selectors search; WholeRecord for all of it.
	Metadata string
	// Sender is who a record is from, and SenderName their name, where every usual record
	// tells both (rule Q29).
	Sender, SenderName string
	// Foreign is a field that only records of the other kind have. One that has it and no
	// time of this kind's is one of them.
	Foreign string
	// Evidence is what a record of this kind has at least one of, beside its id. Without
	// any, it was not understood.
	Evidence []string
}

// WholeRecord, as Fields.Metadata, has selectors search the record itself.
const WholeRecord = "*"

// maxNames is how many top-level keys a schema may speak of.
const maxNames = 12

// schema is Fields made ready for walking: every top-level key that a field begins with
// has a number, from 1.
type schema struct {
	names    []string
	id, conv fieldRef
	start    fieldRef
	last     fieldRef
	time     fieldRef
	metadata fieldRef
	sender   fieldRef
	name     fieldRef
	foreign  fieldRef
	evidence []fieldRef
	whole    bool
	others   region // of top-level keys that the schema does not speak of
	fields   Fields
}

// fieldRef is a field: the number of its top-level key, and what finds each key of the path
// below it.
type fieldRef struct {
	path   string
	number int // 0: there is no such field
	below  []*Matcher
}

func newSchema(f Fields) *schema {
	s := &schema{fields: f, whole: f.Metadata == WholeRecord}
	s.id, s.conv = s.ref(f.ID), s.ref(f.Conversation)
	s.start, s.last, s.time = s.ref(f.Start), s.ref(f.LastAction), s.ref(f.Time)
	s.foreign = s.ref(f.Foreign)
	s.sender, s.name = s.ref(f.Sender), s.ref(f.SenderName)
	if !s.whole {
		s.metadata = s.ref(f.Metadata)
	}
	for _, path := range f.Evidence {
		s.evidence = append(s.evidence, s.ref(path))
	}
	if len(s.names) > maxNames {
		panic("match: a schema speaks of more top-level keys than maxNames")
	}
	return s
}

func (s *schema) ref(path string) fieldRef {
	if path == "" {
		return fieldRef{}
	}
	name, rest, _ := strings.Cut(path, ".")
	i := slices.Index(s.names, name)
	if i < 0 {
		i = len(s.names)
		s.names = append(s.names, name)
	}
	ref := fieldRef{path: path, number: i + 1}
	for rest != "" {
		name, rest, _ = strings.Cut(rest, ".")
		ref.below = append(ref.below, finder(name))
	}
	return ref
}

// finders are kept: schemas have few names, and a matcher is large.
var finders sync.Map // by key: *Matcher

// finder is a matcher whose schema has the key for an id.
func finder(key string) *Matcher {
	if m, ok := finders.Load(key); ok {
		return m.(*Matcher)
	}
	m, _ := finders.LoadOrStore(key, reading(Fields{ID: key}))
	return m.(*Matcher)
}

// role is what a top-level key of a record is for.
type role struct {
	number  uint8  // of the key, or 0
	region  region // of its value
	oddCase bool   // the key differs from the schema's in case only
}

// roleOf finds the role of a top-level key. One in another case than the schema's is
// taken for it all the same.
func (s *schema) roleOf(name []byte) role {
	r := role{region: elsewhere}
	for i, known := range s.names {
		if string(name) == known {
			r.number, r.oddCase = uint8(i+1), false
			break
		}
		if len(name) == len(known) && strings.EqualFold(string(name), known) {
			r.number, r.oddCase = uint8(i+1), true
		}
	}
	switch n := int(r.number); {
	case n == 0 && !s.whole:
		r.region = s.others
	case s.whole || n != 0 && n == s.metadata.number:
		r.region = searched
	case n != 0 && n == s.id.number && s.id.below == nil:
		r.region = identity
	case n != 0 && n == s.foreign.number:
		r.region = s.others
	}
	return r
}

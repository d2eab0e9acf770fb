package match

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"dsr-server/internal/record"
)

// Schema says where the records of a source hold what a search needs to know. It is the
// source's to give: this package knows no vendor's names.
type Schema struct{ Conversation, Message Fields }

// Fields says where one kind of record has its fields. A path without steps is a field that
// this kind does not have. Check tells whether they can be searched.
type Fields struct {
	ID           record.Path
	Conversation record.Path // the id of the conversation that a message is part of
	Start        record.Path
	LastAction   record.Path
	Time         record.Path
	// Metadata is what selectors search. Their keys count from the end of each path; a path
	// without steps is the whole record.
	Metadata []record.Path
	// NotAsked says that ID is nothing that people ask for: selectors of conversation ids
	// do not look at it.
	NotAsked bool
	// Sender is who a record is from, and SenderName their name, where every usual record
	// tells both (rule Q29).
	Sender, SenderName record.Path
	// Foreign is a field that only records of the other kind have. One that has it and no
	// time of this kind's is one of them.
	Foreign record.Path
	// Evidence is what a record of this kind has at least one of, beside its id. Without
	// any, it was not understood. Of a path with * it is what stands before that.
	Evidence []record.Path
}

// Whole reports whether selectors search all of a record.
func (f Fields) Whole() bool {
	return slices.ContainsFunc(f.Metadata, func(p record.Path) bool { return len(p) == 0 })
}

// Check says, without a name of the record's, why records with such fields cannot be searched;
// nil: they can.
func (f Fields) Check() error { return newSchema(f, outside).fault }

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
	sender   fieldRef
	name     fieldRef
	foreign  fieldRef
	evidence []fieldRef
	whole    bool
	flat     bool    // what is told apart from the rest stands at the top
	places   []place // the record itself is the last
	others   region  // of top-level keys that the schema does not speak of
	idPath   string
	fields   Fields
	fault    error
}

// fieldRef is a field: the number of its top-level key, and what finds each key of the path
// below it.
type fieldRef struct {
	path   string
	number int  // 0: there is no such field
	deep   bool // it lies below its top-level key
	below  []*Matcher
}

// newSchema takes what the top-level keys are that the schema does not speak of.
func newSchema(f Fields, others region) *schema {
	s := &schema{fields: f, whole: f.Whole(), others: others, idPath: f.ID.String()}
	s.id, s.conv = s.ref(f.ID), s.ref(f.Conversation)
	s.start, s.last, s.time = s.ref(f.Start), s.ref(f.LastAction), s.ref(f.Time)
	s.foreign = s.ref(f.Foreign)
	s.sender, s.name = s.ref(f.Sender), s.ref(f.SenderName)
	for _, path := range f.Evidence {
		s.evidence = append(s.evidence, s.ref(path))
	}
	for _, path := range f.Metadata {
		s.ref(path) // so that its key is known in another case
	}
	s.fault = cmp.Or(s.fault, s.findPlaces())
	return s
}

// ref has the key numbered with which a path begins.
func (s *schema) ref(path record.Path) fieldRef {
	end := slices.IndexFunc(path, func(step record.Step) bool { return step.Each })
	if end < 0 {
		end = len(path)
	}
	if end == 0 {
		return fieldRef{}
	}
	number := s.number(path[0].Name)
	if number > maxNames {
		s.fault = errTooManyNames
		return fieldRef{}
	}
	ref := fieldRef{path: path.String(), number: number, deep: len(path) > 1}
	for _, step := range path[1:end] {
		ref.below = append(ref.below, finder(step.Name))
	}
	return ref
}

// number is that of a top-level key, and too large where there are too many.
func (s *schema) number(name string) int {
	i := slices.Index(s.names, name)
	if i < 0 {
		if i = len(s.names); i == maxNames {
			return maxNames + 1
		}
		s.names = append(s.names, name)
	}
	return i + 1
}

// finders are kept: schemas have few names, and a matcher is large.
var finders sync.Map // by key: *Matcher

// finder is a matcher whose schema has the key for an id.
func finder(key string) *Matcher {
	if m, ok := finders.Load(key); ok {
		return m.(*Matcher)
	}
	m, _ := finders.LoadOrStore(key, reading(Fields{ID: record.Path{{Name: key}}}))
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
	r := role{region: s.top().below(name)}
	for i, known := range s.names {
		if string(name) == known {
			r.number, r.oddCase = uint8(i+1), false
			break
		}
		if len(name) == len(known) && strings.EqualFold(string(name), known) {
			r.number, r.oddCase = uint8(i+1), true
		}
	}
	if r.number != 0 && r.region == outside && s.tellsAlone(int(r.number)) {
		r.region = elsewhere
	}
	return r
}

// tellsAlone reports whether all of a top-level key's value is a field that is not searched.
func (s *schema) tellsAlone(number int) bool {
	fields := append([]fieldRef{s.id, s.conv, s.start, s.last, s.time, s.sender, s.name}, s.evidence...)
	return slices.ContainsFunc(fields, func(f fieldRef) bool { return f.number == number && !f.deep })
}

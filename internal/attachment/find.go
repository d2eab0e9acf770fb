package attachment

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Finder finds the files that the messages of one source refer to.
type Finder struct{ paths [][]string }

// NewFinder takes the paths that the source declares: keys joined by dots, counted from
// the record; * is any key or any item of a list. Lists may also be left out.
func NewFinder(paths []string) Finder {
	var f Finder
	for _, p := range paths {
		f.paths = append(f.paths, strings.Split(p, "."))
	}
	return f
}

// In returns the addresses of the files that a record refers to, each once, in the order
// in which they stand there. Of a repeated key every value counts: to leave one out could
// lose a file. What is not JSON is taken for a text.
func (f Finder) In(record []byte) []string {
	s := search{f: f, seen: map[string]bool{}}
	if !s.json(record) {
		s.text(string(record))
	}
	return s.found
}

// search is one walk through a record.
type search struct {
	f     Finder
	path  []step
	depth int // of JSON within strings
	found []string
	seen  map[string]bool
}

// step is one key, or one place in a list.
type step struct {
	key   string
	item  bool
	words []string
}

// maxWithin is how deep JSON is looked for in strings of JSON.
const maxWithin = 3

// json walks through a text; false: it is not JSON.
func (s *search) json(text []byte) bool {
	dec := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	return s.value(dec) == nil
}

func (s *search) value(dec *jsontext.Decoder) error {
	open, err := dec.ReadToken()
	if err != nil {
		return err
	}
	switch open.Kind() {
	case '"':
		s.leaf(open.String())
	case '{', '[':
		return s.values(dec, open.Kind() == '[')
	}
	return nil
}

func (s *search) values(dec *jsontext.Decoder, list bool) error {
	for dec.PeekKind() != '}' && dec.PeekKind() != ']' {
		here := step{item: list}
		if !list {
			name, err := dec.ReadToken()
			if err != nil {
				return err
			}
			here.key = name.String()
			here.words = wordsOf(here.key)
		}
		s.path = append(s.path, here)
		err := s.value(dec)
		s.path = s.path[:len(s.path)-1]
		if err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

func (s *search) leaf(text string) {
	if begins := strings.TrimSpace(text); s.depth < maxWithin && (strings.HasPrefix(begins, "{") || strings.HasPrefix(begins, "[")) {
		s.depth++
		whole := s.json([]byte(begins))
		s.depth--
		if whole {
			return
		}
	}
	if a, ok := addressOf(text); ok && (!a.spaced() || len(within(text)) == 1 && (s.declared() || s.keySays(a))) {
		if s.declared() || a.ofFile() || s.keySays(a) {
			s.add(a)
		}
		return
	}
	s.text(text)
}

// text looks for addresses in a text whose ending is a file's. Under a declared path every
// address counts.
func (s *search) text(text string) {
	for _, a := range within(text) {
		if a.ofFile() || s.declared() {
			s.add(a)
		}
	}
}

func (s *search) add(a address) {
	if !s.seen[a.text] {
		s.seen[a.text] = true
		s.found = append(s.found, a.text)
	}
}

// keySays reports whether the keys say that the value is a file's address.
func (s *search) keySays(a address) bool {
	keys := s.keys()
	if len(keys) == 0 {
		return false
	}
	own := keys[0].words
	switch {
	case anyOf(own, fileWords):
		return true
	case anyOf(own, linkWords):
		return false
	}
	for _, around := range keys[1:] {
		if anyOf(around.words, fileWords) {
			return true
		}
		if anyOf(around.words, linkWords) {
			return false
		}
	}
	return anyOf(own, addressWords) && !a.ofPage()
}

// keys are the nearest key and the three around it, inside out.
func (s *search) keys() (out []step) {
	for i := len(s.path) - 1; i >= 0 && len(out) < 4; i-- {
		if !s.path[i].item {
			out = append(out, s.path[i])
		}
	}
	return out
}

func (s *search) declared() bool {
	for _, p := range s.f.paths {
		if leads(p, s.path) {
			return true
		}
	}
	return false
}

// leads reports whether a declared path leads to a value or to something around it.
func leads(declared []string, to []step) bool {
	switch {
	case len(declared) == 0:
		return true
	case len(to) == 0:
		return false
	case to[0].item && leads(declared, to[1:]):
		return true
	case declared[0] == "*" || !to[0].item && declared[0] == to[0].key:
		return leads(declared[1:], to[1:])
	}
	return false
}

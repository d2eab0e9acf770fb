package export

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
	"dsr-server/internal/record"
)

// This file looks closer at what match tells of a record: whether its metadata says
// anything, and whether another record is wrapped in it, which was not searched then.

// insideMost is how deep texts that are JSON, and objects within objects, are looked into.
const insideMost = 3

const wrapsAnother = "it holds another record, as the envelopes of other tools do; what is inside was not searched"

// lookCloser corrects the facts of a record. Whether there is metadata to search is told once:
// where it is known of one record, the metadata of others is not taken apart.
func lookCloser(fields match.Fields, raw []byte, known bool, f *match.Facts) {
	f.HasMetadata = f.HasMetadata && (known || searchable(fields, raw))
	if f.Understood() && wraps(fields, raw) {
		f.Missing = wrapsAnother
	}
}

// searchable reports whether metadata has a text or number that somebody could be found by.
// It is read only up to there, and never held as a whole: a record may have millions of keys.
func searchable(fields match.Fields, raw []byte) bool {
	if fields.Whole() {
		return true
	}
	return slices.ContainsFunc(fields.Metadata, func(path record.Path) bool {
		return anyAt(raw, path, func(value []byte) bool { return says(value, insideMost) })
	})
}

// anyAt reports whether one of the values that stand at a path is what is asked for.
func anyAt(value []byte, path record.Path, is func(value []byte) bool) bool {
	if len(path) == 0 {
		return is(value)
	}
	return anyField(value, func(name string, v []byte) bool {
		on := path[0].Each || value[0] == '{' && strings.EqualFold(name, path[0].Name)
		return on && anyAt(v, path[1:], is)
	})
}

// says reports whether a value says anything. A text that is JSON says what is inside of it.
func says(value []byte, levels int) bool {
	switch value[0] {
	case '{', '[':
		return anyField(value, func(_ string, v []byte) bool { return says(v, levels) })
	case '"':
		text := unquoted(value)
		if inner := inside(text); inner != nil && levels > 0 {
			return says(inner, levels-1)
		}
		return saysText(text)
	}
	return saysText(string(value))
}

// anyField reports whether one of an object's fields, or of a list's elements (without names),
// is what is asked for. Each value is JSON as it stands.
func anyField(value []byte, is func(name string, value []byte) bool) bool {
	return anyFieldAt(value, func(_ int, name string, v []byte) bool { return is(name, v) })
}

// anyFieldAt is anyField, and tells where in the value each one begins.
func anyFieldAt(value []byte, is func(at int, name string, value []byte) bool) bool {
	dec := jsontext.NewDecoder(bytes.NewBuffer(value), lenient...) // which it reads in place
	open, err := dec.ReadToken()
	for name := ""; err == nil && dec.PeekKind() != '}' && dec.PeekKind() != ']'; {
		if open.Kind() == '{' {
			token, errName := dec.ReadToken()
			if errName != nil {
				return false
			}
			name = token.String()
		}
		var v jsontext.Value
		if v, err = dec.ReadValue(); err == nil && is(int(dec.InputOffset())-len(v), name, v) {
			return true
		}
	}
	return false
}

// unquoted is what a string of JSON says.
func unquoted(value []byte) string {
	text, _ := jsontext.AppendUnquote(nil, value) // of bytes that are not UTF-8 it says what can be read
	return string(text)
}

// inside is the object or list that a text is; nil where it is only a text.
func inside(text string) []byte {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") || !json.Valid([]byte(text)) {
		return nil
	}
	return []byte(text)
}

// nothings are how programs write that there is nothing, folded.
var nothings = []string{"", "null", "nil", "none", "undefined", "nan", "true", "false", "[object object]"}

// saysText reports whether a text is more than punctuation and what stands for nothing.
func saysText(text string) bool {
	text = dsr.FoldText(text)
	return !slices.Contains(nothings, text) && strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPunct(r) && !unicode.IsSpace(r) })
}

// wraps reports whether a record is the envelope of another: below a field that the schema
// does not have lies a record of the same kind, with an id, that says no less of itself. What
// lies in the metadata is searched, and so is no envelope's.
func wraps(fields match.Fields, raw []byte) bool {
	if fields.Whole() || len(fields.ID) == 0 || !namesTwice(raw, fields.ID[len(fields.ID)-1].Name) {
		return false
	}
	outer := lookAt(fields, raw)
	e := wrapping{fields, outer.evidence, outer.conversation}
	return anyField(raw, func(name string, value []byte) bool { return !e.known(name) && e.holds(value, insideMost) })
}

// namesTwice is quick to say no: nearly every record has one key of that name.
func namesTwice(raw []byte, key string) bool {
	for n := 0; ; {
		i := bytes.Index(raw, []byte(key))
		if i < 0 {
			return false
		}
		end := i + len(key)
		if i > 0 && raw[i-1] == '"' && end < len(raw) && (raw[end] == '"' || raw[end] == '\\') {
			if n++; n == 2 {
				return true
			}
		}
		raw = raw[end:]
	}
}

// wrapping is a record that may be an envelope.
type wrapping struct {
	fields       match.Fields
	evidence     int
	conversation string // of a message
}

// looks are what an object says of itself, as a record of a kind.
type looks struct {
	id, conversation string
	evidence         int // how many of the fields that show the kind it has
}

// lookAt reads an object. Of a repeated key the first value counts that is neither null
// nor an empty string, as in match.Facts.
func lookAt(fields match.Fields, object []byte) (l looks) {
	l.id, l.conversation = scalarText(shownAt(object, fields.ID)), scalarText(shownAt(object, fields.Conversation))
	for _, path := range fields.Evidence {
		if v := shownAt(object, path); v != nil && (v[0] != '{' && v[0] != '[' || anyField(v, func(string, []byte) bool { return true })) {
			l.evidence++
		}
	}
	return l
}

// shownAt is the first value at a path that shows something; nil: there is none.
func shownAt(object []byte, path record.Path) (shown []byte) {
	if len(path) == 0 {
		return nil
	}
	anyAt(object, path, func(value []byte) bool {
		if !blankValue(value) {
			shown = value
		}
		return shown != nil
	})
	return shown
}

func blankValue(value []byte) bool {
	return value == nil || string(value) == "null" || string(value) == `""`
}

// scalarText is what a string, number, true or false says; empty of anything else.
func scalarText(value []byte) string {
	switch {
	case blankValue(value) || value[0] == '{' || value[0] == '[':
		return ""
	case value[0] == '"':
		return unquoted(value)
	}
	return string(value)
}

// known reports whether a field is one of the schema's.
func (e wrapping) known(name string) bool {
	return slices.ContainsFunc(slices.Concat(e.fields.Metadata, e.fields.Evidence), func(path record.Path) bool {
		return len(path) > 0 && (path[0].Each || strings.EqualFold(name, path[0].Name))
	})
}

func (e wrapping) holds(value []byte, levels int) bool {
	switch {
	case levels == 0:
		return false
	case value[0] == '{' && e.record(value):
		return true
	case value[0] == '{' || value[0] == '[':
		return anyField(value, func(_ string, v []byte) bool { return e.holds(v, levels-1) })
	case value[0] != '"':
		return false
	}
	inner := inside(unquoted(value))
	return inner != nil && e.holds(inner, levels-1)
}

// record reports whether an object is a record that is lost in the envelope. A message that
// quotes another of its conversation is none.
func (e wrapping) record(object []byte) bool {
	l := lookAt(e.fields, object)
	if l.id == "" || len(e.fields.Conversation) > 0 && (l.conversation == "" || l.conversation == e.conversation) {
		return false
	}
	return l.evidence > 0 && l.evidence >= e.evidence
}

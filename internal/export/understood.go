package export

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode"

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
func searchable(fields match.Fields, raw []byte) bool {
	if fields.Metadata == match.WholeRecord {
		return true
	}
	return slices.ContainsFunc(record.Parse(raw).Fields(), func(f record.Field) bool {
		return strings.EqualFold(f.Name, fields.Metadata) && says(f.Value, insideMost)
	})
}

// says reports whether a value says anything. A text that is JSON says what is inside of it.
func says(v *record.Value, levels int) bool {
	if v.IsObject() || v.IsList() {
		return slices.ContainsFunc(v.Fields(), func(f record.Field) bool { return says(f.Value, levels) })
	}
	if inner := inside(v.Text()); inner != nil && levels > 0 {
		return says(inner, levels-1)
	}
	return saysText(v.Text())
}

// inside is the object or list that a text is; nil where it is only a text.
func inside(text string) *record.Value {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") || !json.Valid([]byte(text)) {
		return nil
	}
	return record.Parse([]byte(text))
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
	if !namesTwice(raw, fields.ID) {
		return false
	}
	outer := record.Parse(raw)
	e := envelopeOf(fields, outer)
	return slices.ContainsFunc(outer.Fields(), func(f record.Field) bool { return !e.known(f.Name) && e.holds(f.Value, insideMost) })
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

func envelopeOf(fields match.Fields, outer *record.Value) wrapping {
	e := wrapping{fields: fields}
	e.evidence = e.evident(outer)
	e.conversation, _ = outer.Get(fields.Conversation).Str()
	return e
}

// known reports whether a field is one of the schema's.
func (e wrapping) known(name string) bool {
	return strings.EqualFold(name, e.fields.Metadata) || slices.Contains(e.fields.Evidence, name)
}

// evident counts what shows that a value is a record of the kind.
func (e wrapping) evident(v *record.Value) (n int) {
	for _, name := range e.fields.Evidence {
		if shown := v.Get(name); shown != nil && !shown.IsEmpty() {
			n++
		}
	}
	return n
}

func (e wrapping) holds(v *record.Value, levels int) bool {
	switch {
	case levels == 0:
		return false
	case e.record(v):
		return true
	case v.IsObject(), v.IsList():
		return slices.ContainsFunc(v.Fields(), func(f record.Field) bool { return e.holds(f.Value, levels-1) })
	}
	inner := inside(v.Text())
	return inner != nil && e.holds(inner, levels-1)
}

// record reports whether a value is a record that is lost in the envelope. A message that
// quotes another of its conversation is none.
func (e wrapping) record(v *record.Value) bool {
	if id, has := v.Get(e.fields.ID).Str(); !has || id == "" {
		return false
	}
	if e.fields.Conversation != "" {
		if id, has := v.Get(e.fields.Conversation).Str(); !has || id == "" || id == e.conversation {
			return false
		}
	}
	n := e.evident(v)
	return n > 0 && n >= e.evidence
}

// Package record takes one record apart for showing: what it holds as a tree, and who
// says what in it. It knows no vendor's fields; the sources do.
package record

import (
	"bytes"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Value is a piece of JSON for showing: objects keep their order and their repeated
// keys, numbers their digits. A nil Value is one that is not there.
type Value struct {
	kind   valueKind
	text   string  // of a scalar; of raw, the JSON
	fields []Field // of an object or list
}

// Field is a part of an object or list.
type Field struct {
	Name  string // empty in a list
	Value *Value
}

// Object makes a Value of fields.
func Object(fields []Field) *Value { return &Value{kind: object, fields: fields} }

type valueKind byte

const (
	scalar valueKind = iota
	stringValue
	object
	list
	raw // nested too deeply to be shown apart
)

// maxDepth is how deep objects are shown as tables within tables; there is no room
// for more on a page.
const maxDepth = 8

// Parse reads a record. What is not JSON is shown as it is.
func Parse(b []byte) *Value {
	dec := jsontext.NewDecoder(bytes.NewBuffer(b), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	v, err := readValue(dec, 0)
	if err != nil {
		return &Value{kind: raw, text: Visible(string(b))}
	}
	return v
}

func readValue(dec *jsontext.Decoder, depth int) (*Value, error) {
	kind := dec.PeekKind()
	if (kind == '{' || kind == '[') && depth < maxDepth {
		return readFields(dec, kind, depth)
	}
	text, err := dec.ReadValue()
	if err != nil {
		return nil, err
	}
	switch kind {
	case '{', '[':
		return &Value{kind: raw, text: Visible(string(text))}, nil
	case '"':
		s, err := jsontext.AppendUnquote(nil, text)
		if s == nil && err != nil {
			return nil, err
		}
		return &Value{kind: stringValue, text: Visible(string(s))}, nil
	}
	return &Value{kind: scalar, text: string(text)}, nil
}

func readFields(dec *jsontext.Decoder, open jsontext.Kind, depth int) (*Value, error) {
	v := &Value{kind: object}
	if open == '[' {
		v.kind = list
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	for dec.PeekKind() != '}' && dec.PeekKind() != ']' {
		var f Field
		if v.kind == object {
			name, err := dec.ReadToken()
			if err != nil {
				return nil, err
			}
			f.Name = Visible(name.String())
		}
		var err error
		if f.Value, err = readValue(dec, depth+1); err != nil {
			return nil, err
		}
		v.fields = append(v.fields, f)
	}
	_, err := dec.ReadToken()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return v, err
}

// Get returns the value of the field of that name, or nil. Of a repeated key the first
// counts that is neither null nor an empty string, as in match.Facts.
func (v *Value) Get(name string) *Value {
	var found *Value
	if v == nil || v.kind != object {
		return nil
	}
	for _, f := range v.fields {
		switch {
		case f.Name != name:
		case !f.Value.blank():
			return f.Value
		case found == nil:
			found = f.Value
		}
	}
	return found
}

func (v *Value) blank() bool {
	return v.kind == stringValue && v.text == "" || v.kind == scalar && v.text == "null"
}

// Str returns the text of a string, number, true or false.
func (v *Value) Str() (string, bool) {
	if v == nil || v.kind == scalar && v.text == "null" || v.kind > stringValue {
		return "", false
	}
	return v.text, true
}

// Cell is the value in one line: scalars as they are, lists joined, objects as
// "name: value".
func (v *Value) Cell() string {
	if v == nil || v.kind == scalar && v.text == "null" {
		return ""
	}
	if v.kind < object || v.kind == raw {
		return v.text
	}
	parts := make([]string, len(v.fields))
	for i, f := range v.fields {
		parts[i] = f.Value.Cell()
		if f.Value.kind == object || f.Value.kind == list {
			parts[i] = "(" + parts[i] + ")"
		}
		if v.kind == object {
			parts[i] = f.Name + ": " + parts[i]
		}
	}
	return strings.Join(parts, "; ")
}

// IsObject reports whether Fields have names.
func (v *Value) IsObject() bool { return v.kind == object }

// IsList reports whether Fields have no names.
func (v *Value) IsList() bool { return v.kind == list }

// IsRaw reports whether Text is JSON.
func (v *Value) IsRaw() bool { return v.kind == raw }

// IsEmpty reports whether there is nothing to show.
func (v *Value) IsEmpty() bool {
	return v.blank() || (v.kind == object || v.kind == list) && len(v.fields) == 0
}

// Text is what to show of a scalar.
func (v *Value) Text() string { return v.text }

// Fields are the parts of an object or list.
func (v *Value) Fields() []Field { return v.fields }

// Each yields every value that is neither null nor empty, with its path: the keys joined by
// dots, as selectors have it. Places in a list do not count.
func (v *Value) Each(yield func(path, value string)) { v.each("", yield) }

func (v *Value) each(path string, yield func(path, value string)) {
	switch {
	case v == nil || v.IsEmpty():
	case v.IsObject():
		for _, f := range v.Fields() {
			below := f.Name
			if path != "" {
				below = path + "." + f.Name
			}
			f.Value.each(below, yield)
		}
	case v.IsList():
		for _, f := range v.Fields() {
			f.Value.each(path, yield)
		}
	default:
		yield(path, v.Text())
	}
}

// Visible shows control characters, which could steer a terminal or end a text
// early, as their pictures (U+2400 and on); tabs and line breaks stay. The records
// in the folder data have the characters themselves.
func Visible(s string) string {
	if strings.IndexFunc(s, isControl) < 0 {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	return strings.ToValidUTF8(strings.Map(func(r rune) rune {
		switch {
		case !isControl(r):
			return r
		case r < 0x20:
			return 0x2400 + r
		case r == 0x7f:
			return 0x2421
		}
		return '\uFFFD'
	}, s), "\uFFFD")
}

// Line is Visible on one line: line breaks and tabs show as pictures too.
func Line(s string) string { return lineEnds.Replace(Visible(s)) }

var lineEnds = strings.NewReplacer("\n", "\u240a", "\r", "\u240d", "\t", "\u2409", "\u2028", "\ufffd", "\u2029", "\ufffd")

func isControl(r rune) bool {
	return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r >= 0x7f && r < 0xa0
}

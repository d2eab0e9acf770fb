package archive

import (
	"bytes"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// value is a piece of JSON for showing: objects keep their order and their double
// keys, numbers their digits. A nil value is one that is not there.
type value struct {
	kind   valueKind
	text   string  // of a scalar; of raw, the JSON
	fields []field // of an object or list
}

type field struct {
	name  string // empty in a list
	value *value
}

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

// parse reads a record. What is not JSON is shown as it is.
func parse(b []byte) *value {
	dec := jsontext.NewDecoder(bytes.NewReader(b), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	v, err := readValue(dec, 0)
	if err != nil {
		return &value{kind: raw, text: visible(string(b))}
	}
	return v
}

func readValue(dec *jsontext.Decoder, depth int) (*value, error) {
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
		return &value{kind: raw, text: visible(string(text))}, nil
	case '"':
		s, err := jsontext.AppendUnquote(nil, text)
		if s == nil && err != nil {
			return nil, err
		}
		return &value{kind: stringValue, text: visible(string(s))}, nil
	}
	return &value{kind: scalar, text: string(text)}, nil
}

func readFields(dec *jsontext.Decoder, open jsontext.Kind, depth int) (*value, error) {
	v := &value{kind: object}
	if open == '[' {
		v.kind = list
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	for dec.PeekKind() != '}' && dec.PeekKind() != ']' {
		var f field
		if v.kind == object {
			name, err := dec.ReadToken()
			if err != nil {
				return nil, err
			}
			f.name = visible(name.String())
		}
		var err error
		if f.value, err = readValue(dec, depth+1); err != nil {
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

// get returns the value of the first field of that name, or nil.
func (v *value) get(name string) *value {
	if v == nil || v.kind != object {
		return nil
	}
	for _, f := range v.fields {
		if f.name == name {
			return f.value
		}
	}
	return nil
}

// str returns the text of a string, number, true or false.
func (v *value) str() (string, bool) {
	if v == nil || v.kind == scalar && v.text == "null" || v.kind > stringValue {
		return "", false
	}
	return v.text, true
}

// cell is the value in one line: scalars as they are, lists joined, objects as
// "name: value".
func (v *value) cell() string {
	if v == nil || v.kind == scalar && v.text == "null" {
		return ""
	}
	if v.kind < object || v.kind == raw {
		return v.text
	}
	parts := make([]string, len(v.fields))
	for i, f := range v.fields {
		parts[i] = f.value.cell()
		if f.value.kind == object || f.value.kind == list {
			parts[i] = "(" + parts[i] + ")"
		}
		if v.kind == object {
			parts[i] = f.name + ": " + parts[i]
		}
	}
	return strings.Join(parts, "; ")
}

// The templates ask by these.

// IsObject reports whether Fields have names.
func (v *value) IsObject() bool { return v.kind == object }

// IsList reports whether Fields have no names.
func (v *value) IsList() bool { return v.kind == list }

// IsRaw reports whether Text is JSON.
func (v *value) IsRaw() bool { return v.kind == raw }

// IsEmpty reports whether there is nothing to show.
func (v *value) IsEmpty() bool {
	return v.kind == stringValue && v.text == "" || v.kind == scalar && v.text == "null" ||
		(v.kind == object || v.kind == list) && len(v.fields) == 0
}

// Text is what to show of a scalar.
func (v *value) Text() string { return v.text }

// Fields are the parts of an object or list.
func (v *value) Fields() []field { return v.fields }

// Name is empty in a list.
func (f field) Name() string { return f.name }

// Value is never nil.
func (f field) Value() *value { return f.value }

// visible shows control characters, which could steer a terminal or end a text
// early, as their pictures (U+2400 and on); tabs and line breaks stay. The records
// in the folder data have the characters themselves.
func visible(s string) string {
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

func isControl(r rune) bool {
	return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r >= 0x7f && r < 0xa0
}

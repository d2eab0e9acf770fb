package vendor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// record is one row as the vendor stores it: the bytes to serve and what places them.
// It is never changed; a change puts another in its place.
type record struct {
	raw  []byte
	id   string
	conv string // the conversation a message belongs to
	key  int64  // µs: startTime of a conversation, time of a message
	last int64  // µs: lastActionAt of a conversation, else key
	seq  int64  // arrival order; breaks ties
}

// newRecord reads what is needed to place raw. The members are those of the top level,
// spelled exactly so; of two with one name the later counts.
func newRecord(raw []byte, seq int64) (*record, error) {
	rec := &record{raw: raw, key: unplaced, last: unplaced, seq: seq}
	err := eachMember(raw, func(name string, value member) {
		switch name {
		case "_id":
			rec.id = value.text()
		case "conversationId":
			rec.conv = value.text()
		case "startTime", "time":
			rec.key = instantOf(value.text())
		case "lastActionAt":
			rec.last = instantOf(value.text())
		}
	})
	if err != nil {
		return nil, err
	}
	switch unplaced {
	case rec.key:
		rec.key = rec.last
	case rec.last:
		rec.last = rec.key
	}
	return rec, nil
}

// member is one value of an object: where it stands in the bytes and what it says.
type member struct {
	raw        []byte
	start, end int
}

// text is a string's content or a number's digits; empty for anything else.
func (m member) text() string {
	switch m.raw[0] {
	case '"':
		s, err := jsontext.AppendUnquote(nil, m.raw)
		if err != nil {
			return "" // a lone surrogate: no time, and no identifier to look up
		}
		return string(s)
	case '{', '[', 't', 'f', 'n':
		return ""
	default:
		return string(m.raw)
	}
}

// eachMember calls visit for every member of the object raw, in order, duplicates too.
func eachMember(raw []byte, visit func(name string, value member)) error {
	dec := jsontext.NewDecoder(bytes.NewBuffer(raw),
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if dec.PeekKind() != '{' {
		return errors.New("not a JSON object")
	}
	if _, err := dec.ReadToken(); err != nil {
		return fmt.Errorf("not valid JSON: %w", stripped(err))
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return fmt.Errorf("not valid JSON: %w", stripped(err))
		}
		key := name.String()
		value, err := dec.ReadValue()
		if err != nil {
			return fmt.Errorf("not valid JSON: %w", stripped(err))
		}
		end := int(dec.InputOffset())
		visit(key, member{raw: value, start: end - len(value), end: end})
	}
	if _, err := dec.ReadToken(); err != nil {
		return fmt.Errorf("not valid JSON: %w", stripped(err))
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON object")
	}
	return nil
}

// stripped keeps the place of a syntax error and drops the text, which is somebody's data.
func stripped(err error) error {
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fmt.Errorf("at byte %d", syntactic.ByteOffset)
	}
	return err
}

// setMember returns raw with the member name set to the JSON value: the last of that name
// is replaced, or one is added at the end. All other bytes stay.
func setMember(raw []byte, name string, value json.RawMessage) ([]byte, error) {
	at, empty := member{start: -1}, true
	err := eachMember(raw, func(n string, m member) {
		empty = false
		if n == name {
			at = m
		}
	})
	if err != nil {
		return nil, err
	}
	if at.start >= 0 {
		return bytes.Join([][]byte{raw[:at.start], value, raw[at.end:]}, nil), nil
	}
	return insertMember(raw, name, value, empty), nil
}

// insertMember adds a member before the closing brace of raw, unchecked.
func insertMember(raw []byte, name string, value []byte, empty bool) []byte {
	brace := bytes.LastIndexByte(raw, '}')
	out := append(make([]byte, 0, len(raw)+len(name)+len(value)+4), raw[:brace]...)
	if !empty {
		out = append(out, ',')
	}
	out = append(out, '"')
	out = append(append(append(out, name...), `":`...), value...)
	return append(out, raw[brace:]...)
}

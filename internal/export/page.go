package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"dsr-server/internal/record"
)

// errNotExport marks a body that is JSON but not a page: an error object with
// status 200, the list missing, null or not an array. It is never zero records.
var errNotExport = errors.New("the answer is JSON without the array of records")

// lenient reads what vendors send: keys may repeat and strings may hold invalid
// UTF-8, because the record is kept as it is and the anomaly is counted later.
var lenient = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

type cursorState int

const (
	cursorAbsent cursorState = iota
	cursorNull
	cursorNext
	cursorOdd      // says nothing, and is not null
	cursorUnusable // says that more follows, and cannot be sent back
)

// envelope is a page as it lies in the body; records alias it.
type envelope struct {
	records []json.RawMessage
	data    bool
	cursor  string
	state   cursorState
	said    Said
}

// parsePage reads {"data":[…],"cursor":…}. The whole body must be one JSON object.
func parsePage(body []byte, most bounds) (envelope, error) {
	var e envelope
	err := readObject(body, func(name string, dec *jsontext.Decoder) (err error) {
		switch name {
		case "data":
			if e.data {
				return errors.New("data appears twice")
			}
			e.data = true
			e.records, err = readRecords(dec, body, most)
			return err
		case "cursor":
			return e.readCursor(dec)
		}
		value, err := dec.ReadValue()
		if err != nil {
			return syntaxError(err)
		}
		e.said.member(name, value.Clone())
		return nil
	})
	if err == nil && !e.data {
		err = errNotExport
	}
	return e, err
}

// readObject reads a body that is one JSON object and nothing else; member reads the
// value of each member.
func readObject(body []byte, member func(name string, dec *jsontext.Decoder) error) error {
	dec := jsontext.NewDecoder(bytes.NewBuffer(body), lenient...) // which it reads in place
	if dec.PeekKind() != '{' {
		return errors.New("the body is not a JSON object")
	}
	if _, err := dec.ReadToken(); err != nil {
		return syntaxError(err)
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return syntaxError(err)
		}
		if err := member(name.String(), dec); err != nil {
			return err
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return syntaxError(err)
	}
	if _, err := dec.ReadToken(); err != io.EOF {
		return errors.New("there is more after the end of the JSON object")
	}
	return nil
}

// readRecords reads an array; its elements alias the body that dec reads. One that is no
// object is no record, which is for the reader to say.
func readRecords(dec *jsontext.Decoder, body []byte, most bounds) ([]json.RawMessage, error) {
	if dec.PeekKind() != '[' {
		if err := dec.SkipValue(); err != nil {
			return nil, syntaxError(err)
		}
		return nil, errNotExport
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, syntaxError(err)
	}
	var records []json.RawMessage
	for dec.PeekKind() != ']' {
		if err := most.allow(len(records)); err != nil {
			return nil, err
		}
		value, err := dec.ReadValue()
		if err != nil {
			return nil, syntaxError(err)
		}
		if err := most.fit(len(records), value); err != nil {
			return nil, err
		}
		end := dec.InputOffset()
		records = append(records, body[end-int64(len(value)):end])
	}
	_, err := dec.ReadToken()
	return records, syntaxError(err)
}

// readCursor reads the place of the next page: a text, or a number that is sent back as it is
// written. What says nothing, as false, 0 and {} do, is an odd end like the empty text. Anything
// else says that more follows and cannot be sent back.
func (e *envelope) readCursor(dec *jsontext.Decoder) error {
	if e.state != cursorAbsent {
		return errors.New("cursor appears twice")
	}
	value, err := dec.ReadValue()
	if err != nil {
		return syntaxError(err)
	}
	e.state = cursorOdd
	switch said := saysSomething(record.Parse(value)); value.Kind() {
	case 'n':
		e.state = cursorNull
	case '0':
		if said {
			e.state, e.cursor = cursorNext, string(value)
		}
	case '"':
		text, err := jsontext.AppendUnquote(nil, value)
		if err != nil && len(text) == 0 {
			return syntaxError(err)
		}
		if e.cursor = string(text); e.cursor != "" {
			e.state = cursorNext
		}
	default:
		if said {
			e.state, e.said.More = cursorNull, true
		}
	}
	if len(e.cursor) > maxCursor {
		return fmt.Errorf("the cursor is longer than %s, the limit", inMiB(maxCursor))
	}
	return nil
}

// syntaxError keeps the place and drops the text around it, which may be personal data.
func syntaxError(err error) error {
	if err == nil {
		return nil
	}
	if s, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fmt.Errorf("invalid JSON at byte %d", s.ByteOffset)
	}
	return errors.New("invalid JSON")
}

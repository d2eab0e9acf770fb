package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// errNotExport marks a body that is JSON but not a page: an error object with
// status 200, data missing, null or not an array. It is never zero records.
var errNotExport = errors.New("the answer is JSON without a data array")

// lenient reads what vendors send: keys may repeat and strings may hold invalid
// UTF-8, because the record is kept as it is and the anomaly is counted later.
var lenient = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

type cursorState int

const (
	cursorAbsent cursorState = iota
	cursorNull
	cursorNext
)

// envelope is a page as it lies in the body; records alias it.
type envelope struct {
	records []json.RawMessage
	data    bool
	cursor  string
	state   cursorState
}

// parsePage reads {"data":[…],"cursor":…}. The whole body must be one JSON object;
// each element of data must be an object.
func parsePage(body []byte) (envelope, error) {
	var e envelope
	dec := jsontext.NewDecoder(bytes.NewReader(body), lenient...)
	if dec.PeekKind() != '{' {
		return e, errors.New("the body is not a JSON object")
	}
	if _, err := dec.ReadToken(); err != nil {
		return e, syntaxError(err)
	}
	for dec.PeekKind() != '}' {
		if err := e.member(dec, body); err != nil {
			return e, err
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return e, syntaxError(err)
	}
	if _, err := dec.ReadToken(); err != io.EOF {
		return e, errors.New("there is more after the end of the JSON object")
	}
	if !e.data {
		return e, errNotExport
	}
	return e, nil
}

func (e *envelope) member(dec *jsontext.Decoder, body []byte) error {
	name, err := dec.ReadToken()
	if err != nil {
		return syntaxError(err)
	}
	switch name.String() {
	case "data":
		return e.readData(dec, body)
	case "cursor":
		return e.readCursor(dec)
	}
	return syntaxError(dec.SkipValue())
}

func (e *envelope) readData(dec *jsontext.Decoder, body []byte) error {
	if e.data {
		return errors.New("data appears twice")
	}
	if dec.PeekKind() != '[' {
		if err := dec.SkipValue(); err != nil {
			return syntaxError(err)
		}
		return errNotExport
	}
	e.data = true
	if _, err := dec.ReadToken(); err != nil {
		return syntaxError(err)
	}
	for dec.PeekKind() != ']' {
		value, err := dec.ReadValue()
		if err != nil {
			return syntaxError(err)
		}
		if value.Kind() != '{' {
			return fmt.Errorf("data[%d] is not an object", len(e.records))
		}
		end := dec.InputOffset()
		e.records = append(e.records, body[end-int64(len(value)):end])
	}
	_, err := dec.ReadToken()
	return syntaxError(err)
}

func (e *envelope) readCursor(dec *jsontext.Decoder) error {
	if e.state != cursorAbsent {
		return errors.New("cursor appears twice")
	}
	token, err := dec.ReadToken()
	if err != nil {
		return syntaxError(err)
	}
	switch token.Kind() {
	case 'n':
		e.state = cursorNull
	case '"':
		e.state, e.cursor = cursorNext, token.String()
	default:
		return errors.New("cursor is neither a string nor null")
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

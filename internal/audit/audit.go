// Package audit is what happened, and the proof that the record of it is whole. It
// keeps true that
//
//   - an event has exactly one leaf, byte for byte, and a leaf exactly one event;
//   - events are appended to a Merkle tree (RFC 6962, as in golang.org/x/mod/sumdb/tlog),
//     so that a changed, moved, missing or added event is found and named;
//   - events hold our own ids, names of settings and counts, never personal data.
//
// Leaves carry no salt: ids are random, so nobody can confirm a guess about a person
// from a hash. Storing events and hashes is the business of internal/store.
package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	json2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// System is the Actor of what no person or token asked for.
const System = "system"

// Unknown is the Actor of what a stranger tried.
const Unknown = "unknown"

// Event is one thing that happened.
type Event struct {
	At      time.Time // kept as UTC milliseconds
	Kind    Kind
	Actor   string            // id of a person or token, or System
	Request string            // id; empty when it is about no request
	Data    map[string]string // ids, codes, counts; names of lower-case letters, digits and _
}

// limits of an event: far above what an id, a code or a count needs.
const (
	maxValues = 32
	maxValue  = 1024 // bytes
)

var (
	kindForm = regexp.MustCompile(`^[a-z_]+\.[a-z_]+$`)
	nameForm = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// validate's errors name what is wrong, and never repeat it.
func (e Event) validate() error {
	if !kindForm.MatchString(string(e.Kind)) {
		return errors.New("the kind is not of the form noun.verb")
	}
	if y := e.At.UTC().Year(); y < 1970 || y > 9999 {
		return errors.New("the time is missing or out of range")
	}
	if e.Actor == "" || len(e.Actor) > maxValue || len(e.Request) > maxValue {
		return fmt.Errorf("actor or request is missing or longer than %d bytes", maxValue)
	}
	if len(e.Data) > maxValues {
		return fmt.Errorf("more than %d data values", maxValues)
	}
	for name, value := range e.Data {
		if !nameForm.MatchString(name) || len(name) > maxValue || len(value) > maxValue {
			return fmt.Errorf("a data name is not lower-case, or a value is longer than %d bytes", maxValue)
		}
	}
	return nil
}

// timeForm is RFC 3339 in UTC with exactly three digits of milliseconds.
const timeForm = "2006-01-02T15:04:05.000Z"

// Leaf is the event as record number index of the tree: a JSON object in canonical
// form (RFC 8785), which sorts the names and has one way to write each string:
//
//	{"actor":"…","at":"2025-06-30T09:00:00.000Z","data":{"count":"3"},"index":17,"kind":"request.ready","request":"…"}
//
// All six names are always there. The form never changes; hashes depend on it.
func (e Event) Leaf(index int64) ([]byte, error) {
	if index < 0 || index > 1<<53 {
		return nil, fmt.Errorf("audit event: the index %d is not from 0 to 2^53, the whole numbers of JSON", index)
	}
	if err := e.validate(); err != nil {
		return nil, fmt.Errorf("audit event %d: %w", index, err)
	}
	leaf, err := json2.Marshal(leafForm{e.Actor, e.At.UTC().Format(timeForm), e.Data, index, e.Kind, e.Request})
	if err != nil {
		return nil, fmt.Errorf("audit event %d: a value is not UTF-8", index) // the cause could repeat it
	}
	if err := (*jsontext.Value)(&leaf).Canonicalize(); err != nil {
		return nil, fmt.Errorf("audit event %d: %w", index, err)
	}
	return leaf, nil
}

// leafForm is a leaf's names and values.
type leafForm struct {
	Actor   string            `json:"actor"`
	At      string            `json:"at"`
	Data    map[string]string `json:"data"`
	Index   int64             `json:"index"`
	Kind    Kind              `json:"kind"`
	Request string            `json:"request"`
}

// ParseLeaf returns the event and the index of a leaf. It refuses anything that Leaf
// would not have written, down to the last byte.
func ParseLeaf(leaf []byte) (int64, Event, error) {
	var in leafForm
	if json.Unmarshal(leaf, &in) != nil {
		return 0, Event{}, errors.New("audit leaf: not readable") // the cause could repeat what it holds
	}
	at, err := time.Parse(timeForm, in.At)
	if err != nil {
		return 0, Event{}, errors.New("audit leaf: no readable time")
	}
	e := Event{At: at, Kind: in.Kind, Actor: in.Actor, Request: in.Request, Data: in.Data}
	again, err := e.Leaf(in.Index)
	if err != nil {
		return 0, Event{}, err
	}
	if !bytes.Equal(again, leaf) {
		return 0, Event{}, errors.New("audit leaf: not in canonical form")
	}
	return in.Index, e, nil
}

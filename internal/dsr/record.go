package dsr

import (
	"bytes"
	"encoding/json"
	"time"
)

// RecordKind tells conversations from messages.
type RecordKind string

const (
	Conversation RecordKind = "conversation"
	Message      RecordKind = "message"
)

// Record is one vendor record that belongs to a request. Raw is what the vendor
// sent, compacted with json.Compact and otherwise untouched; every other field is
// derived from it. A zero time could not be read.
type Record struct {
	Source         string
	Kind           RecordKind
	ID             string // the vendor's id; empty when the record has none
	ConversationID string // of a conversation: its ID
	Start          time.Time
	LastAction     time.Time
	Time           time.Time // of a message
	// Scope is set of a message whose id is unique among those of its conversation only:
	// the conversation's id. Two records are one if both id and scope are the same.
	Scope string
	// Order is where the source had the record: it orders messages without a readable time.
	Order   SourceOrder
	Counted int64 // of a conversation: how many messages it says it has; 0: it does not say
	// CountedOwn is how many of them it says are the person's, and Own of a message that it is one.
	CountedOwn int64
	Own        bool
	Raw        json.RawMessage
	Why        []Why // of a conversation: each selector that matched
	// Withheld is why the record is not in an archive, which has its ids and its place alone.
	Withheld WithholdReason
}

// SourceOrder is a unit, by a name that orders the source's units, and a record's number in it.
type SourceOrder struct {
	Unit   string
	Number int64
}

// InRecord is the unit of messages that stand in their conversation's record: those at the
// same time are in that order.
const InRecord = "in the conversation's record"

// Why is one reason for which a conversation belongs to the request.
type Why struct {
	Selector int    `json:"selector"` // index into the request's selectors
	Path     string `json:"path"`     // where in the metadata; empty for an id
}

// Newer reports whether version a of a record replaces version b: the later
// activity wins, then the greater SHA-256 of the raw bytes, so that the outcome does
// not depend on the order of arrival.
func Newer(aTime, bTime time.Time, aSum, bSum [32]byte) bool {
	if !aTime.Equal(bTime) {
		return aTime.After(bTime)
	}
	return string(aSum[:]) > string(bSum[:])
}

// DerivedMark begins a record that no vendor sent: it was made to hold others together.
const DerivedMark = `{"derived":true,`

// Derived reports whether the record is one.
func (r Record) Derived() bool { return bytes.HasPrefix(r.Raw, []byte(DerivedMark)) }

// WeakMatch is counted, beside the numbered rules of docs/quirks.md, for a record that
// matched only where many people may match, as by a first name.
const WeakMatch = "weak_match"

package chaos

import (
	"time"

	"dsr-server/internal/fake/vendor"
)

// Fault is one thing that goes wrong. The zero scope is every call that would be answered
// with a page: refused calls are not disturbed further. Of several faults that each spoil
// the whole answer, one call gets the first; the others wait.
type Fault struct {
	Kind FaultKind

	// Where: all that are set must hold.
	Endpoint       string // vendor.Conversations, vendor.Messages, or one of Avaamo's
	Page           int    // the n-th page of its chain, from 1
	ConversationID string // calls with this conversation_id
	Record         string // pages that hold the record with this _id
	Match          func(vendor.Call) bool

	// How often. 0 is once; n is n times; Always is for ever. Calls that are let off by
	// Probability do not count.
	Times       int
	Probability float64 // of each call in scope; 0: certain
	Seed        uint64

	Status     int               // of StatusError (500) and Redirect (302)
	RetryAfter vendor.RetryAfter // of TooMany
	HTML       bool              // StatusError, TooMany: with an HTML body
	Delay      time.Duration     // Hang: 0 is for ever; SlowDrip: the whole body; DateSkew
	Bytes      int               // see the kinds
	Location   string            // of Redirect
}

// Always is [Fault].Times for a fault that does not heal.
const Always = -1

// FaultKind is what goes wrong.
type FaultKind string

// Kinds of fault.
const (
	// Instead of the page.
	StatusError  FaultKind = "status error"      // Status, JSON or HTML
	TooMany      FaultKind = "too many"          // 429 although the limit was kept
	Hang         FaultKind = "hang"              // no answer for Delay, or until the client leaves
	ResetEarly   FaultKind = "reset early"       // the connection is reset before any answer
	HTML200      FaultKind = "html 200"          // a sign-in page
	JSONError200 FaultKind = "json error 200"    // {"message":…} with 200
	Redirect     FaultKind = "redirect"          // to Location, by default another host
	DataNull     FaultKind = "data null"         // {"data":null,"cursor":null}
	DataMissing  FaultKind = "data missing"      // {"cursor":null}
	DataNotArray FaultKind = "data not an array" // {"data":{…}} with the records by number

	// In the page.
	RepeatCursor    FaultKind = "repeated cursor"  // the cursor the call came with (A,A)
	CycleCursor     FaultKind = "cursor cycle"     // the cursor before that (A,B,A)
	NeverNull       FaultKind = "never null"       // a last page has a cursor, to an empty page
	EmptyPage       FaultKind = "empty page"       // no records, and a cursor to those
	DuplicateRecord FaultKind = "duplicate record" // Record or the first, once more at the end
	DropRecord      FaultKind = "dropped record"   // Record or the first is left out
	OversizedPage   FaultKind = "oversized page"   // each record twice; or white space up to Bytes

	// In the text.
	InvalidUTF8     FaultKind = "invalid UTF-8"    // in a member added to Record or the first
	LoneSurrogate   FaultKind = "lone surrogate"   // likewise
	NaN             FaultKind = "NaN"              // likewise; not JSON
	BadRecord       FaultKind = "bad record"       // Record or the first lacks its last brace
	BOM             FaultKind = "byte order mark"  // before the page
	TrailingComma   FaultKind = "trailing comma"   // after the last record
	TrailingGarbage FaultKind = "trailing garbage" // after the page

	// On the wire.
	SlowDrip      FaultKind = "slow drip"            // the body in small pieces over Delay
	ResetMidBody  FaultKind = "reset in mid-body"    // after Bytes, or half the body
	TruncatedGzip FaultKind = "truncated gzip"       // without its last Bytes (8: the trailer)
	ChunkedAbort  FaultKind = "chunked abort"        // after the last brace, before the last chunk
	WrongLength   FaultKind = "wrong content length" // Bytes more than sent (10), or fewer
	DateSkew      FaultKind = "date skew"            // the Date header is Delay ahead

	// One of the faults that pass, picked by Seed anew for each call.
	Transient FaultKind = "transient"
)

// FaultKinds are all kinds but Transient.
func FaultKinds() []FaultKind {
	return []FaultKind{
		StatusError, TooMany, Hang, ResetEarly, HTML200, JSONError200, Redirect,
		DataNull, DataMissing, DataNotArray,
		RepeatCursor, CycleCursor, NeverNull, EmptyPage, DuplicateRecord, DropRecord, OversizedPage,
		InvalidUTF8, LoneSurrogate, NaN, BadRecord, BOM, TrailingComma, TrailingGarbage,
		SlowDrip, ResetMidBody, TruncatedGzip, ChunkedAbort, WrongLength, DateSkew,
	}
}

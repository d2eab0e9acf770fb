package fakevendor

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Fault is one thing that goes wrong. The zero scope is every call that would be answered
// with a page: refused calls are not disturbed further. Of several faults that each spoil
// the whole answer, one call gets the first; the others wait.
type Fault struct {
	Kind FaultKind

	// Where: all that are set must hold.
	Endpoint       string // Conversations, Messages, or one of Avaamo's
	Page           int    // the n-th page of its chain, from 1
	ConversationID string // calls with this conversation_id
	Record         string // pages that hold the record with this _id
	Match          func(Call) bool

	// How often. 0 is once; n is n times; Always is for ever. Calls that are let off by
	// Probability do not count.
	Times       int
	Probability float64 // of each call in scope; 0: certain
	Seed        uint64

	Status     int           // of StatusError (500) and Redirect (302)
	RetryAfter RetryAfter    // of TooMany
	HTML       bool          // StatusError, TooMany: with an HTML body
	Delay      time.Duration // Hang: 0 is for ever; SlowDrip: the whole body; DateSkew
	Bytes      int           // see the kinds
	Location   string        // of Redirect
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

// Fault adds a fault. Faults are tried in the order they were added.
func (d *desk) Fault(f Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	d.faults = append(d.faults, &armed{Fault: f, random: rand.New(rand.NewPCG(f.Seed, 0))}) //nolint:gosec // repeatable
}

// Flaky makes the fraction p of all calls fail with a seeded mix of transient faults.
func (d *desk) Flaky(p float64, seed uint64) {
	d.Fault(Fault{Kind: Transient, Times: Always, Probability: p, Seed: seed})
}

// ClearFaults heals the server.
func (d *desk) ClearFaults() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults = nil
}

// armed is a fault with what is left of it.
type armed struct {
	Fault
	random *rand.Rand
}

// takeFaults picks the faults of this call and uses them up.
func (x *exchange) takeFaults(p *page) []Fault {
	d := x.desk
	d.mu.Lock()
	defer d.mu.Unlock()
	call := &d.calls[x.call]
	call.Page, call.Records = x.page, len(p.records)
	var taken []Fault
	spoiled := false
	for _, f := range d.faults {
		if f.Times == 0 || spoiled && f.spoils() || !f.inScope(*call, x.conversation, p) || !x.possible(f.Kind, p) {
			continue
		}
		if f.Probability > 0 && f.random.Float64() >= f.Probability {
			continue
		}
		if f.Times > 0 {
			f.Times--
		}
		concrete := f.concrete()
		spoiled = spoiled || f.spoils()
		call.Faults = append(call.Faults, concrete.Kind)
		taken = append(taken, concrete)
	}
	return taken
}

// remember notes which cursor led to which, while a CycleCursor needs it.
func (x *converseCall) remember(p *page) {
	s := x.s
	s.mu.Lock()
	defer s.mu.Unlock()
	cycle := func(f *armed) bool { return f.Kind == CycleCursor && f.Times != 0 }
	if p.cursor != "" && slices.ContainsFunc(s.faults, cycle) {
		s.issued[p.cursor] = x.query.cursor
	}
}

func (f *armed) inScope(c Call, conversation string, p *page) bool {
	return (f.Endpoint == "" || f.Endpoint == c.Endpoint) &&
		(f.Page == 0 || f.Page == c.Page) &&
		(f.ConversationID == "" || f.ConversationID == conversation) &&
		(f.Record == "" || p.index(f.Record) >= 0) &&
		(f.Match == nil || f.Match(c))
}

// possible is false where a fault could not show, so that it waits for a page where it can.
func (x *exchange) possible(kind FaultKind, p *page) bool {
	switch kind {
	case DuplicateRecord, DropRecord, InvalidUTF8, LoneSurrogate, NaN, BadRecord, TrailingComma:
		return len(p.records) > 0
	default:
		return x.vendor.possible(kind, p)
	}
}

// spoils is true for the kinds that decide over the whole answer.
func (f *armed) spoils() bool {
	return f.Kind == Transient || instead[f.Kind] != nil || onWire[f.Kind] != nil && f.Kind != DateSkew
}

// concrete is f itself; of Transient, one of the faults that pass.
func (f *armed) concrete() Fault {
	if f.Kind != Transient {
		return f.Fault
	}
	mix := []Fault{
		{Kind: StatusError, Status: 500}, {Kind: StatusError, Status: 502, HTML: true},
		{Kind: StatusError, Status: 503}, {Kind: StatusError, Status: 504, HTML: true},
		{Kind: TooMany}, {Kind: TooMany, RetryAfter: RetrySeconds}, {Kind: ResetEarly}, {Kind: ResetMidBody},
		{Kind: TruncatedGzip}, {Kind: ChunkedAbort}, {Kind: WrongLength}, {Kind: HTML200}, {Kind: JSONError200},
	}
	return mix[f.random.IntN(len(mix))]
}

// index of the record in the page; the first for an empty id, -1 if it is not there.
func (p *page) index(id string) int {
	return slices.IndexFunc(p.records, func(it item) bool { return id == "" || it.id == id })
}

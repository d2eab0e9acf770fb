// Package export reads the vendors' exports. It keeps true that one Next is one
// call to the vendor and never more, that a page counts only when its whole body
// was read and parsed, that records pass through byte for byte, and that neither
// keys nor personal data appear in its errors.
package export

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
)

// Source is one configured export. What it has is read in units: chains of pages over
// an interval, or files. Its methods may be called by several goroutines.
type Source interface {
	// Plan says what is to be read for a request. It makes no call to a vendor. Of what
	// it returns RequestID, Source and PageSize are the caller's to set.
	Plan(ctx context.Context, a Ask) (dsr.SearchPlan, error)
	// Open returns a Reader that goes on at the unit's position.
	Open(ctx context.Context, u dsr.Unit, w Wanted) (Reader, error)
	// Expand says what is kept of a record, and what it leads to. q is what the unit was
	// asked for by, if it was; why is why a conversation or an utterance was found.
	Expand(q dsr.MessageQuery, r Record, why []dsr.Why) Expansion
	// Schema says where in its records is what a search needs to know: of conversations
	// what units of conversations bring, of messages the others.
	Schema() match.Schema
	// NothingListed says, of a source that lists nothing at all when it is asked in the
	// wrong way, why an empty list proves nothing; nil for any other.
	NothingListed(s dsr.Source) *dsr.Reason
	// Assumes says in words what the completeness of a search rests on.
	Assumes(s Searched) []dsr.Assumption
}

// Ask is what a search is planned for.
type Ask struct {
	Source  dsr.Source  // its settings
	Request dsr.Request // what it asks for
	AsOf    time.Time
	// Stage is StageConversations at first, and StageMessages once all conversations have
	// been searched.
	Stage dsr.Stage
	Found bool // conversations were found; of StageMessages
}

// Wanted is what is looked for in a unit.
type Wanted struct {
	// Matcher looks at each record. It was compiled for the fields of the unit's endpoint;
	// for units of messages it looks for nothing.
	Matcher *match.Matcher
	// Conversation reports whether messages of a conversation are wanted; only units of
	// messages that were not asked for by id look at it.
	Conversation func(id string) bool
}

// Searched is what Assumes is about.
type Searched struct {
	Source  dsr.Source
	Search  dsr.SourceSearch
	Read    int           // units that were read to their end
	Tally   dsr.Tally     // of the whole search
	Longest time.Duration // longest activity of a conversation read
	Newest  time.Time     // the newest record that was read; zero: none has a time
}

// Reader reads one unit. Close it.
type Reader interface {
	// Next reads the next batch: a page, with exactly one call to the vendor, neither
	// paced nor repeated; or some text of a file. Its error is an *Error or the context's.
	// After an error the next call tries the same again; a file that is Damaged or Changed
	// stays so. What a batch holds is valid until the next call. It may wait for the
	// budget; the batch must be released.
	Next(ctx context.Context) (Batch, error)
	Close()
}

// Batch is what is read and committed at once.
type Batch struct {
	Records  []Record // in the source's order, but for those in Others
	Others   Summary
	Position dsr.Position // where the next batch begins
	End      bool         // the unit has been read to its end
	// Faults are records that could not be read, not whole, or not understood, with words
	// that say where they are; they count among the records. What a page says against
	// itself is one too. Of a unit of pages they are of that, and of what is no JSON object.
	Faults []dsr.Reason
	Said   Said
	Links  dsr.Links // of files
	SHA256 []byte    // with End: of the whole file
	// Marks are what follows of the records for the search as a whole (dsr.Tally.Marks).
	Marks map[string]int64

	Page // of a unit of pages

	held []func() // give back what it holds of the budget
}

// Release gives back what the batch holds of the budget; its records must not be used
// any more. It may be called again; of a failed call there is nothing to release.
func (b Batch) Release() {
	for _, giveBack := range b.held {
		giveBack()
	}
}

// Summary counts records that nobody asked for.
type Summary struct {
	Count       int64
	First, Last time.Time // earliest and latest match.Facts.When
	Searchable  int64     // of conversations: those with metadata to look at
	Anomalies   map[string]int64
}

// Record is one record that was read, with what follows from it.
type Record struct {
	Kind   dsr.RecordKind
	Raw    json.RawMessage // as sent
	Facts  match.Facts
	Hits   []match.Hit
	Near   []match.Near
	Number int64 // its number in the unit, or in the batch of a unit of pages, from 1
}

// Expansion is what follows from a record for one request. Records that have been kept
// before are the same ones.
type Expansion struct {
	Keep []dsr.Record // Source and Why are the caller's to set; Raw as sent, not compacted
	// Group is a derived conversation that holds the record for as long as nothing better is known.
	Group *dsr.Record
	// Moves says of messages kept before to which conversation they belong.
	Moves []Move
	// Next is what has to be read because of it. An interval without a start begins where
	// the source does, and one without an end goes on to as_of.
	Next []dsr.MessageQuery
	Weak bool // it was found only by what many people share
	// Lacks are codes of reasons: what is known to be missing of the conversation that the
	// record is, or is part of.
	Lacks []string
	// Taken is of a conversation's record that was asked for by its id: how many different
	// messages stand where the declaration says that they are counted. One that counts more, as
	// it was listed, lacks some. nil: nothing is counted.
	Taken     *int64
	Foreign   bool     // it is a message of another conversation than was asked for
	Anomalies []string // rules, beside those of the facts
}

// Move puts a message that is kept into a conversation.
type Move struct{ MessageID, ConversationID string }

// Page is what is particular to a batch that is one page.
type Page struct {
	// Suspect is set when the chain ended with an absent or empty cursor instead of
	// the documented null.
	Suspect bool
	Marked  bool          // a byte order mark stood before the page and was ignored
	Sum     [32]byte      // SHA-256 of the decoded body
	Latency time.Duration // from the moment the request was sent to the body's end
	Date    time.Time     // the vendor's clock; zero when it sent none

	// Moved is set at the end of a chain that did not show the list as one: it changed
	// while its pages were read. Read it again.
	Moved bool
	// Differs is set at the end of a chain whose distinct records are not as many as the vendor
	// counts, on its first page and on its last. Read it again.
	Differs bool
	// Outside is how many records lie outside the interval that was asked for: the vendor
	// ignored it, and what it left out instead is not known.
	Outside int
}

// Failure says what a failed call means for the search.
type Failure string

const (
	// Transient: time-out, reset, 5xx, 408, a cut body, a body that is not the
	// export's JSON. Worth repeating for as long as patience lasts.
	Transient Failure = "transient"
	// Throttled: 429. Worth repeating, later and slower.
	Throttled Failure = "throttled"
	// Unparsable: a whole 200 answer whose JSON does not parse. A smaller page may.
	Unparsable Failure = "unparsable"
	// CursorRefused: a 4xx to a call with a cursor: the chain must start again.
	CursorRefused Failure = "cursor_refused"
	// TooWide: 400, 413 or 504 to a call without a cursor: a shorter range may do.
	TooWide Failure = "too_wide"
	// KeyRefused: 401 or 403. Nothing but a new key mends it.
	KeyRefused Failure = "key_refused"
	// Refused: any other 4xx, or a redirect (which is never followed).
	Refused Failure = "refused"

	// Damaged: a file that cannot be read to its end. What was read of it counts.
	Damaged Failure = "damaged"
	// Changed: a file that is not the one that reading began with. What was found wrong in
	// it may be of the other.
	Changed Failure = "changed"
)

// Error is a call that brought no page.
type Error struct {
	Failure    Failure
	Status     int           // 0 when there was no answer
	RetryAfter time.Duration // as the vendor asked, an hour at most; 0 when it did not
	Detail     string        // without URL, key or data
}

func (e *Error) Error() string {
	if e.Status == 0 {
		return fmt.Sprintf("%s: %s", e.Failure, e.Detail)
	}
	return fmt.Sprintf("%s: status %d: %s", e.Failure, e.Status, e.Detail)
}

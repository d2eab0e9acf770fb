// Package export reads the vendors' exports. It keeps true that one Fetch is one
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

// Query asks for one page. Every page of a chain repeats all fields and adds the
// cursor of the page before.
type Query struct {
	Endpoint       dsr.Endpoint
	Start, End     int64  // Unix seconds, both sent as they are
	ConversationID string // messages only
	PerPage        int
	Cursor         string // empty for the first page
}

// Page is one page that was read whole.
type Page struct {
	Records []json.RawMessage // JSON objects as sent, in the vendor's order
	Cursor  string            // for the next page; empty at the end
	// Suspect is set when the chain ended with an absent or empty cursor instead of
	// the documented null.
	Suspect bool
	Marked  bool          // a byte order mark stood before the page and was ignored
	SHA256  [32]byte      // of the decoded body
	Latency time.Duration // from the moment the request was sent to the body's end
	Date    time.Time     // the vendor's clock; zero when it sent none

	// Moved is set at the end of a chain that did not show the list as one: it changed
	// while its pages were read. Read it again.
	Moved bool
	// Outside is how many records lie outside the stretch that was asked for: the vendor
	// ignored it, and what it left out instead is not known.
	Outside int
}

// Source is one configured export. Its methods may be called by several goroutines.
type Source interface {
	// Fetch makes exactly one call, without waiting for a rate limit and without
	// retrying; the caller does both. Its error is an *Error, or the context's.
	Fetch(ctx context.Context, q Query) (Page, error)
	// Schema says where in its records is what a search needs to know: of conversations
	// what the endpoint of that name lists, of messages the other's.
	Schema() match.Schema
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
)

// Error is a call that brought no page.
type Error struct {
	Failure    Failure
	Status     int           // 0 when there was no answer
	RetryAfter time.Duration // as the vendor asked, not capped; 0 when it did not
	Detail     string        // without URL, key or data
}

func (e *Error) Error() string {
	if e.Status == 0 {
		return fmt.Sprintf("%s: %s", e.Failure, e.Detail)
	}
	return fmt.Sprintf("%s: status %d: %s", e.Failure, e.Status, e.Detail)
}

package fakevendor

import (
	"net/http"
	"time"
)

// Variant is one reading of the vendor's documentation, with a name for a subtest.
type Variant struct {
	Name    string
	Choices Choices
}

// Variants are the default and every single departure from it that a client must be right
// under without being told.
func Variants() []Variant {
	return []Variant{
		{"default", Choices{}},
		{"window by last action", Choices{WindowField: LastAction}},
		{"window by overlap", Choices{WindowField: Overlap}},
		{"open end", Choices{Ends: OpenEnd}},
		{"open start", Choices{Ends: OpenStart}},
		{"last cursor absent", Choices{LastCursor: Absent}},
		{"last cursor empty", Choices{LastCursor: Empty}},
		{"trailing empty page", Choices{TrailingEmptyPage: true}},
		{"per_page above the maximum refused", Choices{OverPerPage: Refuse}},
		{"per_page clamped to 100", Choices{MaxPerPage: 100}},
		{"window ignored with conversation_id", Choices{WindowIgnoredWithConversationID: true}},
		{"window of at most 60 days", Choices{MaxSpan: 60 * 24 * time.Hour}},
		{"newest first", Choices{Order: NewestFirst}},
		{"shuffled", Choices{Order: Shuffled}},
		{"unknown bot refused", Choices{UnknownBot: RefuseBot}},
		{"bad key 401", Choices{BadKeyStatus: http.StatusUnauthorized}},
		{"429 with Retry-After", Choices{RateRetryAfter: RetrySeconds, RateHTML: true}},
		{"expired cursor 404", Choices{CursorTTL: time.Minute, ExpiredCursorStatus: http.StatusNotFound}},
		{"expired cursor 410", Choices{CursorTTL: time.Minute, ExpiredCursorStatus: http.StatusGone}},
		{"no compression", Choices{NoGzip: true}},
	}
}

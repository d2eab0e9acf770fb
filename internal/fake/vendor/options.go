package vendor

import "time"

// The endpoints, as [Fault], [Call] and [Server.Count] name them, and their paths.
const (
	Conversations = "conversations"
	Messages      = "messages"

	ConversationsPath = "/conversations/export/v1/conversations"
	MessagesPath      = "/conversations/export/v1/messages"
)

// DefaultBot is the bot_name of the data given to [New] unless [Options].Bot says another.
const DefaultBot = "r3-218210"

// Options say who may call a server and how fast; the zero value is the documented
// vendor, which no key opens yet.
type Options struct {
	Now  func() time.Time // nil: time.Now
	Keys []string         // x-api-key values valid for every bot
	// KeyBots are keys valid for the named bots only; 403 for another bot.
	KeyBots map[string][]string

	Bot  string           // bot_name of the data given to New; empty: DefaultBot
	Bots map[string]*Data // further bots, by bot_name

	Rate       int           // calls per Per and endpoint; 0: 3
	Per        time.Duration // 0: one second
	RateWindow RateWindow

	// Latency is how long the vendor thinks about an admitted call; it ends early when
	// the client goes away. Calls wait side by side.
	Latency time.Duration

	Choices Choices

	// OnCall, if set, is called for every call that is about to be answered with a page,
	// before the records are chosen. It runs without locks: it may change the data,
	// revoke a key, or block. Status is not known yet.
	OnCall func(Call)

	// Hook, if set, may change each answer; see package chaos.
	Hook Hook

	Seed uint64 // of cursors and of Shuffled; 0 is a seed like any other
}

// RateWindow is how calls are counted against the limit.
type RateWindow int

// Ways to count; the vendor says only "3 requests / per second per endpoint".
const (
	Sliding     RateWindow = iota // at most Rate in any Per
	Fixed                         // at most Rate in each Per since 1970
	TokenBucket                   // Rate at once, refilled evenly
	Off                           // no limit
)

// Choices are the points the vendor's documentation leaves open. The zero value is the
// reading most tests want; a client must be right under all of them.
type Choices struct {
	// WindowField is which time of a conversation the window selects by. Messages have
	// one time only.
	WindowField WindowField
	Ends        Ends // which ends belong to the window

	LastCursor        LastCursor // how the last page says so
	TrailingEmptyPage bool       // a last page that is full is followed by an empty one

	OverPerPage    OverPerPage // what per_page above 1000 does
	MaxPerPage     int         // lower maximum, always applied silently; 0: 1000
	DefaultPerPage int         // without per_page; 0: 100

	WindowIgnoredWithConversationID bool
	MaxSpan                         time.Duration // 400 for a longer window; 0: none
	// IngestLag hides records younger than this, by lastActionAt or time.
	IngestLag time.Duration

	Order      Order
	UnknownBot UnknownBot

	BadKeyStatus   int // 0: 403
	RateRetryAfter RetryAfter
	RateHTML       bool // the 429 has an HTML body

	CursorTTL           time.Duration // 0: cursors never expire
	ExpiredCursorStatus int           // 0: 400

	NoGzip bool // never compress, whatever the client accepts
}

// WindowField is a time a conversation is selected by.
type WindowField int

// Times the window may select conversations by.
const (
	StartTime WindowField = iota
	LastAction
	Overlap // active at some time of the window
)

// Ends are the ends of a window that belong to it.
type Ends int

// Windows with both ends, without their end, without their start, without either.
const (
	Closed Ends = iota
	OpenEnd
	OpenStart
	Open
)

// LastCursor is the cursor of a last page.
type LastCursor int

// Ways to say that there are no more pages.
const (
	Null   LastCursor = iota // "cursor":null, as documented
	Absent                   // no cursor member
	Empty                    // "cursor":""
)

// OverPerPage is the answer to per_page above 1000.
type OverPerPage int

// Answers to per_page above 1000.
const (
	Clamp  OverPerPage = iota // 1000 records
	Refuse                    // 400
)

// Order is the order of records over all pages of a query.
type Order int

// Orders; Shuffled is the same for one seed.
const (
	ByStart Order = iota
	NewestFirst
	Shuffled
)

// UnknownBot is the answer to a bot_name the server does not have.
type UnknownBot int

// Answers to an unknown bot_name.
const (
	EmptyBot  UnknownBot = iota // 200 with no data
	RefuseBot                   // 400
)

// RetryAfter is the Retry-After header of a 429.
type RetryAfter int

// Forms of Retry-After.
const (
	RetryNone    RetryAfter = iota
	RetrySeconds            // 1
	RetryDate               // one second from now as an HTTP date
	RetryZero               // 0
	RetryDay                // 86400
)

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rate == 0 {
		o.Rate = 3
	}
	if o.Per == 0 {
		o.Per = time.Second
	}
	if o.Bot == "" {
		o.Bot = DefaultBot
	}
	c := &o.Choices
	setDefault(&c.MaxPerPage, maxPerPage)
	setDefault(&c.DefaultPerPage, 100)
	setDefault(&c.BadKeyStatus, 403)
	setDefault(&c.ExpiredCursorStatus, 400)
	return o
}

func (o Options) limits() limits {
	return limits{
		now: o.Now, latency: o.Latency, onCall: o.OnCall, hook: o.Hook, noGzip: o.Choices.NoGzip,
		rate: o.Rate, per: o.Per, rateWindow: o.RateWindow,
		limited: 429, retryAfter: o.Choices.RateRetryAfter, rateHTML: o.Choices.RateHTML,
	}
}

func setDefault(v *int, def int) {
	if *v == 0 {
		*v = def
	}
}

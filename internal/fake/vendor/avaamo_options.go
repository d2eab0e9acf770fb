package vendor

import (
	"net/http"
	"time"
)

// The endpoints of Avaamo, as [Fault] and [Call] name them.
const (
	AvaamoEntries      = "analytics messages"    // /bots/analytics/{agent}/messages.json
	AvaamoSessions     = "analytics sessions"    // /bots/analytics/{agent}/sessions.json
	AvaamoInsights     = "query insights"        // /api/v1/agents/{agent}/query_insights.json
	AvaamoTalk         = "v1 messages"           // /v1/messages.json
	AvaamoConversation = "v1 conversation"       // /v1/conversations/{uuid}.json
	AvaamoTranscript   = "conversation messages" // /v1/conversations/{uuid}/messages.json
	AvaamoUserInfo     = "user info"             // /v1/user_info/{layer_id}.json
	AvaamoStorage      = "storages"              // /dashboard/bots/{agent}/storages.json
	AvaamoMask         = "mask"                  // destroys data: a violation
	AvaamoClear        = "clear data"            // destroys data: a violation
)

// avaamoMaxPerPage is the documented maximum.
const avaamoMaxPerPage = 100

// DefaultAgent is the agent unless [AvaamoOptions].Agent says another.
const DefaultAgent = "20345"

// AvaamoOptions say who may call an Avaamo server and how fast; the zero value is the
// documented vendor, which no token opens yet.
type AvaamoOptions struct {
	Now         func() time.Time // nil: time.Now
	UserTokens  []string         // open the analytics and the dashboard
	AgentTokens []string         // open /v1; the two kinds are not interchangeable
	Agent       string           // empty: DefaultAgent

	Rate       int           // calls per Per; 0: 50
	Per        time.Duration // 0: one minute
	RateWindow RateWindow

	// Latency is how long the vendor thinks about an admitted call.
	Latency time.Duration

	Choices AvaamoChoices

	// OnCall, if set, is called for every call that is about to be answered with a page,
	// before the records are chosen. It runs without locks: it may change the data.
	OnCall func(Call)

	// Hook, if set, may change each answer; see package chaos.
	Hook Hook

	Seed uint64 // of UnstableTies
}

// AvaamoChoices are the points Avaamo's documentation leaves open or contradicts itself
// about. The zero value is the reading most tests want; a client must be right, or say
// that it is not, under all of them.
type AvaamoChoices struct {
	BadTokenStatus int // 0: 401; a good token for another agent is always 403

	OverPerPage OverPerPage // what per_page above 100 does: Clamp, or Refuse with 422
	// EmptyIsOnePage: total_pages of an empty list is 1, not 0.
	EmptyIsOnePage bool
	// Equation makes total_entries = per_page * total_pages, as documented, which
	// rounds it up.
	Equation bool

	OldNames OldNames // from_date, to_date, utc_offset
	// Unit is what from_timetoken and to_timetoken of the analytics are read as. An
	// endpoint of /v1 and the insights have documented units of their own.
	Unit TimeUnit
	// WindowIgnored: the analytics do not look at their time parameters, so that the
	// default window of three days up to now applies.
	WindowIgnored bool
	// TalkNames are the names and the unit that /v1/messages.json knows.
	TalkNames TalkNames

	OldestFirst bool // default: newest first
	// UnstableTies: entries of one created_at change places from call to call.
	UnstableTies bool

	ClockSkew time.Duration // of time_token
	// IngestLag hides records younger than this.
	IngestLag time.Duration

	LimitScope     LimitScope
	LimitStatus    int // of a call beyond the limit; 0: 429
	RateRetryAfter RetryAfter
	RateHTML       bool

	// Calls for a wider window, or a deeper page, take longer than the vendor's 30
	// seconds: 504 with an HTML body. 0: no bound.
	SlowSpan time.Duration
	SlowPage int

	NoGzip bool
}

// OldNames is what the removed parameters of the analytics do.
type OldNames int

// What the removed parameters do.
const (
	OldIgnored  OldNames = iota
	OldHonoured          // from_date and to_date, dd/mm/yyyy, UTC
	OldRefused           // 400
)

// TimeUnit is the unit of a time token.
type TimeUnit int

// Units of time tokens.
const (
	Seconds TimeUnit = iota
	Milliseconds
	Microseconds
)

// TalkNames is which generation of its documentation /v1/messages.json follows.
type TalkNames int

// Generations of /v1/messages.json.
const (
	SinceMicroseconds TalkNames = iota // since_timetoken, timetoken in µs
	FromSeconds                        // from_timetoken, to_timetoken in s
)

// LimitScope is what is counted together against the limit.
type LimitScope int

// Scopes of the limit.
const (
	PerToken LimitScope = iota
	PerIP
	PerAccount
)

func (o AvaamoOptions) withDefaults() AvaamoOptions {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rate == 0 {
		o.Rate = 50
	}
	if o.Per == 0 {
		o.Per = time.Minute
	}
	if o.Agent == "" {
		o.Agent = DefaultAgent
	}
	setDefault(&o.Choices.BadTokenStatus, http.StatusUnauthorized)
	setDefault(&o.Choices.LimitStatus, http.StatusTooManyRequests)
	return o
}

func (o AvaamoOptions) limits() limits {
	c := o.Choices
	return limits{
		now: o.Now, latency: o.Latency, onCall: o.OnCall, hook: o.Hook, noGzip: c.NoGzip,
		rate: o.Rate, per: o.Per, rateWindow: o.RateWindow,
		limited: c.LimitStatus, retryAfter: c.RateRetryAfter, rateHTML: c.RateHTML,
	}
}

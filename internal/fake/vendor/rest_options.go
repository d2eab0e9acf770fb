package vendor

import (
	"net/http"
	"time"
)

// RestOptions say who may call a [Rest] server and how fast; the zero value is the
// documented vendor, which no key opens yet.
type RestOptions struct {
	Now  func() time.Time // nil: time.Now
	Keys []string         // keys, passwords or clients' secrets, by the layout's [Auth]

	Rate       int           // calls per Per; 0: the layout's
	Per        time.Duration // 0: the layout's
	RateWindow RateWindow

	// Latency is how long the vendor thinks about an admitted call.
	Latency time.Duration

	Choices *RestChoices // nil: [Layout.Choices]

	// OnCall, if set, is called for every call that is about to be answered with a page,
	// before the records are chosen. It runs without locks: it may change the data.
	OnCall func(Call)

	// Hook, if set, may change each answer; see package chaos.
	Hook Hook

	Seed uint64 // of cursors and of Shuffled
}

// RestChoices are the points on which vendors' documentations differ, or are silent. A
// client has to be right under each that a layout's documentation allows.
type RestChoices struct {
	Field WindowField // which time of a conversation its window selects by
	Ends  Ends
	// Step rounds the ends of a window outwards to its multiples.
	Step time.Duration
	// MaxSpan is the longest window: a longer one is refused or, if Shortened, cut to it
	// without a word, from its start.
	MaxSpan   time.Duration
	Shortened bool

	Last          LastCursor // how the last page says so where cursors or links do
	Trailing      bool       // a last page that is full is followed by an empty one
	EmptyPages    bool       // every second page but the last is empty, and goes on
	Endless       bool       // also the last page leads on, to an empty one that leads to itself
	RelativeLinks bool

	Order Order
	// OverSize is the answer to a page size above the largest; MaxSize a lower largest,
	// applied silently.
	OverSize OverPerPage
	MaxSize  int

	Unit TimeUnit // of a window whose documentation contradicts itself

	IngestLag time.Duration // hides records younger than this
	Horizon   time.Duration // deletes records older than this

	NoTotal    bool
	TotalOff   int           // is added to the total that is told
	TokenLife  time.Duration // of access tokens; 0: an hour
	NoLifetime bool          // the token's answer does not say how long it lives

	BadKeyStatus   int // 0: 401
	CursorTTL      time.Duration
	ExpiredStatus  int // 0: 400
	RateRetryAfter RetryAfter
	RateHTML       bool
	NoGzip         bool
}

func (o RestOptions) withDefaults(l Layout) RestOptions {
	if o.Now == nil {
		o.Now = time.Now
	}
	setDefault(&o.Rate, l.calls)
	if o.Per == 0 {
		o.Per = l.per
	}
	c := l.choices
	if o.Choices != nil {
		c = *o.Choices
	}
	setDefault(&c.BadKeyStatus, http.StatusUnauthorized)
	setDefault(&c.ExpiredStatus, http.StatusBadRequest)
	if c.TokenLife == 0 {
		c.TokenLife = time.Hour
	}
	o.Choices = &c
	return o
}

func (o RestOptions) limits() limits {
	c := *o.Choices
	return limits{
		now: o.Now, latency: o.Latency, onCall: o.OnCall, hook: o.Hook, noGzip: c.NoGzip,
		rate: o.Rate, per: o.Per, rateWindow: o.RateWindow,
		limited: http.StatusTooManyRequests, retryAfter: c.RateRetryAfter, rateHTML: c.RateHTML,
	}
}

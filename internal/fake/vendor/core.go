package vendor

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// core is what every vendor here has: a clock, a log of calls, limits, and a note of each rule of use that the client broke.
type core struct {
	limits

	mu         sync.Mutex
	limiters   map[string]limiter
	calls      []Call
	inFlight   map[string]int
	violations []string
}

// limits are the options that have nothing to do with a vendor's data.
type limits struct {
	now        func() time.Time
	latency    time.Duration
	onCall     func(Call)
	hook       Hook
	noGzip     bool
	rate       int
	per        time.Duration
	rateWindow RateWindow
	limited    int // status of a call beyond the limit
	retryAfter RetryAfter
	rateHTML   bool
}

func newCore(m limits) core {
	return core{limits: m, limiters: map[string]limiter{}, inFlight: map[string]int{}}
}

// vendor is one call as the vendor it came to handles it.
type vendor interface {
	// admit checks what a gateway checks before the application sees the call.
	admit() *refusal
	// understand checks the parameters; it runs once the call is admitted.
	understand() *refusal
	turnPage() *Page
	// body writes a page.
	body(p *Page) []byte
	// frame is a page with data, a JSON value, in place of its records; without the
	// member when data is empty.
	frame(data string) []byte
	// failure words an error.
	failure(text string) []byte
	// paging moves about in the list that the page was cut from; nil where there is none.
	paging(p *Page) any
}

// call is one call on its way through a core.
type call struct {
	core     *core
	vendor   vendor
	r        *http.Request
	endpoint string
	key      string
	params   url.Values
	sent     []byte // the body
	index    int    // in core.calls
	now      time.Time
	overRate bool // refused by the limiter

	// What the vendor understood, for a hook.
	page         int // which page of its chain, from 1
	conversation string
	link         string // to the next page, where a header has it

	reply  Reply
	sender Sender // of the hook
}

// serve takes the call from its arrival to its answer.
func (x *call) serve(w http.ResponseWriter) {
	// Until the body is read the server does not notice that a client went away.
	x.sent, _ = io.ReadAll(x.r.Body)
	params, err := url.ParseQuery(x.r.URL.RawQuery)
	x.params = params
	x.begin()
	defer x.end()
	refused := x.vendor.admit()
	if refused == nil && err != nil {
		refused = refuse(http.StatusBadRequest, "the query string does not decode")
	}
	if refused == nil {
		refused = x.vendor.understand()
	}
	if refused != nil {
		x.reply = x.refusal(refused)
	} else if !x.answer() {
		return // the client went away
	}
	x.send(w)
}

// answer makes the reply to a call without fault of its own; false if the client has gone.
func (x *call) answer() bool {
	if x.core.onCall != nil {
		x.core.onCall(x.core.callAt(x.index))
	}
	if !x.wait(x.core.latency) {
		return false
	}
	p := x.vendor.turnPage()
	x.note(func(c *Call) { c.Page, c.Records = x.page, len(p.Records) })
	x.reply = x.json(x.vendor.body(p))
	if x.core.hook != nil {
		a := &Answer{Page: p, Reply: x.reply, Paging: x.vendor.paging(p), x: x}
		x.sender = x.core.hook(a)
		x.reply = a.Reply
	}
	return true
}

// withinLimit counts the call against a limit; nil if it is within.
func (x *call) withinLimit(bucket string) *refusal {
	d := x.core
	d.mu.Lock()
	defer d.mu.Unlock()
	l, ok := d.limiters[bucket]
	if !ok {
		l = newLimiter(d.rateWindow, d.rate, d.per)
		d.limiters[bucket] = l
	}
	if l.admit(x.now) {
		return nil
	}
	d.violations = append(d.violations, fmt.Sprintf("%s: more than %d calls per %v (call %d)", x.endpoint, d.rate, d.per, x.index+1))
	x.overRate = true
	return refuse(d.limited, "%s", http.StatusText(d.limited))
}

// wait lets time pass; false if the client went away first.
func (x *call) wait(d time.Duration) bool {
	if d <= 0 {
		return x.r.Context().Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-x.r.Context().Done():
		return false
	}
}

// violation notes that the client broke a rule of use.
func (d *core) violation(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.violations = append(d.violations, fmt.Sprintf(format, args...))
}

// Violations are the rules of use the client broke, in order: the rate limit, a cursor
// with other parameters or from elsewhere, an empty cursor parameter, a method other than
// GET; of Avaamo also a token in an address, and a call that would destroy data.
func (d *core) Violations() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.violations)
}

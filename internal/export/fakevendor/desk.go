package fakevendor

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// desk is what every vendor here has: a clock, a log of calls, limits, faults, and
// a note of each rule of use that the client broke.
type desk struct {
	manners

	mu         sync.Mutex
	limits     map[string]limiter
	faults     []*armed
	calls      []Call
	inFlight   map[string]int
	violations []string
}

// manners are the choices that have nothing to do with a vendor's data.
type manners struct {
	now        func() time.Time
	latency    time.Duration
	onCall     func(Call)
	noGzip     bool
	rate       int
	per        time.Duration
	rateWindow RateWindow
	limited    int // status of a call beyond the limit
	retryAfter RetryAfter
	rateHTML   bool
}

func newDesk(m manners) desk {
	return desk{manners: m, limits: map[string]limiter{}, inFlight: map[string]int{}}
}

// vendor is one call as the vendor it came to handles it.
type vendor interface {
	// admit checks what a gateway checks before the application sees the call.
	admit() *refusal
	// understand checks the parameters; it runs once the call is admitted.
	understand() *refusal
	turnPage() *page
	// body writes a page.
	body(p *page) []byte
	// without is a page with data, a JSON value, in place of its records; without the
	// member when data is empty.
	without(data string) []byte
	// failure words an error.
	failure(text string) []byte
	// misturn does to the page what a fault of paging does; possible says whether it could show.
	misturn(kind FaultKind, p *page)
	possible(kind FaultKind, p *page) bool
}

// exchange is one call on its way through a desk.
type exchange struct {
	desk     *desk
	vendor   vendor
	r        *http.Request
	endpoint string
	key      string
	params   url.Values
	call     int // index in desk.calls
	now      time.Time
	overRate bool // refused by the limiter

	// What the vendor understood, for the scope of faults.
	page         int // which page of its chain, from 1
	conversation string

	faults []Fault
	reply  reply
}

// serve takes the call from its arrival to its answer.
func (x *exchange) serve(w http.ResponseWriter) {
	// Until the body is read the server does not notice that a client went away.
	_, _ = io.Copy(io.Discard, x.r.Body)
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
func (x *exchange) answer() bool {
	if x.desk.onCall != nil {
		x.desk.onCall(x.desk.callAt(x.call))
	}
	if !x.wait(x.desk.latency) {
		return false
	}
	p := x.vendor.turnPage()
	x.faults = x.takeFaults(p)
	x.applyFaults(p)
	return true
}

// withinLimit counts the call against a limit; nil if it is within.
func (x *exchange) withinLimit(bucket string) *refusal {
	d := x.desk
	d.mu.Lock()
	defer d.mu.Unlock()
	l, ok := d.limits[bucket]
	if !ok {
		l = newLimiter(d.rateWindow, d.rate, d.per)
		d.limits[bucket] = l
	}
	if l.admit(x.now) {
		return nil
	}
	d.violations = append(d.violations, fmt.Sprintf("%s: more than %d calls per %v (call %d)", x.endpoint, d.rate, d.per, x.call+1))
	x.overRate = true
	return refuse(d.limited, "%s", http.StatusText(d.limited))
}

// wait lets time pass; false if the client went away first.
func (x *exchange) wait(d time.Duration) bool {
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
func (d *desk) violation(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.violations = append(d.violations, fmt.Sprintf(format, args...))
}

// Violations are the rules of use the client broke, in order: the rate limit, a cursor
// with other parameters or from elsewhere, an empty cursor parameter, a method other than
// GET; of Avaamo also a token in an address, and a call that would destroy data.
func (d *desk) Violations() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.violations)
}

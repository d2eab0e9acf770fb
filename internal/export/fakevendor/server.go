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

// Server is the vendor: an [http.Handler] for one account. All methods may be called at any
// time from any goroutine.
type Server struct {
	options Options
	baker   baker

	mu         sync.Mutex
	bots       map[string]*bot
	limits     map[string]limiter
	keys       keyring
	faults     []*armed
	calls      []Call
	inFlight   map[string]int
	violations []string
	issued     map[string]string // cursor → the one it was asked with; see CycleCursor
}

// bot is the data of one bot_name, in serving order.
type bot struct {
	data  *Data
	views map[string]view
}

// New makes a server that holds data as the bot Options.Bot; data may be nil when
// Options.Bots has them all. It changes neither data nor o.
func New(data *Data, o Options) *Server {
	o = o.withDefaults()
	s := &Server{
		options: o, baker: newBaker(o.Seed), keys: newKeyring(o), bots: map[string]*bot{},
		limits:   map[string]limiter{Conversations: newLimiter(o), Messages: newLimiter(o)},
		inFlight: map[string]int{}, issued: map[string]string{},
	}
	for name, d := range o.Bots {
		s.bots[name] = s.newBot(d)
	}
	if data != nil {
		s.bots[o.Bot] = s.newBot(data)
	}
	return s
}

func (s *Server) newBot(d *Data) *bot {
	c := s.options.Choices
	return &bot{data: d, views: map[string]view{
		Conversations: newView(d.conversations, c.Order, s.options.Seed),
		Messages:      newView(d.messages, c.Order, s.options.Seed),
	}}
}

// ServeHTTP answers one call of the vendor's API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Until the body is read the server does not notice that a client went away.
	_, _ = io.Copy(io.Discard, r.Body)
	x := &exchange{s: s, r: r, endpoint: endpointOf(r.URL.Path), key: r.Header.Get("x-api-key")}
	params, err := url.ParseQuery(r.URL.RawQuery)
	x.params = params
	x.begin()
	defer x.end()
	refused := x.admit()
	if refused == nil && err != nil {
		refused = refuse(http.StatusBadRequest, "the query string does not decode")
	}
	if refused == nil {
		refused = x.understand()
	}
	if refused != nil {
		x.reply = x.refusal(refused)
	} else if !x.answer() {
		return // the client went away
	}
	x.send(w)
}

// exchange is one call on its way through the server.
type exchange struct {
	s        *Server
	r        *http.Request
	endpoint string
	key      string
	params   url.Values
	call     int // index in s.calls
	now      time.Time
	limited  bool // refused by the limiter

	query  query
	place  place
	faults []Fault
	reply  reply
}

// admit checks what a gateway checks before the application sees the call.
func (x *exchange) admit() *refusal {
	if x.endpoint == "" {
		return refuse(http.StatusNotFound, "Not Found")
	}
	if !x.withinLimit() {
		x.limited = true
		return refuse(http.StatusTooManyRequests, "Too Many Requests")
	}
	if x.r.Method != http.MethodGet {
		x.s.violation("%s: method %s", x.endpoint, x.r.Method)
		return refuse(http.StatusMethodNotAllowed, "Method Not Allowed")
	}
	return x.s.checkKey(x.key, x.params.Get("bot_name"))
}

func (x *exchange) withinLimit() bool {
	s := x.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limits[x.endpoint].admit(x.now) {
		return true
	}
	s.violations = append(s.violations, fmt.Sprintf("%s: more than %d calls per %v (call %d)",
		x.endpoint, s.options.Rate, s.options.Per, x.call+1))
	return false
}

// understand checks the parameters and the cursor.
func (x *exchange) understand() *refusal {
	var refused *refusal
	c := x.s.options.Choices
	if x.query, refused = parseQuery(x.endpoint, x.params, c); refused != nil {
		return refused
	}
	if x.params.Has("cursor") && x.query.cursor == "" {
		x.s.violation("%s: an empty cursor parameter", x.endpoint)
	}
	if x.place, refused = x.s.placeOf(x.query, x.key, x.now); refused != nil {
		return refused
	}
	if c.UnknownBot == RefuseBot && !x.s.hasBot(x.query.bot) {
		return refuse(http.StatusBadRequest, "unknown bot_name")
	}
	return nil
}

// answer makes the reply to a call without fault of its own; false if the client has gone.
func (x *exchange) answer() bool {
	if x.s.options.OnCall != nil {
		x.s.options.OnCall(x.s.callAt(x.call))
	}
	if !x.wait(x.s.options.Latency) {
		return false
	}
	p := x.turnPage()
	x.faults = x.s.takeFaults(x, p)
	x.applyFaults(p)
	return true
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

func (s *Server) hasBot(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bots[name] != nil
}

// viewOf is the list a query reads; it stays as it is while a page is cut from it.
func (s *Server) viewOf(q query) (view, bool) {
	s.mu.Lock()
	b := s.bots[q.bot]
	s.mu.Unlock()
	if b == nil {
		return view{}, false
	}
	if q.conversation == "" {
		return b.views[q.endpoint], true
	}
	return newView(b.data.messages.conversation(q.conversation), s.options.Choices.Order, s.options.Seed), true
}

// violation notes that the client broke a rule of use.
func (s *Server) violation(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.violations = append(s.violations, fmt.Sprintf(format, args...))
}

// Violations are the rules of use the client broke, in order: the rate limit, a cursor
// with other parameters or from elsewhere, an empty cursor parameter, a method other than
// GET.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

package fakevendor

import (
	"net/url"
	"path"
	"slices"
	"time"
)

// Call is one request the server received.
type Call struct {
	Time     time.Time
	Endpoint string // Conversations, Messages, or empty for another path
	Path     string
	Params   url.Values
	KeyHash  string // see KeyHash; empty without a key
	Cursor   bool   // the query held a cursor
	Page     int    // which page of its chain, from 1; 0 if refused before that was known
	Status   int    // as sent; 0 while in flight, and when nothing was sent
	Records  int    // in the page, also if a fault then spoiled it
	Overlap  bool   // another call to the endpoint was in flight when this one came
	Limited  bool   // refused by the rate limit itself, not by a fault
	Faults   []FaultKind
}

// Calls are all calls so far, in order of arrival.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Count is the number of calls to an endpoint so far, refused ones too. endpoint is its
// name or its path; empty counts all calls, also to other paths.
func (s *Server) Count(endpoint string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if endpoint == "" {
		return len(s.calls)
	}
	n := 0
	for _, c := range s.calls {
		if c.Endpoint == path.Base(endpoint) {
			n++
		}
	}
	return n
}

func (s *Server) callAt(i int) Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[i]
}

// begin notes the call's arrival.
func (x *exchange) begin() {
	s := x.s
	s.mu.Lock()
	defer s.mu.Unlock()
	x.now = s.options.Now()
	x.call = len(s.calls)
	s.calls = append(s.calls, Call{
		Time: x.now, Endpoint: x.endpoint, Path: x.r.URL.Path, Params: x.params, KeyHash: KeyHash(x.key),
		Cursor: x.params.Get("cursor") != "", Overlap: s.inFlight[x.endpoint] > 0,
	})
	s.inFlight[x.endpoint]++
}

// end notes that the call is over, whether or not it was answered.
func (x *exchange) end() {
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	x.s.inFlight[x.endpoint]--
}

// note changes the call's entry.
func (x *exchange) note(change func(*Call)) {
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	change(&x.s.calls[x.call])
}

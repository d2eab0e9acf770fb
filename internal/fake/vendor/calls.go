package vendor

import (
	"net/url"
	"slices"
	"time"
)

// Call is one request the server received.
type Call struct {
	Time     time.Time
	Endpoint string // Conversations, Messages, one of Avaamo's, or empty for another path
	Method   string
	Path     string
	Params   url.Values
	KeyHash  string   // see KeyHash; empty without a key
	Cursor   bool     // the query held a cursor
	Page     int      // which page of its chain, from 1; 0 if refused before that was known
	Status   int      // as sent; 0 while in flight, and when nothing was sent
	Records  int      // in the page, also if a fault then spoiled it
	Overlap  bool     // another call to the endpoint was in flight when this one came
	Limited  bool     // refused by the rate limit itself, not by a fault
	Faults   []string // what a hook did to the answer
}

// Calls are all calls so far, in order of arrival.
func (d *core) Calls() []Call {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.calls)
}

// Count is the number of calls to an endpoint so far, refused ones too. endpoint is its
// name or its path; empty counts all calls, also to other paths.
func (d *core) Count(endpoint string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if endpoint == "" {
		return len(d.calls)
	}
	n := 0
	for _, c := range d.calls {
		if c.Endpoint == endpoint || c.Path == endpoint {
			n++
		}
	}
	return n
}

func (d *core) callAt(i int) Call {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls[i]
}

// begin notes the call's arrival.
func (x *call) begin() {
	d := x.core
	d.mu.Lock()
	defer d.mu.Unlock()
	x.now = d.now()
	x.index = len(d.calls)
	d.calls = append(d.calls, Call{
		Time: x.now, Endpoint: x.endpoint, Method: x.r.Method, Path: x.r.URL.Path, Params: x.params, KeyHash: KeyHash(x.key),
		Cursor: x.params.Get("cursor") != "", Overlap: d.inFlight[x.endpoint] > 0,
	})
	d.inFlight[x.endpoint]++
}

// end notes that the call is over, whether or not it was answered.
func (x *call) end() {
	x.core.mu.Lock()
	defer x.core.mu.Unlock()
	x.core.inFlight[x.endpoint]--
}

// note changes the call's entry.
func (x *call) note(change func(*Call)) {
	x.core.mu.Lock()
	defer x.core.mu.Unlock()
	change(&x.core.calls[x.index])
}

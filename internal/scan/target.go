package scan

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/match"
)

// target is what is looked for in units that are read for the same requests.
type target struct {
	requests []dsr.Request
	windows  []dsr.Window // of each
	wanted   export.Wanted
	owners   map[string][]int // of messages: for which requests a conversation was found
	nearly   []atomic.Int64   // of each request: near misses so far
	// guide says that messages are asked for by a short cut: what is known of the source
	// may follow from them.
	guide bool
}

// targets makes targets, and remembers those that many units share. What a request asks for
// changes only with another run of it.
type targets struct {
	st       Store
	requests map[runOf]dsr.Request
	made     map[string]*target
}

// runOf is one run of a request.
type runOf struct {
	id  string
	run int64
}

// targetsKept bounds how many targets are remembered.
const targetsKept = 32

func newTargets(st Store) *targets {
	return &targets{st: st, requests: map[runOf]dsr.Request{}, made: map[string]*target{}}
}

// request returns what a request asks for in its present run.
func (ts *targets) request(ctx context.Context, id string) (r dsr.Request, err error) {
	runs, err := ts.st.Runs(ctx, []string{id})
	if err != nil {
		return r, err
	}
	return ts.inRun(ctx, runOf{id, runs[0]})
}

// inRun is request with the run known.
func (ts *targets) inRun(ctx context.Context, run runOf) (dsr.Request, error) {
	if r, known := ts.requests[run]; known {
		return r, nil
	}
	r, err := ts.st.Lookup(ctx, run.id)
	if err != nil {
		return r, fmt.Errorf("read request %s: %w", run.id, err)
	}
	ts.requests[run] = r
	return r, nil
}

// of returns what is looked for in a unit.
func (ts *targets) of(ctx context.Context, s Source, u dsr.Unit, searches []dsr.SourceSearch) (*target, error) {
	runs, err := ts.st.Runs(ctx, u.Requests)
	if err != nil {
		return nil, err
	}
	if u.Query.Asks() {
		t, err := ts.make(ctx, s, u, runs)
		if err == nil {
			t.guide = isGuide(u, searches)
		}
		return t, err
	}
	key := keyOf(u, runs, searches)
	if t, known := ts.made[key]; known {
		return t, nil
	}
	t, err := ts.make(ctx, s, u, runs)
	if err != nil {
		return nil, err
	}
	if len(ts.made) >= targetsKept {
		clear(ts.made)
	}
	ts.made[key] = t
	return t, nil
}

// keyOf names a target: what was found for a request changes only when its search is
// opened again.
func keyOf(u dsr.Unit, runs []int64, searches []dsr.SourceSearch) string {
	var b strings.Builder
	fmt.Fprint(&b, u.Source, "|", u.Kind, "|", u.Endpoint)
	for _, s := range searches {
		if u.For(s) {
			fmt.Fprint(&b, "|", s.RequestID, s.OpenedAt.UnixMilli(), s.Stage)
		}
	}
	fmt.Fprint(&b, "|", u.Requests, runs)
	return b.String()
}

func isGuide(u dsr.Unit, searches []dsr.SourceSearch) bool {
	for _, s := range searches {
		if u.For(s) && s.ShortCut != nil {
			return true
		}
	}
	return false
}

func (ts *targets) make(ctx context.Context, s Source, u dsr.Unit, runs []int64) (*target, error) {
	t := &target{nearly: make([]atomic.Int64, len(u.Requests))}
	var queries []match.Query
	for i, id := range u.Requests {
		r, err := ts.inRun(ctx, runOf{id, runs[i]})
		if err != nil {
			return nil, err
		}
		t.requests, t.windows = append(t.requests, r), append(t.windows, windowOf(s.Source, u, r))
		queries = append(queries, match.Query{Selectors: r.Selectors, Region: s.Region})
	}
	switch {
	case u.Endpoint == dsr.Conversations:
	case u.Query.Asks():
		queries = nil // whatever comes was asked for
	default:
		queries = nil // only whose they are is asked
		if err := ts.addOwners(ctx, t, s.Name); err != nil {
			return nil, err
		}
	}
	var err error
	t.wanted.Matcher, err = match.Compile(queries, fieldsOf(s, u.Endpoint))
	return t, err
}

// fieldsOf are where the records of an endpoint hold what a search needs to know.
func fieldsOf(s Source, e dsr.Endpoint) match.Fields {
	if e == dsr.Messages {
		return s.Export.Schema().Message
	}
	return s.Export.Schema().Conversation
}

// windowOf is the request's window in a unit. A file has no vendor that was asked for an
// interval: without a start the window begins at the source's earliest.
func windowOf(s dsr.Source, u dsr.Unit, r dsr.Request) dsr.Window {
	if u.Kind == dsr.File {
		return dsr.Window{Start: later(r.Window.Start, s.Earliest), End: r.Window.End}
	}
	return r.Window
}

func (ts *targets) addOwners(ctx context.Context, t *target, source string) error {
	t.owners = map[string][]int{}
	for i, r := range t.requests {
		ids, err := ts.st.FoundConversations(ctx, r.ID, source)
		if err != nil {
			return err
		}
		for _, id := range ids {
			t.owners[id] = append(t.owners[id], i)
		}
	}
	t.wanted.Conversation = func(id string) bool { return len(t.owners[id]) > 0 }
	return nil
}

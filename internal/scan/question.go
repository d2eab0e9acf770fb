package scan

import (
	"maps"
	"sync"

	"dsr-server/internal/dsr"
)

// question is what is asked about one conversation for one request. Where the vendor refuses
// so much at once it is asked in pieces, each of which is a unit.
type question struct {
	source, request string
	kind            dsr.QueryKind
	id              string
}

// questionOf returns what a unit is a piece of. The zero value: nothing.
func questionOf(u dsr.Unit) (q question) {
	if u.Query.Asks() && len(u.Requests) > 0 {
		q = question{u.Source, u.Requests[0], u.Query.Kind, u.Query.ID}
	}
	return q
}

// hopeless are the questions that were given up in one piece, while others of them are open.
type hopeless struct {
	mu  sync.Mutex
	why map[question]dsr.Reason
}

// giveUp remembers that a piece cannot be had however little is asked for, so that the others
// are not asked for.
func (h *hopeless) giveUp(u dsr.Unit, why dsr.Reason) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.why == nil {
		h.why = map[question]dsr.Reason{}
	}
	h.why[questionOf(u)] = why
}

// given reports whether a unit is a piece of such a question.
func (h *hopeless) given(u dsr.Unit) (why dsr.Reason, up bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	why, up = h.why[questionOf(u)]
	return why, up
}

// keep forgets those of which none of the units is an open piece: one that is asked again, in
// another run of its request, is asked in earnest.
func (h *hopeless) keep(units []dsr.Unit) {
	open := map[question]bool{}
	for _, u := range units {
		open[questionOf(u)] = open[questionOf(u)] || u.Open()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.DeleteFunc(h.why, func(q question, _ dsr.Reason) bool { return !open[q] })
}

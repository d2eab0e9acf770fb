package scan

import (
	"maps"

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

// giveUpQuestion remembers that a piece cannot be had however little is asked for, so that the
// others are not asked for.
func (h *host) giveUpQuestion(u dsr.Unit, why dsr.Reason) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hopeless[questionOf(u)] = why
}

// givenUp reports whether a unit is a piece of such a question.
func (h *host) givenUp(u dsr.Unit) (why dsr.Reason, given bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	why, given = h.hopeless[questionOf(u)]
	return why, given
}

// forgetQuestions forgets those of which no piece is open: one that is asked again, in another
// run of its request, is asked in earnest.
func (h *host) forgetQuestions(units []dsr.Unit) {
	open := map[question]bool{}
	for _, u := range units {
		open[questionOf(u)] = open[questionOf(u)] || u.Open()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.DeleteFunc(h.hopeless, func(q question, _ dsr.Reason) bool { return !open[q] })
}

package app

import (
	"sync"
	"time"

	"dsr-server/internal/dsr"
)

// A self-test of a source shares its host's pace with the searches, or keeps them waiting.
// So there is one at a time, and whoever asks, tests take a part of the time alone: after
// so much of it in a row they have to wait.
const (
	checkTime   = 2 * time.Minute // of one: some forty calls at the slowest vendor's pace
	checksInRow = time.Minute
	checksPart  = 4 // a quarter of the time
	leastCheck  = 100 * time.Millisecond
)

// checks are the self-tests that callers have asked for.
type checks struct {
	now func() time.Time

	mu      sync.Mutex
	sources map[string]*checked
}

// checked is what tests of one source have taken.
type checked struct {
	running bool
	began   time.Time
	taken   time.Duration // of checksInRow, as of ended
	ended   time.Time
}

func newChecks(now func() time.Time) *checks {
	if now == nil {
		now = time.Now
	}
	return &checks{now: now, sources: map[string]*checked{}}
}

// begin lets a test of the source begin, or says why not. end ends it.
func (c *checks) begin(source string) (end func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.sources[source]
	if s == nil {
		s = &checked{}
		c.sources[source] = s
	}
	if s.running {
		return nil, dsr.Errorf(dsr.Conflict, "check_running", "this source is being tested already; its result is the answer to that call")
	}
	now := c.now()
	s.taken = max(0, s.taken-max(0, now.Sub(s.ended))/checksPart)
	s.ended = now
	if s.taken >= checksInRow {
		err := dsr.Errorf(dsr.TooMany, "check_limited",
			"tests of this source have taken more than %v in a row, and each delays the searches; wait as Retry-After says; this limit is fixed", checksInRow)
		err.RetryAfter = (s.taken - checksInRow + time.Second) * checksPart
		return nil, err
	}
	s.running, s.began = true, now
	return func() { c.end(s) }, nil
}

func (c *checks) end(s *checked) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.running, s.ended = false, c.now()
	s.taken += max(s.ended.Sub(s.began), leastCheck)
}

package store

import (
	"fmt"
	"sync"
	"time"
)

// What is deleted by plan, and how long a door stays open, goes by the wall's clock, which
// somebody may move. So two more are looked at: the time that has passed by a clock that
// nobody moves, and the newest event of the log.

const (
	// jumpedBy is more than a clock is set right by when it goes at all.
	jumpedBy = time.Hour
	// silentFor is how old the newest event may be at a start without raising a doubt.
	silentFor = 7 * 24 * time.Hour
	// settled is how long the clock has to go evenly before it is believed again.
	settled = 24 * time.Hour
)

// clock is the wall's clock, watched.
type clock struct {
	now     func() time.Time
	elapsed func() time.Duration // since some moment; nobody moves it

	mu     sync.Mutex
	base   twoClocks // from which the two are compared
	newest twoClocks // the newest moment known
	doubt  string    // why the wall's clock is not believed; "" while it is
	since  time.Duration
}

// twoClocks are what both clocks said at once.
type twoClocks struct {
	wall    time.Time
	elapsed time.Duration
}

// keptDoubt is a doubt as it is stored, with what the clock said then and how long it had
// gone evenly by then.
type keptDoubt struct {
	Why  string        `json:"why"`
	At   time.Time     `json:"at"`
	Even time.Duration `json:"even_ns"`
}

func newClock(now func() time.Time, elapsed func() time.Duration) *clock {
	start := now()
	if elapsed == nil {
		elapsed = func() time.Duration { return now().Sub(start) }
	}
	first := twoClocks{start, elapsed()}
	return &clock{now: now, elapsed: elapsed, base: first, newest: first}
}

// Latest is the newest moment that is known of: it never goes back, whatever the wall's
// clock does. What must not live longer goes by it.
func (c *clock) latest() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	wall, passed := c.now(), c.elapsed()
	on := c.newest.wall.Add(max(0, passed-c.newest.elapsed))
	if wall.After(on) {
		on = wall
	}
	c.newest = twoClocks{on, passed}
	return on
}

// known tells the clock of what was on record before it was started: the newest event, zero
// if there is none, and a doubt. A doubted clock is held against what it said itself: its
// events may be of any time.
func (c *clock) known(newest time.Time, before *keptDoubt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case before != nil && !before.At.IsZero():
		c.carry(*before)
	case !newest.IsZero():
		c.compare(newest)
	}
	if before != nil && c.doubt == "" {
		c.doubted(before.Why)
	}
	if newest.After(c.newest.wall) {
		c.newest.wall = newest
	}
}

// carry goes on with a doubt, which begins anew if the clock has moved meanwhile.
func (c *clock) carry(d keptDoubt) {
	gap := c.base.wall.Sub(d.At)
	if gap < -jumpedBy || gap > silentFor {
		c.doubted(fmt.Sprintf("the clock has moved by %s since the service last ran", gap.Round(time.Minute)))
		return
	}
	c.doubted(d.Why)
	c.since -= d.Even
}

// compare raises a doubt if the newest event is not as old as it is after a stop.
func (c *clock) compare(newest time.Time) {
	switch gap := c.base.wall.Sub(newest); {
	case gap < -jumpedBy:
		c.doubted(fmt.Sprintf("the clock is %s behind the newest event", (-gap).Round(time.Minute)))
	case gap > silentFor:
		c.doubted(fmt.Sprintf("the newest event is %s old", gap.Round(time.Minute)))
	}
}

// kept is the doubt there is, to be stored; nil without one.
func (c *clock) kept() *keptDoubt {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.doubt == "" {
		return nil
	}
	return &keptDoubt{Why: c.doubt, At: c.now().UTC(), Even: c.elapsed() - c.since}
}

// doubts says why the wall's clock is not believed now; "" when it is.
func (c *clock) doubts() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := twoClocks{c.now(), c.elapsed()}
	jump := at.wall.Sub(c.base.wall) - (at.elapsed - c.base.elapsed)
	if jump.Abs() > jumpedBy {
		c.doubted(fmt.Sprintf("the clock has jumped by %s", jump.Round(time.Minute)))
		c.base = at
	}
	if c.doubt != "" && at.elapsed-c.since >= settled {
		c.doubt = ""
	}
	return c.doubt
}

func (c *clock) doubted(why string) { c.doubt, c.since = why, c.elapsed() }

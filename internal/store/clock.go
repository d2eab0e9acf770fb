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

// known tells the clock of a moment that was on record before it was started.
func (c *clock) known(newest time.Time, doubted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch gap := c.base.wall.Sub(newest); {
	case gap < -jumpedBy:
		c.doubted(fmt.Sprintf("the clock is %s behind the newest event", (-gap).Round(time.Minute)))
	case gap > silentFor:
		c.doubted(fmt.Sprintf("the newest event is %s old", gap.Round(time.Minute)))
	case doubted:
		c.doubted("the clock had jumped before the start")
	}
	if newest.After(c.newest.wall) {
		c.newest.wall = newest
	}
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

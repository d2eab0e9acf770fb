package http

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"dsr-server/internal/dsr"
)

// Connections bounds how many connections a server has, so that descriptors are left for
// the database, the archives and the vendors. When there is no room for one more, one that
// nobody needs is closed: one that waits for a next call before one that has not sent its
// first, and that before a call by nobody we know; first of whoever has most, there the
// oldest. The calls of those we know are never cut: their number is Limits'. An address
// has half of the room, unless many come from it: this machine, and proxies.
type Connections struct {
	most   int
	shared func(netip.Addr) bool // many come from this address

	mu      sync.Mutex
	open    map[net.Conn]*connection
	counts  map[string]int // by client
	refused []net.Conn
	last    int64
}

// connection is one of them.
type connection struct {
	all     *Connections
	client  string
	shared  bool
	state   http.ConnState
	order   int64 // of when it came into its state
	known   bool  // the call under way is by somebody we know
	refused error // what its call is to be answered: that there are too many; nil: there was room
}

// NewConnections allows so many.
func NewConnections(most int, proxies []netip.Prefix) *Connections {
	return &Connections{
		most: most, shared: func(a netip.Addr) bool { return a.IsLoopback() || isProxy(a, proxies) },
		open: map[net.Conn]*connection{}, counts: map[string]int{},
	}
}

// refusedAtOnce is how many more there are at most, to be told that there is no room.
const refusedAtOnce = 16

// Watch makes s keep to the limit.
func (c *Connections) Watch(s *http.Server) {
	s.ConnState = c.changed
	s.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		c.mu.Lock()
		defer c.mu.Unlock()
		return context.WithValue(ctx, connectionKey{}, c.add(conn)) // before its first state
	}
}

type connectionKey struct{}

// connectionOf is the connection of a call; nil where nobody counts them.
func connectionOf(ctx context.Context) *connection {
	conn, _ := ctx.Value(connectionKey{}).(*connection)
	return conn
}

// keep protects the connection until its call has been answered.
func (c *connection) keep() {
	if c == nil {
		return
	}
	c.all.mu.Lock()
	defer c.all.mu.Unlock()
	c.known = true
}

// room is an error when there was none for the connection.
func (c *connection) room() error {
	if c == nil {
		return nil
	}
	return c.refused
}

func (c *Connections) changed(conn net.Conn, state http.ConnState) {
	if victim := c.enter(conn, state); victim != nil {
		_ = victim.Close() // its reader notices, and it leaves
	}
}

// enter notes the new state, and returns the connection that has to go for it. That one
// counts no more from here on, so that it makes room for one and not for all of a burst.
func (c *Connections) enter(conn net.Conn, state http.ConnState) (victim net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	if state == http.StateNew && c.open[conn] == nil {
		c.add(conn)
	}
	at := c.open[conn]
	switch {
	case at == nil: // it is being closed
		return nil
	case state == http.StateClosed, state == http.StateHijacked:
		c.remove(conn)
		return nil
	case state == http.StateNew:
		victim = c.makeRoom(conn, at)
		c.remove(victim)
	case state == http.StateIdle:
		at.known = false
	}
	at.state, at.order = state, c.last
	return victim
}

func (c *Connections) add(conn net.Conn) *connection {
	from := addressIn(conn.RemoteAddr().String())
	at := &connection{all: c, client: clientKey(from), shared: c.shared(from), order: c.last}
	c.open[conn] = at
	c.counts[at.client]++
	return at
}

func (c *Connections) remove(conn net.Conn) {
	at := c.open[conn]
	if at == nil {
		return
	}
	delete(c.open, conn)
	if c.counts[at.client]--; c.counts[at.client] == 0 {
		delete(c.counts, at.client)
	}
}

// makeRoom picks the connection that has to go for a new one, if there are too many. Where
// all are needed the new one is refused: it stays long enough to be told.
func (c *Connections) makeRoom(conn net.Conn, at *connection) (victim net.Conn) {
	share := max(c.most/2, 1)
	overShare := !at.shared && c.counts[at.client] > share
	if len(c.open) <= c.most && !overShare {
		return nil
	}
	if victim = c.leastNeeded(conn, at.client, overShare); victim != nil {
		return victim
	}
	at.refused = errNoRoom("there are %[1]d connections", c.most)
	if overShare {
		at.refused = errNoRoom("this address has %[2]d connections, half of the %[1]d allowed", c.most, share)
	}
	return c.oldestRefused(conn)
}

// errNoRoom says which limit is hit, and how far it reaches.
func errNoRoom(limit string, numbers ...any) error {
	err := dsr.Errorf(dsr.TooMany, "too_many_connections", limit+", and all are in use; close some, "+
		"or raise limits.connections, and with it how many descriptors the process may open (ulimit -n)", numbers...)
	err.RetryAfter = time.Second
	return err
}

// leastNeeded is the connection that can go, of the client alone or of anybody.
func (c *Connections) leastNeeded(besides net.Conn, client string, ofClient bool) (found net.Conn) {
	var best *connection
	for conn, at := range c.open {
		if conn == besides || at.known || at.refused != nil || ofClient && at.client != client {
			continue
		}
		if best == nil || c.before(at, best) {
			best, found = at, conn
		}
	}
	return found
}

// before reports whether a goes rather than b.
func (c *Connections) before(a, b *connection) bool {
	switch {
	case a.state != b.state:
		return a.need() < b.need()
	case c.counts[a.client] != c.counts[b.client]:
		return c.counts[a.client] > c.counts[b.client]
	}
	return a.order < b.order
}

// need is how much the connection is needed by what it does.
func (c *connection) need() int {
	switch c.state {
	case http.StateIdle:
		return 0
	case http.StateNew:
		return 1
	}
	return 2
}

// oldestRefused is the refused connection that goes when there are too many of these too.
func (c *Connections) oldestRefused(newest net.Conn) net.Conn {
	still := c.refused[:0]
	for _, conn := range c.refused {
		if c.open[conn] != nil {
			still = append(still, conn)
		}
	}
	c.refused = append(still, newest)
	if len(c.refused) <= refusedAtOnce {
		return nil
	}
	oldest := c.refused[0]
	c.refused = c.refused[1:]
	return oldest
}

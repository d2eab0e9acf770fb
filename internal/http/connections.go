package http

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync"

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
	refused bool  // its call is to be answered that there are too many
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
	if c == nil || !c.refused {
		return nil
	}
	return dsr.Errorf(dsr.TooMany, "too_many_connections",
		"there are %d connections, or half of them from this address; close some, or raise limits.connections and the descriptors of the process (ulimit -n)", c.all.most)
}

func (c *Connections) changed(conn net.Conn, state http.ConnState) {
	if victim := c.enter(conn, state); victim != nil {
		_ = victim.Close() // its reader notices, and it leaves
	}
}

// enter notes the new state, and returns the connection that has to go for it.
func (c *Connections) enter(conn net.Conn, state http.ConnState) (victim net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	at := c.open[conn]
	switch state {
	case http.StateNew:
		if at == nil {
			at = c.add(conn)
		}
		victim = c.makeRoom(conn, at)
	case http.StateClosed, http.StateHijacked:
		c.remove(conn)
		return nil
	case http.StateIdle:
		at.known = false
	case http.StateActive:
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
	overShare := !at.shared && c.counts[at.client] > max(c.most/2, 1)
	if len(c.open) <= c.most && !overShare {
		return nil
	}
	if victim = c.leastNeeded(conn, at.client, overShare); victim != nil {
		return victim
	}
	at.refused = true
	return c.oldestRefused(conn)
}

// leastNeeded is the connection that can go, of the client alone or of anybody.
func (c *Connections) leastNeeded(besides net.Conn, client string, ofClient bool) (found net.Conn) {
	var best *connection
	for conn, at := range c.open {
		if conn == besides || at.known || at.refused || ofClient && at.client != client {
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
	rank := map[http.ConnState]int{http.StateIdle: 0, http.StateNew: 1, http.StateActive: 2}
	switch {
	case a.state != b.state:
		return rank[a.state] < rank[b.state]
	case c.counts[a.client] != c.counts[b.client]:
		return c.counts[a.client] > c.counts[b.client]
	}
	return a.order < b.order
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

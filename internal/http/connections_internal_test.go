package http

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// crowd is a server with room for some connections, and clients of it.
type crowd struct {
	t   *testing.T
	url string
}

const crowdRoom = 10

func newCrowd(t *testing.T) crowd {
	t.Helper()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Router().Post("/known", func(w http.ResponseWriter, r *http.Request) {
		Identify(r.Context(), "token:a")
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	s.Router().Post("/stranger", func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	server := httptest.NewUnstartedServer(nil)
	server.Config = NewHTTPServer("", s)
	NewConnections(crowdRoom, nil).Watch(server.Config)
	server.Start()
	t.Cleanup(server.CloseClientConnections)
	return crowd{t, server.Listener.Addr().String()}
}

// sends opens a connection, and reads the answer up to its header if there is to be one.
func (c crowd) sends(text string, answer bool) net.Conn {
	c.t.Helper()
	conn, err := net.Dial("tcp", c.url)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.WriteString(conn, text); err != nil {
		c.t.Fatal(err)
	}
	if answer {
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil) //nolint:bodyclose // the connection is closed
		if err != nil {
			c.t.Fatal(err)
		}
		if resp.StatusCode != 200 {
			c.t.Fatalf("got %s", resp.Status)
		}
	}
	return conn
}

// healthz makes a call on a connection of its own.
func (c crowd) healthz() (status int, code string) {
	c.t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, "http://"+c.url+"/healthz", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var p Problem
	_ = json.NewDecoder(resp.Body).Decode(&p)
	return resp.StatusCode, p.Code + ": " + p.Detail
}

// TestConnectionsThatNobodyNeedsMakeRoom: however many wait for a next call, have sent
// half of their first, or belong to strangers who send slowly.
func TestConnectionsThatNobodyNeedsMakeRoom(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(crowd){
		"nothing sent":   func(c crowd) { c.sends("", false) },
		"half a call":    func(c crowd) { c.sends("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ", false) },
		"no next call":   func(c crowd) { c.sends("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", true) },
		"slow strangers": func(c crowd) { c.sends("POST /stranger HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", false) },
	} {
		c := newCrowd(t)
		for range 3 * crowdRoom {
			open(c)
			if status, _ := c.healthz(); status != 200 {
				t.Fatalf("%s: got %d", name, status)
			}
		}
	}
}

// TestCallsOfThoseWeKnowAreNotCut: where all connections are theirs, others are told.
func TestCallsOfThoseWeKnowAreNotCut(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	var known []net.Conn
	for range crowdRoom {
		known = append(known, c.sends("POST /known HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", true))
	}
	for range 2 {
		status, code := c.healthz()
		if status != http.StatusTooManyRequests || !strings.Contains(code, "too_many_connections: there are 10 ") || !strings.Contains(code, "limits.connections") {
			t.Errorf("got %d, %s", status, code)
		}
	}
	for _, conn := range known {
		_ = conn.SetReadDeadline(time.Now().Add(time.Millisecond))
		if _, err := conn.Read(make([]byte, 1)); err == nil || err == io.EOF {
			t.Errorf("a call of somebody we know was cut: %v", err)
		}
	}
	_ = known[0].Close()
	for status := 0; status != 200; status, _ = c.healthz() {
		if t.Context().Err() != nil {
			t.Fatal("there is no room after one has gone")
		}
	}
}

// from is a connection from an address.
type from struct {
	net.Conn
	addr net.Addr
}

func (f from) RemoteAddr() net.Addr { return f.addr }

// TestAnAddressHasHalfOfTheRoom: unless it is a proxy's or this machine's.
func TestAnAddressHasHalfOfTheRoom(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]int{"203.0.113.9": 5, "127.0.0.1": 10, "10.0.0.1": 10, "2001:db8::1": 5} {
		c := NewConnections(10, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")})
		kept := 0
		for range 12 {
			conn := &from{addr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(address), 1))}
			c.enter(conn, http.StateNew)
			c.enter(conn, http.StateActive)
			if at := c.open[conn]; at.room() == nil {
				at.keep()
				kept++
			}
		}
		if kept != want {
			t.Errorf("%s has %d connections, want %d", address, kept, want)
		}
	}
}

// TestWhoHasMostConnectionsLosesOne: a stranger's flood closes the stranger's own.
func TestWhoHasMostConnectionsLosesOne(t *testing.T) {
	t.Parallel()
	c := NewConnections(6, nil)
	enter := func(address string) net.Conn {
		conn := &from{addr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(address), 1))}
		if victim := c.enter(conn, http.StateNew); victim != nil {
			c.enter(victim, http.StateClosed)
		}
		return conn
	}
	var quiet []net.Conn
	for _, address := range []string{"192.0.2.1", "192.0.2.2"} {
		quiet = append(quiet, enter(address))
	}
	for range 20 {
		enter("203.0.113.9")
		enter("127.0.0.1")
	}
	for _, conn := range quiet {
		if c.open[conn] == nil {
			t.Error("somebody else's connection was closed")
		}
	}
	if len(c.open) > 6 {
		t.Errorf("there are %d connections", len(c.open))
	}
}

// TestABurstClosesOneForEachNewConnection: also when those that are closed have not left
// yet, and still come into other states.
func TestABurstClosesOneForEachNewConnection(t *testing.T) {
	t.Parallel()
	const room = 10
	c := NewConnections(room, nil)
	closed := map[net.Conn]bool{}
	for range 5 * room {
		conn := &from{addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}}
		victim := c.enter(conn, http.StateNew)
		c.enter(conn, http.StateActive)
		c.enter(conn, http.StateIdle)
		if victim == nil {
			continue
		}
		if closed[victim] {
			t.Fatal("a connection was closed twice")
		}
		closed[victim] = true
		c.enter(victim, http.StateActive)
		c.enter(victim, http.StateIdle)
	}
	if len(closed) != 4*room || len(c.open) != room {
		t.Errorf("%d connections were closed, want %d; %d are open, want %d", len(closed), 4*room, len(c.open), room)
	}
	for conn := range closed {
		c.enter(conn, http.StateClosed)
	}
	if len(c.open) != room || c.counts["127.0.0.1"] != room {
		t.Errorf("%d connections are open, %d of the client, want %d", len(c.open), c.counts["127.0.0.1"], room)
	}
}

// TestTheLimitOfConnectionsIsNamed: which one it is, how far it reaches, and what helps.
func TestTheLimitOfConnectionsIsNamed(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"127.0.0.1": "there are 6 connections", "203.0.113.9": "this address has 3 connections, half of the 6 allowed"} {
		c := NewConnections(6, nil)
		var refused error
		for range 7 {
			conn := &from{addr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(address), 1))}
			c.enter(conn, http.StateNew)
			if refused = c.open[conn].room(); refused != nil {
				break
			}
			c.open[conn].keep()
		}
		p := ProblemOf(refused)
		if p.Status != http.StatusTooManyRequests || !strings.HasPrefix(p.Detail, want+", ") || !strings.Contains(p.Detail, "raise limits.connections") {
			t.Errorf("%s: got %d, %q", address, p.Status, p.Detail)
		}
	}
}

// TestRefusedConnectionsAreFewToo: those who are to be told that there is no room.
func TestRefusedConnectionsAreFewToo(t *testing.T) {
	t.Parallel()
	c := NewConnections(1, nil)
	conn := func() net.Conn { return &from{addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}} }
	first := conn()
	c.enter(first, http.StateNew)
	c.open[first].keep()
	for range 10 * refusedAtOnce {
		if victim := c.enter(conn(), http.StateNew); victim != nil {
			c.enter(victim, http.StateClosed)
		}
	}
	if len(c.open) != 1+refusedAtOnce || len(c.refused) > refusedAtOnce {
		t.Errorf("%d connections are open, %d refused", len(c.open), len(c.refused))
	}
}

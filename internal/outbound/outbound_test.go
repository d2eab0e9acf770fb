package outbound_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"dsr-server/internal/outbound"
)

// call makes one call and returns its error.
func call(t *testing.T, o outbound.Options, address string) error {
	t.Helper()
	transport := outbound.Transport(o)
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := transport.RoundTrip(req)
	if err == nil {
		_ = resp.Body.Close()
	}
	return err
}

func TestOnlyPublicAddressesAreConnectedTo(t *testing.T) {
	t.Parallel()
	for _, host := range []string{
		"127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "192.0.2.1", "224.0.0.1", "255.255.255.255",
		"[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[fd12::1]", "[::ffff:127.0.0.1]", "[::ffff:10.1.2.3]", "[::ffff:169.254.169.254]", "[64:ff9b::7f00:1]", "[2001:db8::1]", "[ff02::1]",
		"localhost",
	} {
		if err := call(t, outbound.Options{}, "http://"+host+":8080/"); !outbound.Refused(err) {
			t.Errorf("%s: got %v, want a refusal", host, err)
		}
	}
	for _, host := range []string{"10.1.2.3", "169.254.169.254", "[fe80::1]", "[::ffff:10.1.2.3]"} {
		if err := call(t, outbound.Options{AllowLoopback: true}, "http://"+host+":8080/"); !outbound.Refused(err) {
			t.Errorf("%s, with loopback allowed: got %v, want a refusal", host, err)
		}
	}
}

func TestLoopbackAndPortsAreSettings(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	if err := call(t, outbound.Options{AllowLoopback: true}, server.URL); err != nil {
		t.Errorf("loopback is allowed and any port: %v", err)
	}
	if err := call(t, outbound.Options{AllowLoopback: true, Ports: []uint16{443}}, server.URL); !outbound.Refused(err) {
		t.Errorf("another port: got %v, want a refusal", err)
	}
}

// TestANameIsJudgedByWhatItLeadsTo, at each connection: an answer that changes gains nothing.
func TestANameIsJudgedByWhatItLeadsTo(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	names := newNameServer(t)
	o := outbound.Options{AllowLoopback: true, Resolver: names.resolver()}
	address := strings.Replace(server.URL, "127.0.0.1", "tools.example.com", 1)
	names.answer.Store(netip.MustParseAddr("127.0.0.1"))
	if err := call(t, o, address); err != nil {
		t.Fatalf("the name leads to where it may: %v", err)
	}
	for _, private := range []string{"10.0.0.1", "169.254.169.254", "192.168.0.1"} {
		names.answer.Store(netip.MustParseAddr(private))
		if err := call(t, o, address); !outbound.Refused(err) {
			t.Errorf("the name leads to %s: got %v, want a refusal", private, err)
		}
	}
	if names.asked.Load() < 4 {
		t.Errorf("the name was looked up %d times", names.asked.Load())
	}
}

// nameServer answers every question with one address.
type nameServer struct {
	net.PacketConn
	answer atomic.Value // netip.Addr
	asked  atomic.Int64
}

func newNameServer(t *testing.T) *nameServer {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServer{PacketConn: conn}
	t.Cleanup(func() { _ = conn.Close() })
	go s.serve()
	return s
}

func (s *nameServer) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", s.LocalAddr().String())
	}}
}

func (s *nameServer) serve() {
	packet := make([]byte, 1500)
	for {
		n, from, err := s.ReadFrom(packet)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(packet[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		m.Response, m.Additionals = true, nil
		if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
			s.asked.Add(1)
			m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
				Body: &dnsmessage.AResource{A: s.answer.Load().(netip.Addr).As4()}}}
		}
		if packed, err := m.Pack(); err == nil {
			_, _ = s.WriteTo(packed, from)
		}
	}
}

func TestHostIsWrittenAsInTheConfiguration(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://CDN.example.com./x": "cdn.example.com", "https://c.example:443/": "c.example", "http://c.example:443/": "c.example:443",
		"http://c.example:8080": "c.example:8080", "https://Bücher.example/": "xn--bcher-kva.example", "http://[::1]/": "[::1]", "http://[::1]:81/": "[::1]:81",
	} {
		u, err := url.Parse(address)
		if err != nil || outbound.Host(u) != want {
			t.Errorf("%s: got %s, want %s", address, outbound.Host(u), want)
		}
	}
}

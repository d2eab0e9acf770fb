package fetch

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"code.dny.dev/ssrf"
	"golang.org/x/net/idna"
)

// Host is the host of a URL as files.hosts has it: in lower case, with its port unless
// that is the scheme's own.
func Host(u *url.URL) string {
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii
	}
	if port := u.Port(); port != "" && port != ownPorts[u.Scheme] {
		return net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

var ownPorts = map[string]string{"https": "443", "http": "80"}

// transport dials public addresses only. What a name leads to is judged when the
// connection is made, so an answer of the DNS that changes in between gains nothing. No
// proxy is used: it would dial in our place. No connection outlives its answer.
func (f *Fetcher) transport() *http.Transport {
	dialer := &net.Dialer{Timeout: 15 * time.Second, Control: ssrf.New(f.guard()...).Safe}
	return &http.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: 15 * time.Second, ResponseHeaderTimeout: f.o.Timeout,
		MaxResponseHeaderBytes: 64 << 10, DisableKeepAlives: true,
	}
}

func (f *Fetcher) guard() []ssrf.Option {
	options := []ssrf.Option{ssrf.WithPorts(f.ports()...)}
	if f.o.AllowLoopback {
		options = append(options, ssrf.WithAllowedV4Prefixes(netip.MustParsePrefix("127.0.0.0/8")),
			ssrf.WithAllowedV6Prefixes(netip.MustParsePrefix("::1/128")))
	}
	return options
}

func (f *Fetcher) ports() []uint16 {
	ports := []uint16{80, 443}
	for host := range f.hosts {
		if _, port, err := net.SplitHostPort(host); err == nil {
			if n, err := strconv.ParseUint(port, 10, 16); err == nil {
				ports = append(ports, uint16(n))
			}
		}
	}
	return ports
}

// Turns lets one at a time ask a host.
type Turns struct {
	mu    sync.Mutex
	hosts map[string]chan struct{}
}

// NewTurns returns a Turns that nobody waits for.
func NewTurns() *Turns { return &Turns{hosts: map[string]chan struct{}{}} }

func (t *Turns) enter(ctx context.Context, host string) (leave func(), err error) {
	t.mu.Lock()
	turn, known := t.hosts[host]
	if !known { // as many as the configuration lists
		turn = make(chan struct{}, 1)
		t.hosts[host] = turn
	}
	t.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

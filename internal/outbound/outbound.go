// Package outbound connects to addresses that somebody else has named. It keeps true that
// only public addresses are connected to, judged by what a name leads to at the moment of the
// connection, so that an answer of the DNS that changes in between gains nothing; and that no
// proxy connects in our place.
package outbound

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"code.dny.dev/ssrf"
	"golang.org/x/net/idna"
)

// Options of the connections; the zero value allows public addresses and all ports.
type Options struct {
	Ports         []uint16      // nil: all
	AllowLoopback bool          // this machine as well
	Timeout       time.Duration // from a request's end to the beginning of its answer; zero: none
	Resolver      *net.Resolver // nil: the machine's
}

// connectTime is how long a connection may take to be made, and TLS after it.
const connectTime = 15 * time.Second

// maxHeader bounds the header of an answer, in bytes.
const maxHeader = 64 << 10

// Transport makes such connections.
func Transport(o Options) *http.Transport {
	dialer := &net.Dialer{Timeout: connectTime, Resolver: o.Resolver, Control: ssrf.New(guard(o)...).Safe}
	return &http.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: connectTime, ResponseHeaderTimeout: o.Timeout,
		MaxResponseHeaderBytes: maxHeader,
	}
}

func guard(o Options) []ssrf.Option {
	options := []ssrf.Option{ssrf.WithAnyPort()}
	if o.Ports != nil {
		options = []ssrf.Option{ssrf.WithPorts(o.Ports...)}
	}
	if o.AllowLoopback {
		options = append(options, ssrf.WithAllowedV4Prefixes(netip.MustParsePrefix("127.0.0.0/8")),
			ssrf.WithAllowedV6Prefixes(netip.MustParsePrefix("::1/128")))
	}
	return options
}

// Host is the host of a URL as the configuration lists it: in lower case, with its port unless
// that is the scheme's own.
func Host(u *url.URL) string {
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii
	}
	if port := u.Port(); port != "" && port != OwnPorts[u.Scheme] {
		return net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// OwnPorts are those that an address need not name.
var OwnPorts = map[string]string{"https": "443", "http": "80"}

// Refused reports whether an error says that an address was not a public one.
func Refused(err error) bool {
	for _, refused := range []error{ssrf.ErrProhibitedIP, ssrf.ErrProhibitedPort, ssrf.ErrProhibitedNetwork, ssrf.ErrInvalidHostPort} {
		if errors.Is(err, refused) {
			return true
		}
	}
	return false
}

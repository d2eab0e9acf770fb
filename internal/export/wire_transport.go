package export

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
)

// vendorTransport reaches a vendor over watched connections. Through a proxy net/http keeps
// what goes through the tunnel to itself; then each call has a connection of its own.
func vendorTransport(baseURL string) http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 16
	t.MaxResponseHeaderBytes = maxHeader
	// What arrives before it is asked for is held outside of the budget.
	t.HTTP2 = &http.HTTP2Config{MaxReceiveBufferPerStream: 1 << 20, MaxReceiveBufferPerConnection: 4 << 20}
	if proxied(t, baseURL) {
		t.DisableKeepAlives = true
		return answersOnly{t}
	}
	t.ReadBufferSize = headBuffer
	dial := t.DialContext
	t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return newWire(conn), nil
	}
	t.DialTLSContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return secure(ctx, t, conn, addr)
	}
	return answersOnly{t}
}

func proxied(t *http.Transport, baseURL string) bool {
	address, err := url.Parse(baseURL)
	if err != nil {
		return false // no call can be made at all
	}
	proxy, err := t.Proxy(&http.Request{URL: address})
	return proxy != nil || err != nil
}

// secure does what net/http does for a connection that it dialled itself.
func secure(ctx context.Context, t *http.Transport, conn net.Conn, addr string) (net.Conn, error) {
	config := t.TLSClientConfig.Clone()
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if config.ServerName == "" {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		config.ServerName = host
	}
	config.NextProtos = []string{"h2", "http/1.1"}
	ctx, cancel := context.WithTimeout(ctx, t.TLSHandshakeTimeout)
	defer cancel()
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // the handshake's error says more
		return nil, err
	}
	if secured.ConnectionState().NegotiatedProtocol == "h2" {
		return secured, nil
	}
	return newWire(secured), nil
}

// answersOnly gives an answer's body to its true end and takes from the answer what would
// make http.Client or a reader do more than read it: where a redirect leads, which http.Client
// parses although it is not followed, and the connection after 101, whose reading no
// context ends.
type answersOnly struct{ *http.Transport }

// RoundTrip implements http.RoundTripper. The vendor sees one call at most.
func (t answersOnly) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, w, err := t.send(r)
	if err != nil {
		return nil, err
	}
	resp.Header.Del("Location")
	if resp.StatusCode == http.StatusSwitchingProtocols {
		_ = resp.Body.Close() // what is cut off is no answer
		resp.Body = http.NoBody
	}
	resp.Body = watchedBody{resp.Body, w}
	return resp, nil
}

// send takes another connection where it got one that was spoilt: such a call was not sent.
func (t answersOnly) send(r *http.Request) (*http.Response, *watch, error) {
	for {
		w := &watch{}
		resp, err := t.Transport.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), w.trace())))
		if err == nil || !w.unsent || r.Context().Err() != nil {
			return resp, w, err
		}
	}
}

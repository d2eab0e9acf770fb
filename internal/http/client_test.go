package http_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	edge "dsr-server/internal/http"
)

// TestForwardedAddressesCountFromProxiesAlone: the client is the last address that no proxy
// of ours stands behind, whatever a client puts before it, and all of a /64 are one.
func TestForwardedAddressesCountFromProxiesAlone(t *testing.T) {
	t.Parallel()
	s, err := edge.New(edge.Options{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:1::1/128")}})
	if err != nil {
		t.Fatal(err)
	}
	s.Router().Get("/who", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, edge.Client(r.Context())) })
	for _, c := range []struct {
		remote    string
		forwarded []string
		want      string
	}{
		{"192.0.2.1:1", nil, "192.0.2.1"},
		{"192.0.2.1:1", []string{"203.0.113.9"}, "192.0.2.1"},
		{"10.1.1.1:1", nil, "10.1.1.1"},
		{"10.1.1.1:1", []string{"203.0.113.9"}, "203.0.113.9"},
		{"10.1.1.1:1", []string{"198.51.100.7, 203.0.113.9"}, "203.0.113.9"},
		{"10.1.1.1:1", []string{"198.51.100.7", "203.0.113.9, 10.2.2.2"}, "203.0.113.9"},
		{"10.1.1.1:1", []string{"10.3.3.3, 10.2.2.2"}, "10.3.3.3"},
		{"10.1.1.1:1", []string{"198.51.100.7, unknown, 10.2.2.2"}, "10.2.2.2"},
		{"10.1.1.1:1", []string{"198.51.100.7,"}, "10.1.1.1"},
		{"10.1.1.1:1", []string{"203.0.113.9:4711"}, "203.0.113.9"},
		{"[::ffff:10.1.1.1]:1", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		{"[2001:db8:1::1]:1", []string{"[2001:db8:2:3:4:5:6:7]:80"}, "2001:db8:2:3::/64"},
		{"[2001:db8:2:3:ffff::1]:1", nil, "2001:db8:2:3::/64"},
		{"[fe80::1%eth0]:1", nil, "fe80::/64"},
		{"[::1]:1", nil, "::1"},
		{"@", nil, "unknown"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/who", nil)
		r.RemoteAddr, r.Header["X-Forwarded-For"] = c.remote, c.forwarded
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if got := w.Body.String(); got != c.want {
			t.Errorf("%s, forwarded for %q: got %s, want %s", c.remote, c.forwarded, got, c.want)
		}
	}
}

package fetch

import (
	"net/http"
	"net/url"
	"testing"
)

// TestNothingIsAskedForInClear: neither first nor after a redirect.
func TestNothingIsAskedForInClear(t *testing.T) {
	t.Parallel()
	f := New(Options{Hosts: []string{"cdn.example.com", "cdn.example.com:8080", "127.0.0.1:81", "localhost", "[::1]", "10.1.2.3"}})
	for address, want := range map[string]string{
		"http://cdn.example.com/a?b=c":  "https://cdn.example.com/a?b=c",
		"http://cdn.example.com:80/a":   "https://cdn.example.com/a",
		"http://cdn.example.com:8080/a": "https://cdn.example.com:8080/a",
		"HTTP://CDN.example.com/a":      "https://CDN.example.com/a",
		"http://10.1.2.3/a":             "https://10.1.2.3/a",
		"https://cdn.example.com/a":     "https://cdn.example.com/a",
		"http://127.0.0.1:81/a":         "http://127.0.0.1:81/a",
		"http://localhost/a":            "http://localhost/a",
		"http://[::1]/a":                "http://[::1]/a",
	} {
		u, err := f.parse(address)
		if err != nil || u.String() != want {
			t.Errorf("%s: got %v, %v, want %s", address, u, err, want)
		}
		to, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		req, via := &http.Request{URL: to, Header: http.Header{}}, &http.Request{URL: &url.URL{Scheme: "http"}}
		if err := f.checkRedirect(req, []*http.Request{via}); err != nil || req.URL.String() != want {
			t.Errorf("redirected to %s: got %v, %v, want %s", address, req.URL, err, want)
		}
	}
}

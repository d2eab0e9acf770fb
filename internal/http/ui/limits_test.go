package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
)

// TestPagesAreLimitedPerPersonAndPerStranger: as the API is, and nobody uses up another's share.
func TestPagesAreLimitedPerPersonAndPerStranger(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *apptest.Setup) {
		o.Limited, o.Config = true, "proxies: [127.0.0.1]\nlimits: {reads_per_second: 1, submissions_per_second: 1}\n"
	})
	s.signIn("requester")
	theirs := s.client
	const burst = 50
	until := func(method, path string, form url.Values, headers ...string) (n int, last shown) {
		for n = range 10 * burst {
			if last = s.send(method, path, form, headers...); last.Status == http.StatusTooManyRequests {
				return n, last
			}
		}
		t.Fatalf("%s %s is not limited", method, path)
		return n, last
	}
	n, last := until("GET", "/requests", nil)
	if n < burst-5 || last.Header.Get("Retry-After") != "1" {
		t.Errorf("%d calls, and Retry-After %q", n, last.Header.Get("Retry-After"))
	}
	last.says("limits.reads_per_second")
	s.get("/static/app.css").want(http.StatusOK)
	if n, last = until("POST", "/requests", url.Values{}); n < burst-1 {
		t.Errorf("%d submissions", n)
	}
	last.says("limits.submissions_per_second")
	if events := s.Events(audit.CallThrottled); len(events) == 0 || events[0].Actor != "user:requester" {
		t.Errorf("on record: %+v", events)
	}
	s.client = s.browser()
	stranger := []string{"X-Forwarded-For", "203.0.113.9"}
	if n, _ = until("GET", "/help", nil, stranger...); n < 4*burst-1 {
		t.Errorf("%d calls of a stranger", n)
	}
	s.send("GET", "/download/x", nil, stranger...).want(http.StatusTooManyRequests)
	s.send("GET", "/help", nil, "X-Forwarded-For", "192.0.2.1").want(http.StatusOK)
	s.signIn("approver")
	s.client = theirs
}

// TestStrangersLockNobodyOut: neither at the same proxy, nor by failing at the account from
// many addresses, nor across a restart: the next process knows the browser's marks.
func TestStrangersLockNobodyOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *apptest.Setup) { o.Config = "proxies: [127.0.0.1]\n" })
	try := func(from, password string, want int) shown {
		t.Helper()
		form := url.Values{"login": {"requester"}, "password": {password}}
		a := s.send("POST", "/sign-in", form, "X-Forwarded-For", from)
		a.want(want)
		return a
	}
	try("192.0.2.1", sitePassword, http.StatusSeeOther)
	own := s.client
	s.client = s.browser()
	for _, network := range []string{"2001:db8:0:1::", "2001:db8:0:2::", "203.0.113."} {
		for i := range 6 {
			want := http.StatusUnauthorized
			if i == 5 {
				want = http.StatusTooManyRequests
			}
			from := network + string(rune('1'+i))
			if strings.HasPrefix(network, "203") {
				from = network + "9"
			}
			a := try(from, "wrong-password", want)
			if i == 5 && a.Header.Get("Retry-After") != "2" {
				t.Errorf("got Retry-After %q", a.Header.Get("Retry-After"))
			}
		}
	}
	try("203.0.113.9", sitePassword, http.StatusTooManyRequests)
	try("192.0.2.1", sitePassword, http.StatusSeeOther)
	s.client = own
	try("203.0.113.9", sitePassword, http.StatusSeeOther)
	clients := map[string]bool{}
	for _, kind := range []audit.Kind{audit.SignInRefused, audit.SignInSlowed} {
		for _, e := range s.Events(kind) {
			clients[string(kind)+" "+e.Actor+" "+e.Data["client"]] = true
		}
	}
	for _, want := range []string{"user.sign_in_refused user:requester 2001:db8:0:1::/64", "user.sign_in_throttled user:requester 203.0.113.9"} {
		if !clients[want] {
			t.Errorf("%s is not on record: %v", want, clients)
		}
	}
}

func TestAWrongSetUpTokenIsOnRecord(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	s.post("/setup", url.Values{"token": {"guessed"}, "login": {"eve"}, "password": {sitePassword}, "again": {sitePassword}}).want(http.StatusOK)
	if events := s.Events(audit.TokenRefused); len(events) != 1 || events[0].Data["code"] != "bad_setup_token" {
		t.Errorf("on record: %+v", events)
	}
}

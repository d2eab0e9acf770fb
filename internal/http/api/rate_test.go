package api_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/app/apptest"
	edge "dsr-server/internal/http"
)

// limitBurst is how many calls may come at once after a pause.
const limitBurst = 50

// limited keeps the rate limits in force.
func limited(o *apptest.Setup) { o.Limited = true }

func TestReadsAndSubmissionsAreLimitedPerToken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, body, detail string
		perSecond            int
	}{
		{"GET", "", "limits.reads_per_second", edge.DefaultReadsPerSecond},
		{"POST", apptest.Minimal, "limits.submissions_per_second", edge.DefaultSubmissionsPerSecond},
	} {
		g := apptest.NewRig(t, limited)
		burst := func(want int) {
			t.Helper()
			for range want {
				g.Call(c.method, "/api/v1/requests", "requester", c.body).Want(map[string]int{"GET": 200, "POST": 201}[c.method])
			}
			a := g.Call(c.method, "/api/v1/requests", "requester", c.body)
			p := a.Problem(http.StatusTooManyRequests, "rate_limited")
			if !strings.Contains(p.Detail, c.detail) || !strings.Contains(p.Detail, strconv.Itoa(c.perSecond)+" ") {
				t.Errorf("the detail names neither the limit nor the setting: %q", p.Detail)
			}
			if got := a.Header.Get("Retry-After"); got != "1" {
				t.Errorf("got Retry-After %q, want 1", got)
			}
		}
		burst(limitBurst)
		g.Call(c.method, "/api/v1/requests", "approver", c.body).Want(map[string]int{"GET": 200, "POST": 201}[c.method])
		g.Clock.Add(time.Second)
		burst(c.perSecond)
	}
}

func TestReadsAndSubmissionsDoNotShareALimit(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t, limited, func(o *apptest.Setup) { o.Config = "limits: {reads_per_second: 1, submissions_per_second: 1}\n" })
	for range limitBurst {
		g.Call("POST", "/api/v1/requests", "requester", apptest.Minimal).Want(201)
	}
	g.Call("POST", "/api/v1/requests", "requester", apptest.Minimal).Want(429)
	g.Call("GET", "/api/v1/requests", "requester", "").Want(200)
}

func TestForwardedAddressesDoNotHelpAgainstTheLimit(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t, limited)
	for range limitBurst {
		g.Call("GET", "/api/v1/requests", "requester", "").Want(200)
	}
	g.Call("GET", "/api/v1/requests", "requester", "", "X-Forwarded-For", "203.0.113.9").Want(429)
}

// TestStrangersAreLimitedPerAddress: whoever sends no token, or one that is not known; and
// those behind the same address who are known are not.
func TestStrangersAreLimitedPerAddress(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"", "nobody-knows-this-token"} {
		g := apptest.NewRig(t, limited, func(o *apptest.Setup) { o.Config = "proxies: [127.0.0.1]\n" })
		for range 4 * limitBurst {
			g.Call("GET", "/api/v1/requests", token, "").Want(http.StatusUnauthorized)
		}
		a := g.Call("GET", "/api/v1/requests", token, "")
		if p := a.Problem(http.StatusTooManyRequests, "rate_limited"); !strings.Contains(p.Detail, "limits.reads_per_second") || a.Header.Get("Retry-After") != "1" {
			t.Errorf("token %q: got %q, Retry-After %q", token, p.Detail, a.Header.Get("Retry-After"))
		}
		g.Call("GET", "/api/v1/requests", "requester", "").Want(http.StatusOK)
		g.Call("GET", "/api/v1/requests", token, "", "X-Forwarded-For", "203.0.113.9").Want(http.StatusUnauthorized)
		g.Clock.Add(time.Second)
		g.Call("GET", "/api/v1/requests", token, "").Want(http.StatusUnauthorized)
	}
}

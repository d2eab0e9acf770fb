package http

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestReadsAndSubmissionsAreLimitedPerToken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, body, detail string
		perSecond            int
	}{
		{"GET", "", "limits.reads_per_second", DefaultReadsPerSecond},
		{"POST", minimal, "limits.submissions_per_second", DefaultSubmissionsPerSecond},
	} {
		g := newRig(t)
		burst := func(want int) {
			t.Helper()
			for range want {
				g.call(c.method, "/api/v1/requests", "requester", c.body).want(map[string]int{"GET": 200, "POST": 201}[c.method])
			}
			a := g.call(c.method, "/api/v1/requests", "requester", c.body)
			p := a.problem(http.StatusTooManyRequests, "rate_limited")
			if !strings.Contains(p.Detail, c.detail) || !strings.Contains(p.Detail, strconv.Itoa(c.perSecond)+" ") {
				t.Errorf("the detail names neither the limit nor the setting: %q", p.Detail)
			}
			if got := a.header.Get("Retry-After"); got != "1" {
				t.Errorf("got Retry-After %q, want 1", got)
			}
		}
		burst(limitBurst)
		g.call(c.method, "/api/v1/requests", "approver", c.body).want(map[string]int{"GET": 200, "POST": 201}[c.method])
		g.clock.add(time.Second)
		burst(c.perSecond)
	}
}

func TestReadsAndSubmissionsDoNotShareALimit(t *testing.T) {
	t.Parallel()
	g := newRig(t, func(o *Options) { o.Limits = Limits{ReadsPerSecond: 1, SubmissionsPerSecond: 1} })
	for range limitBurst {
		g.call("POST", "/api/v1/requests", "requester", minimal).want(201)
	}
	g.call("POST", "/api/v1/requests", "requester", minimal).want(429)
	g.call("GET", "/api/v1/requests", "requester", "").want(200)
}

func TestForwardedAddressesDoNotHelpAgainstTheLimit(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	for range limitBurst {
		g.call("GET", "/api/v1/requests", "requester", "").want(200)
	}
	g.call("GET", "/api/v1/requests", "requester", "", "X-Forwarded-For", "203.0.113.9").want(429)
}

func TestRetryAfterIsNeverTooShort(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]string{time.Millisecond: "1", time.Second: "1", 1001 * time.Millisecond: "2", time.Minute: "60"} {
		if got := retryAfter(wait); got != want {
			t.Errorf("%v: got %s, want %s", wait, got, want)
		}
	}
}

func TestBodyOverOneMiBIsRefused(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	head, tail := `{"selectors":[{"conversation_id":"c"}],"notes":"`, `"}`
	exactly := head + strings.Repeat(" ", 16<<10) + tail
	exactly += strings.Repeat(" ", maxBody-len(exactly)) // white space after the object
	g.call("POST", "/api/v1/requests", "requester", exactly).want(201)
	p := g.call("POST", "/api/v1/requests", "requester", exactly+" ").problem(http.StatusRequestEntityTooLarge, "body_too_large")
	if !strings.Contains(p.Detail, "1048576") {
		t.Errorf("the detail does not name the limit: %q", p.Detail)
	}
	id := g.submit(minimal)
	g.call("POST", "/api/v1/requests/"+id+"/cancel", "requester", strings.Repeat(" ", maxBody+1)).problem(413, "body_too_large")
}

func TestEveryPhaseOfACallHasALimit(t *testing.T) {
	t.Parallel()
	s := NewHTTPServer("127.0.0.1:0", http.NotFoundHandler())
	for name, d := range map[string]time.Duration{"header": s.ReadHeaderTimeout, "read": s.ReadTimeout, "write": s.WriteTimeout, "idle": s.IdleTimeout} {
		if d <= 0 || d > 5*time.Minute {
			t.Errorf("%s timeout is %v", name, d)
		}
	}
	if s.MaxHeaderBytes <= 0 || s.Addr != "127.0.0.1:0" || s.Handler == nil {
		t.Errorf("got %+v", s)
	}
}

package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
)

// accessLine is what the log says of the last call.
func accessLine(t *testing.T, g *apptest.Rig) (line map[string]any) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(g.Log.String()), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &line); err != nil || line["msg"] != "call" {
		t.Fatalf("got %s, %v", lines[len(lines)-1], err)
	}
	return line
}

// TestRefusedCallsSayWhoAndFromWhere: in the log and on record; of calls that are answered
// the log says only who.
func TestRefusedCallsSayWhoAndFromWhere(t *testing.T) {
	t.Parallel()
	proxied := func(o *apptest.Setup) { o.Limited, o.Config = true, "proxies: [127.0.0.1]\n" }
	g := apptest.NewRig(t, proxied)
	from := func(token string, status int, method, path string) map[string]any {
		t.Helper()
		g.Call(method, path, token, "", "X-Forwarded-For", "198.51.100.7, 203.0.113.9").Want(status)
		return accessLine(t, g)
	}
	for _, c := range []struct {
		token, method, path string
		status              int
		principal           any
		code                string
		kind                audit.Kind
	}{
		{"nobody-knows-this-token", "GET", "/api/v1/requests", http.StatusUnauthorized, nil, "bad_token", audit.TokenRefused},
		{"", "GET", "/api/v1/requests", http.StatusUnauthorized, nil, "no_token", ""},
		{"requester", "GET", "/api/v1/audit", http.StatusForbidden, "token:requester", "forbidden", audit.CallRefused},
	} {
		line := from(c.token, c.status, c.method, c.path)
		if line["principal"] != c.principal || line["client"] != "203.0.113.9" || line["code"] != c.code {
			t.Errorf("%d: the log says %v", c.status, line)
		}
		events := g.Events(c.kind)
		if c.kind == "" {
			continue
		}
		actor, known := c.principal.(string)
		if !known {
			actor = audit.Unknown
		}
		if len(events) != 1 || events[0].Actor != actor || events[0].Data["client"] != "203.0.113.9" || events[0].Data["code"] != c.code || events[0].Data["count"] != "1" {
			t.Errorf("%s: on record: %+v", c.kind, events)
		}
	}
	line := from("requester", http.StatusOK, "GET", "/api/v1/requests")
	if line["principal"] != "token:requester" || line["client"] != nil {
		t.Errorf("of a call that was answered the log says %v", line)
	}
	for range limitBurst {
		g.Call("GET", "/api/v1/requests", "requester", "")
	}
	if line := from("requester", http.StatusTooManyRequests, "GET", "/api/v1/requests"); line["principal"] != "token:requester" || line["code"] != "rate_limited" {
		t.Errorf("the log says %v", line)
	}
	if events := g.Events(audit.CallThrottled); len(events) == 0 || events[0].Actor != "token:requester" {
		t.Errorf("on record: %+v", events)
	}
}

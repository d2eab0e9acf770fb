package http_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"dsr-server/internal/app/apptest"
	edge "dsr-server/internal/http"
)

func TestTheCallersIDIsKept(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for _, id := range []string{"chosen", "3B241101-e2bb.4255_8caf", strings.Repeat("a", 64)} {
		a := g.Call("GET", "/api/v1/requests/none", "auditor", "", "X-Request-Id", id)
		a.Problem(http.StatusNotFound, "not_found") // which holds its request_id against the header
		if got := a.Header.Get("X-Request-Id"); got != id {
			t.Errorf("sent %q, got %q", id, got)
		}
		if !strings.Contains(g.Log.String(), `"request_id":"`+id+`"`) {
			t.Errorf("%q is not in the log", id)
		}
	}
}

func TestAnIDThatIsNoneIsReplaced(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	ours := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for _, headers := range [][]string{
		nil, {"X-Request-Id", ""}, {"X-Request-Id", "canary@example.com"}, {"X-Request-Id", "canary with words"}, {"X-Request-Id", "-canary"},
		{"X-Request-Id", strings.Repeat("canary", 11)}, {"X-Request-Id", "canary\u00fc"}, {"X-Request-Id", `canary","x":"`},
	} {
		got := g.Call("GET", "/healthz", "", "", headers...).Header.Get("X-Request-Id")
		if !ours.MatchString(got) || seen[got] {
			t.Errorf("sent %q, got %q, want a new one of ours", headers, got)
		}
		seen[got] = true
	}
	if strings.Contains(g.Log.String(), "canary") {
		t.Errorf("the log repeats what is no id:\n%s", g.Log)
	}
}

const (
	traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
	parent  = "00f067aa0ba902b7"
)

// traced makes a call with these values of traceparent, and returns that of the answer and
// what the log says of the call.
func traced(t *testing.T, header ...string) (answered string, line map[string]any) {
	t.Helper()
	var log strings.Builder
	s, err := edge.New(edge.Options{Ready: func(context.Context) error { return nil }, Log: slog.New(slog.NewJSONHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/healthz", nil)
	r.Header["Traceparent"] = header
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if err := json.Unmarshal([]byte(log.String()), &line); err != nil {
		t.Fatalf("%v: %s", err, &log)
	}
	return w.Header().Get("Traceparent"), line
}

func TestTheTraceOfTheCallerIsKept(t *testing.T) {
	t.Parallel()
	for _, sent := range []string{"00-" + traceID + "-" + parent + "-01", "cc-" + traceID + "-" + parent + "-01-what-comes-later"} {
		got, line := traced(t, sent)
		m := regexp.MustCompile(`^00-` + traceID + `-([0-9a-f]{16})-01$`).FindStringSubmatch(got)
		if m == nil || m[1] == parent {
			t.Errorf("sent %s, got %q, want a span of ours in the same trace", sent, got)
			continue
		}
		if line["trace_id"] != traceID || line["span_id"] != m[1] {
			t.Errorf("the log says %v", line)
		}
	}
}

func TestATraceThatIsNoneIsIgnored(t *testing.T) {
	t.Parallel()
	good := "00-" + traceID + "-" + parent + "-01"
	for what, sent := range map[string][]string{
		"none": nil, "empty": {""}, "two": {good, good}, "upper case": {strings.ToUpper(good)}, "of a version that cannot be": {"ff" + good[2:]},
		"too long for its version": {good + "-more"}, "no trace": {"00-" + strings.Repeat("0", 32) + "-" + parent + "-01"},
		"no parent": {"00-" + traceID + "-" + strings.Repeat("0", 16) + "-01"}, "words": {"canary@example.com"},
		"endless": {"cc" + good[2:] + "-" + strings.Repeat("a", 600)}, "a second line": {good + "\n"},
	} {
		if got, line := traced(t, sent...); got != "" || line["trace_id"] != nil {
			t.Errorf("%s: answered %q, logged %v", what, got, line)
		}
	}
}

// TestTheLogNamesWhoCallsButNoAddress: a login may be an e-mail address.
func TestTheLogNamesWhoCallsButNoAddress(t *testing.T) {
	t.Parallel()
	for who, want := range map[string]any{
		"": nil, "token:ci": "token:ci", "user:ana": "user:ana",
		"user:ana@example.com": "user:sha256-8e43ca377012", // printf %s ana@example.com | sha256sum
	} {
		var log strings.Builder
		s, err := edge.New(edge.Options{Ready: func(context.Context) error { return nil }, Log: slog.New(slog.NewJSONHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		s.Router().Get("/mine", func(_ http.ResponseWriter, r *http.Request) { edge.Identify(r.Context(), who) })
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", "/mine", nil))
		var line map[string]any
		if err := json.Unmarshal([]byte(log.String()), &line); err != nil || line["principal"] != want {
			t.Errorf("%q: the log says %s, want %v", who, &log, want)
		}
	}
}

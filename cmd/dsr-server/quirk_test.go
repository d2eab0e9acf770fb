package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
)

// The tests named TestQnn… are the rules of docs/quirks.md: each lets the vendor behave
// in one odd way, shows that it really did, and compares every record of the answer.

const (
	quirkStart = 1740787200 // 2025-03-01T00:00:00Z
	quirkEmail = "ana@example.com"
)

var ofQuirk = question{name: "email", selectors: []selector{{Key: "email", Value: quirkEmail}}}

// quirkSetup reads ten records a page, so that a hundred conversations are one long chain.
func quirkSetup() setup {
	return setup{options: vendor.Options{RateWindow: vendor.Off}, pageSize: 10, earliest: "2025-03-01"}
}

// quirkData is n conversations a minute apart with three messages each; every fifth is
// the person's.
func quirkData(t *testing.T, n int) (*vendor.Data, corpus) {
	t.Helper()
	var conversations, messages []json.RawMessage
	for i := range n {
		email := fmt.Sprintf("other%d@example.com", i)
		if i%5 == 0 {
			email = quirkEmail
		}
		conversations = append(conversations, quirkConversation(i, `{"email":"`+email+`"}`))
		messages = append(messages, quirkMessages(i, 3)...)
	}
	return mustData(t, conversations, messages)
}

func quirkID(i int) string { return fmt.Sprintf("%032x", i+1) }

func quirkConversation(i int, metadata string) json.RawMessage {
	start := quirkStart + 60*i
	last := time.Unix(int64(start)+50, 384884000).UTC().Format("2006-01-02T15:04:05.000000")
	return fmt.Appendf(nil, `{"_id":"%s","startTime":%d,"lastActionAt":"%s","locale":"en_us","tags":[],"metadata":%s}`, quirkID(i), start, last, metadata)
}

func quirkMessages(i, n int) (messages []json.RawMessage) {
	for j := range n {
		messages = append(messages, fmt.Appendf(nil, `{"_id":"%032x","time":%d.%03d,"type":"UserInput","userInput":"line %d","conversationId":"%s"}`,
			1<<20+i*100+j, quirkStart+60*i+j, j*100, j, quirkID(i)))
	}
	return messages
}

// layered is open with a layer between the program and the vendor.
func layered(t *testing.T, data *vendor.Data, s setup, layer func(http.Handler) http.Handler) *harness {
	t.Helper()
	s.options.Keys = []string{testKey}
	s.options.Choices.NoGzip = true
	h := &harness{t: t, dir: t.TempDir(), vendor: chaos.New(data, s.options), log: &logBuffer{}}
	server := httptest.NewServer(layer(h.vendor))
	t.Cleanup(server.Close)
	h.configure(server.URL, s)
	h.start(s)
	return h
}

// edited changes the body of each page of an endpoint.
func edited(endpoint string, edit func(page []byte) []byte) func(http.Handler) http.Handler {
	return func(vendor http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			recorded := httptest.NewRecorder()
			vendor.ServeHTTP(recorded, r)
			body := recorded.Body.Bytes()
			if recorded.Code == http.StatusOK && strings.HasSuffix(r.URL.Path, endpoint) {
				body = edit(bytes.Clone(body))
			}
			w.Header().Set("Content-Type", recorded.Header().Get("Content-Type"))
			w.WriteHeader(recorded.Code)
			_, _ = w.Write(body)
		})
	}
}

// ask submits the question and waits until its run has ended.
func (h *harness) ask(q question) (id string, r map[string]any) {
	h.t.Helper()
	id = h.submit(q.body())
	return id, h.until(id, "ready", "review", "failed")
}

// anomalies counts a rule in the coverage.
func (h *harness) anomalies(id, rule string) (n int) {
	h.t.Helper()
	for _, s := range h.coverage(id).Sources {
		for _, a := range s.Anomalies {
			if a.Rule == rule {
				n += a.Count
			}
		}
	}
	return n
}

// wantFired holds when the vendor really misbehaved.
func (h *harness) wantFired(kind chaos.FaultKind, atLeast int) {
	h.t.Helper()
	fired := 0
	for _, c := range h.vendor.Calls() {
		for _, f := range c.Faults {
			if f == string(kind) {
				fired++
			}
		}
	}
	if fired < atLeast {
		h.t.Errorf("the vendor showed %q %d times, want at least %d", kind, fired, atLeast)
	}
}

// wantNoViolation holds when no call broke the vendor's rules of use.
func (h *harness) wantNoViolation() {
	h.t.Helper()
	if bad := h.vendor.Violations(); len(bad) > 0 {
		h.t.Errorf("the vendor complains: %v", bad)
	}
}

// wantFewCalls bounds what a misbehaving vendor makes us ask.
func (h *harness) wantFewCalls(endpoint string, most int) {
	h.t.Helper()
	if n := h.vendor.Count(endpoint); n > most {
		h.t.Errorf("%d calls to %s, want at most %d", n, endpoint, most)
	}
}

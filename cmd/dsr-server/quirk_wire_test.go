package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
)

// healing holds when each fault passes: the call is repeated and the answer exact.
func healing(t *testing.T, faults ...chaos.Fault) {
	t.Helper()
	for _, f := range faults {
		t.Run(fmt.Sprintf("%s %d %v %d", f.Kind, f.Status, f.HTML, f.Bytes), func(t *testing.T) {
			t.Parallel()
			data, c := quirkData(t, 40)
			h := open(t, data, quirkSetup())
			f.Times = 2
			for _, f.Endpoint = range []string{vendor.Conversations, vendor.Messages} {
				h.vendor.Fault(f)
			}
			id, _ := h.ask(ofQuirk)
			h.wantExact(c, ofQuirk, id)
			h.wantFired(f.Kind, 4)
			h.wantRetries(id, 4)
		})
	}
}

// wantRetries holds when the coverage owns up to so many failed calls.
func (h *harness) wantRetries(id string, want int) {
	h.t.Helper()
	n := 0
	for _, count := range h.coverage(id).Sources[0].Retries {
		n += count
	}
	if n != want {
		h.t.Errorf("the coverage counts %d failed calls, want %d", n, want)
	}
}

func TestQ15CutBody(t *testing.T) {
	t.Parallel()
	healing(t,
		chaos.Fault{Kind: chaos.TruncatedGzip}, chaos.Fault{Kind: chaos.TruncatedGzip, Bytes: 4}, chaos.Fault{Kind: chaos.TruncatedGzip, Bytes: 40},
		chaos.Fault{Kind: chaos.ChunkedAbort}, chaos.Fault{Kind: chaos.ResetMidBody}, chaos.Fault{Kind: chaos.WrongLength},
		chaos.Fault{Kind: chaos.WrongLength, Bytes: -20}, chaos.Fault{Kind: chaos.TrailingGarbage}, chaos.Fault{Kind: chaos.TrailingComma},
	)
}

func TestQ16AnswerThatIsNoPage(t *testing.T) {
	t.Parallel()
	healing(t,
		chaos.Fault{Kind: chaos.HTML200}, chaos.Fault{Kind: chaos.StatusError, Status: 503, HTML: true},
		chaos.Fault{Kind: chaos.StatusError, Status: 408, HTML: true},
	)
	t.Run("for ever", func(t *testing.T) {
		t.Parallel()
		data, _ := quirkData(t, 10)
		s := quirkSetup()
		s.source = "give_up_after: 1s"
		h := open(t, data, s)
		h.vendor.Fault(chaos.Fault{Kind: chaos.HTML200, Times: chaos.Always})
		id, _ := h.ask(ofQuirk)
		if detail := h.wantReason(id, "gave_up"); !strings.Contains(detail, "give_up_after") {
			t.Errorf("the setting is not named: %s", detail)
		}
		h.wantFired(chaos.HTML200, 10)
	})
}

func TestQ17ErrorWithStatus200(t *testing.T) {
	t.Parallel()
	healing(t,
		chaos.Fault{Kind: chaos.JSONError200}, chaos.Fault{Kind: chaos.DataNull},
		chaos.Fault{Kind: chaos.DataMissing}, chaos.Fault{Kind: chaos.DataNotArray},
	)
	t.Run("for ever is not zero records", func(t *testing.T) {
		t.Parallel()
		data, _ := quirkData(t, 10)
		s := quirkSetup()
		s.source = "give_up_after: 1s"
		h := open(t, data, s)
		h.vendor.Fault(chaos.Fault{Kind: chaos.DataNull, Times: chaos.Always})
		id, _ := h.ask(ofQuirk)
		h.wantReason(id, "gave_up")
	})
}

func TestQ18RetryAfter(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]vendor.RetryAfter{
		"absent": vendor.RetryNone, "zero": vendor.RetryZero, "seconds": vendor.RetrySeconds, "date": vendor.RetryDate,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, c := quirkData(t, 20)
			h := open(t, data, quirkSetup())
			h.vendor.Fault(chaos.Fault{Kind: chaos.TooMany, RetryAfter: form, HTML: true, Times: 2})
			id, _ := h.ask(ofQuirk)
			h.wantExact(c, ofQuirk, id)
			h.wantFired(chaos.TooMany, 2)
			h.wantRetries(id, 2)
		})
	}
	t.Run("a day is an hour", func(t *testing.T) {
		t.Parallel()
		data, c := quirkData(t, 20)
		s, skip := quirkSetup(), &clock{}
		s.now, s.options.Now = skip.now, skip.now
		h := open(t, data, s)
		h.vendor.Fault(chaos.Fault{Kind: chaos.TooMany, RetryAfter: vendor.RetryDay})
		id := h.submit(ofQuirk.body())
		h.await("the request waits", func() bool { return h.waiting(id) != nil })
		until, err := time.Parse(time.RFC3339, fmt.Sprint(h.waiting(id)["until"]))
		if left := until.Sub(skip.now()); err != nil || left < 50*time.Minute || left > time.Hour {
			t.Errorf("waits for %v (%v), want an hour", left, err)
		}
		h.wantFewCalls("", 1+chainsAtOnce) // the one refused, and those that were under way
		skip.advance(2 * time.Hour)
		h.wantExact(c, ofQuirk, id)
	})
}

// chainsAtOnce is the most chains of an endpoint that are read side by side.
const chainsAtOnce = 8

// waiting is progress.waiting of a request, nil when it does not wait.
func (h *harness) waiting(id string) map[string]any {
	h.t.Helper()
	progress, _ := h.call(http.MethodGet, "/api/v1/requests/"+id, "").json["progress"].(map[string]any)
	waiting, _ := progress["waiting"].(map[string]any)
	return waiting
}

func TestQ19ServerErrors(t *testing.T) {
	t.Parallel()
	t.Run("in bursts", func(t *testing.T) {
		t.Parallel()
		data, c := quirkData(t, 60)
		h := open(t, data, quirkSetup())
		for i, status := range []int{500, 502, 503, 504} {
			h.vendor.Fault(chaos.Fault{Kind: chaos.StatusError, Status: status, Endpoint: vendor.Conversations, Page: 2 + i, Times: 4})
		}
		id, _ := h.ask(ofQuirk)
		h.wantExact(c, ofQuirk, id)
		h.wantFired(chaos.StatusError, 16)
		pages := 0
		for _, g := range h.coverage(id).Sources[0].Read {
			pages += g.Pages
		}
		if n := pagesServed(h, vendor.Conversations); n != pages { // it resumes, it does not begin again
			t.Errorf("%d pages were served for the %d that the coverage counts", n, pages)
		}
	})
	t.Run("504 for what is too much at once", func(t *testing.T) {
		t.Parallel()
		data, c := quirkData(t, 60)
		h := open(t, data, quirkSetup())
		var most time.Duration // half of what is asked for first; under the vendor's lock
		h.vendor.Fault(chaos.Fault{
			Kind: chaos.StatusError, Status: 504, HTML: true, Times: chaos.Always, Endpoint: vendor.Conversations,
			Match: func(c vendor.Call) bool {
				if most == 0 {
					most = asked(c) / 2
				}
				return asked(c) > most+time.Second
			},
		})
		id, _ := h.ask(ofQuirk)
		h.wantExact(c, ofQuirk, id)
		h.wantFired(chaos.StatusError, 3)
	})
}

// asked is how long an interval a call asks for.
func asked(c vendor.Call) time.Duration {
	start, _ := strconv.ParseInt(c.Params.Get("start_time"), 10, 64)
	end, _ := strconv.ParseInt(c.Params.Get("end_time"), 10, 64)
	return time.Duration(end-start) * time.Second
}

func pagesServed(h *harness, endpoint string) (n int) {
	for _, c := range h.vendor.Calls() {
		if c.Endpoint == endpoint && len(c.Faults) == 0 && c.Status == http.StatusOK {
			n++
		}
	}
	return n
}

func TestQ21KeyRevokedInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusForbidden, http.StatusUnauthorized} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			data, c := quirkData(t, 100)
			s := quirkSetup()
			s.options.Choices.BadKeyStatus = status
			h := open(t, data, s)
			h.vendor.RevokeKeyAfter(5)
			id, _ := h.ask(ofQuirk)
			if detail := h.wantReason(id, "key_refused"); !strings.Contains(detail, strconv.Itoa(status)) {
				t.Errorf("the status is not named: %s", detail)
			}
			h.wantFewCalls("", 5+2*chainsAtOnce) // no storm: one for each chain that was under way
			served := pagesServed(h, vendor.Conversations)
			h.vendor.AddKey(testKey)
			if a := h.call(http.MethodPost, "/api/v1/requests/"+id+"/retry", "{}"); a.status != http.StatusOK {
				t.Fatalf("retry: %d %s", a.status, a.raw)
			}
			h.wantExact(c, ofQuirk, id)
			if served == 0 {
				t.Error("the key was revoked before anything was read")
			}
		})
	}
}

func TestQ22ClockSkew(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-time.Hour, 3 * time.Hour} {
		t.Run(skew.String(), func(t *testing.T) {
			t.Parallel()
			data, c := quirkData(t, 20)
			h := open(t, data, quirkSetup())
			h.vendor.Fault(chaos.Fault{Kind: chaos.DateSkew, Delay: skew, Times: chaos.Always})
			begun := time.Now()
			id, _ := h.ask(ofQuirk)
			h.wantExact(c, ofQuirk, id)
			h.wantFired(chaos.DateSkew, 2)
			if h.anomalies(id, "Q22") == 0 || !strings.Contains(h.log.String(), "clock") {
				t.Errorf("the skew is counted %d times and logged: %v", h.anomalies(id, "Q22"), strings.Contains(h.log.String(), "clock"))
			}
			h.wantNoCallBeyond(begun.Add(time.Minute - 5*time.Minute))
		})
	}
	t.Run("no skew", func(t *testing.T) {
		t.Parallel()
		data, _ := quirkData(t, 20)
		h := open(t, data, quirkSetup())
		if id, _ := h.ask(ofQuirk); h.anomalies(id, "Q22") != 0 {
			t.Error("a skew is counted where there is none")
		}
	})
}

// wantNoCallBeyond holds when nothing after the time was asked for.
func (h *harness) wantNoCallBeyond(limit time.Time) {
	h.t.Helper()
	for _, c := range h.vendor.Calls() {
		if end, err := strconv.ParseInt(c.Params.Get("end_time"), 10, 64); err != nil || end > limit.Unix() {
			h.t.Errorf("%s was asked up to %d, want at most %d", c.Endpoint, end, limit.Unix())
		}
	}
}

// TestQ23LateArrival lets the vendor list records only two minutes after they happened.
func TestQ23LateArrival(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 3, 1, 0, 20, 30, 0, time.UTC) // twenty conversations are over
	data, c := quirkData(t, 30)
	s, watch := quirkSetup(), &clock{}
	watch.set(now)
	s.now, s.options.Now = watch.now, watch.now
	s.options.Choices.IngestLag = 2 * time.Minute
	var g gate
	s.options.OnCall = g.onCall
	h := open(t, data, s)
	id := h.submit(ofQuirk.body())
	reached, release := g.hold(t, 1)
	h.come("the first call", reached)
	watch.advance(10 * time.Minute) // more arrives while the search runs
	release()
	q := ofQuirk
	q.end = "2025-03-01T00:15:40Z"
	h.wantExactUpTo(c, q, id)
	h.wantNoCallBeyond(now.Add(-5*time.Minute + 30*time.Second))

	again, _ := h.ask(ofQuirk) // a later request has a later as_of
	q.end = "2025-03-01T00:25:40Z"
	h.wantExactUpTo(c, q, again)
}

// wantExactUpTo compares the conversations only: q's end is as_of, up to which
// messages are collected too.
func (h *harness) wantExactUpTo(c corpus, q question, id string) {
	h.t.Helper()
	if r := h.until(id, "ready", "review", "failed"); r["complete"] != true {
		h.t.Fatalf("got %v: %v", r["status"], r["error"])
	}
	conversations, _ := c.expect(h.t, q)
	h.download(id).wantLines(h.t, "data/bot/conversations.ndjson", conversations)
}

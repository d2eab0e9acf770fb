package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
)

// faultMixes are what a vendor does on bad days, sorted by where it shows.
var faultMixes = map[string][]chaos.Fault{
	"no pages": {
		{Kind: chaos.DataNull}, {Kind: chaos.DataMissing}, {Kind: chaos.DataNotArray},
		{Kind: chaos.HTML200}, {Kind: chaos.JSONError200},
	},
	"refusals": {
		{Kind: chaos.StatusError}, {Kind: chaos.StatusError, Status: http.StatusBadGateway, HTML: true},
		{Kind: chaos.StatusError, Status: http.StatusServiceUnavailable}, {Kind: chaos.StatusError, Status: http.StatusGatewayTimeout},
		{Kind: chaos.TooMany}, {Kind: chaos.TooMany, RetryAfter: vendor.RetryZero, HTML: true},
	},
	"cut bodies": {
		{Kind: chaos.ResetEarly}, {Kind: chaos.ResetMidBody}, {Kind: chaos.TruncatedGzip},
		{Kind: chaos.ChunkedAbort}, {Kind: chaos.WrongLength}, {Kind: chaos.SlowDrip, Delay: 20 * time.Millisecond},
	},
	"spoiled text": {
		{Kind: chaos.NaN}, {Kind: chaos.BadRecord}, {Kind: chaos.TrailingComma}, {Kind: chaos.TrailingGarbage},
	},
	"odd pages": {
		{Kind: chaos.DuplicateRecord}, {Kind: chaos.OversizedPage},
	},
	"empty pages": {{Kind: chaos.EmptyPage}},
}

// TestFaultsChangeNothing: two calls of five go wrong, and the archive is exact.
func TestFaultsChangeNothing(t *testing.T) {
	t.Parallel()
	for name, mix := range faultMixes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, vendor.Sample(), setup{pageSize: 40, earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}})
			for i, f := range mix {
				f.Times, f.Probability, f.Seed = chaos.Always, 0.4/float64(len(mix)), uint64(i)
				h.vendor.Fault(f)
			}
			h.wantExact(sampleCorpus(t), crashQuestion, h.submit(crashQuestion.body()))
			h.wantNoAttemptUsed()
			met := map[string]int{}
			for _, call := range h.vendor.Calls() {
				for _, kind := range call.Faults {
					met[kind]++
				}
			}
			t.Logf("%d calls, faults %v", h.vendor.Count(""), met)
			if len(met) == 0 {
				t.Error("no fault was met")
			}
		})
	}
}

// TestAThirdOfAllCallsFails is the mix of everything that passes, in the vendor's own
// proportions.
func TestAThirdOfAllCallsFails(t *testing.T) {
	t.Parallel()
	h := open(t, vendor.Sample(), setup{pageSize: 40, earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}})
	h.vendor.Flaky(1.0/3, 7)
	h.wantExact(sampleCorpus(t), crashQuestion, h.submit(crashQuestion.body()))
	h.wantNoAttemptUsed()
	if n := len(h.vendor.Violations()); n > 0 {
		t.Errorf("the vendor complains: %v", h.vendor.Violations())
	}
}

// TestRetryAfterIsHonoured: a second is waited for in place, as a number or a date.
func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]vendor.RetryAfter{"seconds": vendor.RetrySeconds, "date": vendor.RetryDate} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, vendor.Sample(), setup{options: vendor.Options{RateWindow: vendor.Off}})
			h.vendor.Fault(chaos.Fault{Kind: chaos.TooMany, RetryAfter: form})
			h.wantExact(sampleCorpus(t), ofAna, h.submit(ofAna.body()))
			calls := h.vendor.Calls()
			// A date has whole seconds: what it leaves of one may be little.
			if calls[0].Status != http.StatusTooManyRequests || form == vendor.RetrySeconds && again(calls).Sub(calls[0].Time) < time.Second {
				t.Errorf("the refused call came again after %v", again(calls).Sub(calls[0].Time))
			}
		})
	}
}

// again is when the first call was repeated.
func again(calls []vendor.Call) time.Time {
	for _, c := range calls[1:] {
		if c.Endpoint == calls[0].Endpoint && c.Params.Encode() == calls[0].Params.Encode() {
			return c.Time
		}
	}
	return time.Time{}
}

// TestALongRetryAfterIsShown: an hour, to which a longer one is cut, is too long to sit and
// wait; the request says until when it waits, and goes on by itself then.
func TestALongRetryAfterIsShown(t *testing.T) {
	t.Parallel()
	c := &clock{}
	h := open(t, vendor.Sample(), setup{now: c.now, options: vendor.Options{RateWindow: vendor.Off}})
	h.vendor.Fault(chaos.Fault{Kind: chaos.TooMany, RetryAfter: vendor.RetryDay})
	id := h.submit(ofAna.body())
	var until time.Time
	h.await("the request waits", func() bool {
		r := h.call(http.MethodGet, "/api/v1/requests/"+id, "").json
		waiting, _ := r["progress"].(map[string]any)["waiting"].(map[string]any)
		at, _ := waiting["until"].(string)
		var err error
		until, err = time.Parse(time.RFC3339, at)
		return err == nil && r["status"] == "running" && waiting["source"] == "bot"
	})
	if in := until.Sub(c.now()); in < 59*time.Minute || in > 61*time.Minute {
		t.Errorf("the request waits until %v from now, want an hour", in)
	}
	if n := h.vendor.Count(""); n > 8 { // no more than was under way on other chains
		t.Errorf("%d calls although the vendor asked to be left alone", n)
	}
	c.advance(25 * time.Hour)
	h.wantExact(sampleCorpus(t), ofAna, id)
}

// TestTheKeyDoesNotFollowARedirect: where it would go, nobody asked for it.
func TestTheKeyDoesNotFollowARedirect(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int32
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer stranger.Close()
	h := open(t, vendor.Sample(), setup{options: vendor.Options{RateWindow: vendor.Off}})
	h.vendor.Fault(chaos.Fault{Kind: chaos.Redirect, Location: stranger.URL, Times: chaos.Always})
	if detail := h.wantReason(h.submit(ofAna.body()), "vendor_refused"); !strings.Contains(detail, "302") {
		t.Errorf("the reason is %q, want it to name the status", detail)
	}
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("%d calls followed the redirect", n)
	}
}

// TestARecordThatDoesNotParse: the rest is found, and the piece is named by its time,
// never by whose it is.
func TestARecordThatDoesNotParse(t *testing.T) {
	t.Parallel()
	corpus := sampleCorpus(t)
	wantConversations, wantMessages := corpus.expect(t, ofAna)
	stranger := corpus.between(t, wantConversations)
	h := open(t, vendor.Sample(), setup{pageSize: 50, earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}})
	h.vendor.Fault(chaos.Fault{Kind: chaos.BadRecord, Record: stranger.id, Times: chaos.Always})
	id := h.submit(ofAna.body())
	detail := h.wantReason(id, "unreadable")
	started, _ := when(stranger.tree.get("startTime"))
	if !strings.Contains(detail, started.Truncate(time.Second).Format(time.RFC3339)) || strings.Contains(detail, stranger.id) {
		t.Errorf("the reason is %q; the record began at %v", detail, started)
	}
	b := h.download(id)
	b.wantLines(t, "data/bot/conversations.ndjson", wantConversations)
	b.wantLines(t, "data/bot/messages.ndjson", wantMessages)

	h.vendor.ClearFaults()
	h.wantAnswer(h.call(http.MethodPost, "/api/v1/requests/"+id+"/retry", ""), 200, "queued")
	h.wantExact(corpus, ofAna, id)
}

// between is a record of somebody else in the middle of the others, alone in its second.
func (c corpus) between(t *testing.T, others []string) rawRecord {
	t.Helper()
	for _, r := range c.conversations[len(c.conversations)/2:] {
		started, known := when(r.tree.get("startTime"))
		alone := known
		for _, other := range c.conversations {
			at, _ := when(other.tree.get("startTime"))
			alone = alone && (other.id == r.id || at.Sub(started).Abs() > 2*time.Second)
		}
		for _, raw := range others {
			alone = alone && raw != r.raw
		}
		if alone {
			return r
		}
	}
	t.Fatal("the sample has no such record")
	return rawRecord{}
}

// TestAMessageThatDoesNotParse: its conversation and the other messages are found.
func TestAMessageThatDoesNotParse(t *testing.T) {
	t.Parallel()
	conversation, messages := vendor.LongConversation("broken", time.Date(2025, 3, 1, 8, 0, 0, 0, time.UTC), 60, json.RawMessage(`{"email":"x@example.com"}`))
	data, corpus := mustData(t, []json.RawMessage{conversation}, messages)
	q := question{selectors: []selector{{Key: "email", Value: "x@example.com"}}}
	wantConversations, wantMessages := corpus.expect(t, q)
	h := open(t, data, setup{pageSize: 50, options: vendor.Options{RateWindow: vendor.Off}})
	h.vendor.Fault(chaos.Fault{Kind: chaos.BadRecord, Endpoint: vendor.Messages, Record: corpus.messages["broken"][31].id, Times: chaos.Always})
	id := h.submit(q.body())
	if detail := h.wantReason(id, "unreadable"); !strings.Contains(detail, "2025-03-01T08:31:00Z") {
		t.Errorf("the reason is %q, want the 31st minute", detail)
	}
	b := h.download(id)
	b.wantLines(t, "data/bot/conversations.ndjson", wantConversations)
	b.wantLines(t, "data/bot/messages.ndjson", append(append([]string{}, wantMessages[:31]...), wantMessages[32:]...))
}

package main

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
)

func TestNobodyFoundIsAResultWithProof(t *testing.T) {
	t.Parallel()
	h := open(t, vendor.Sample(), setup{options: vendor.Options{RateWindow: vendor.Off}})
	id := h.submit(`{"selectors":[{"metadata":{"key":"email","value":"nobody@nowhere.example"}}]}`)
	if r := h.until(id, "ready", "review", "failed"); r["status"] != "ready" || r["complete"] != true || r["error"] != nil {
		t.Fatalf("got %v, complete %v, error %v", r["status"], r["complete"], r["error"])
	}
	b := h.download(id)
	for _, name := range []string{"data/bot/conversations.ndjson", "data/bot/messages.ndjson"} {
		if body, found := b.entries[name]; !found || len(body) != 0 {
			t.Errorf("%s: there %v with %d bytes, want an empty file", name, found, len(body))
		}
	}
	c, records := h.coverage(id), 0
	for _, read := range c.Sources[0].Read {
		records += read.Records
	}
	if all, _ := h.vendor.Data("").Size(); !c.Complete || records < all {
		t.Errorf("the coverage shows %d records read of %d, complete %v", records, all, c.Complete)
	}
	answered := h.call(http.MethodGet, "/api/v1/requests/"+id+"/coverage", "")
	if packed, shown := compacted(t, b.entries["coverage.json"]), compacted(t, answered.raw); packed != shown {
		t.Errorf("coverage.json says\n%s\nand the API\n%s", packed, shown)
	}
}

// TestAKeyRevokedWhileCollecting: what was found goes to review; with a new key only
// the messages that are missing are read.
func TestAKeyRevokedWhileCollecting(t *testing.T) {
	t.Parallel()
	s := setup{pageSize: 1000, options: vendor.Options{RateWindow: vendor.Off}}
	var h *harness
	var collected atomic.Int32 // on several chains at once
	scanned := make(chan struct{})
	s.options.OnCall = func(c vendor.Call) {
		if c.Endpoint != vendor.Messages {
			return
		}
		if <-scanned; collected.Add(1) == 3 {
			h.vendor.RevokeKey(testKey)
		}
	}
	h = prepare(t, vendor.Sample(), s)
	h.start(s)
	id := h.submit(ofAna.body())
	h.await("all conversations are read", func() bool {
		return h.call(http.MethodGet, "/api/v1/requests/"+id, "").json["progress"].(map[string]any)["percent"] == 99.0
	})
	close(scanned)
	h.wantReason(id, "key_refused")
	h.wantForApproversOnly(id)
	wantConversations, wantMessages := sampleCorpus(t).expect(t, ofAna)
	partial := h.download(id)
	partial.wantLines(t, "data/bot/conversations.ndjson", wantConversations)
	if n := len(partial.lines(t, "data/bot/messages.ndjson")); n == 0 || n >= len(wantMessages) {
		t.Errorf("%d messages of %d are in the archive, want some", n, len(wantMessages))
	}

	missing := h.number(`SELECT count(*) FROM units WHERE endpoint = 'messages' AND state <> 'done'`)
	scans, asked := h.vendor.Count(vendor.Conversations), h.vendor.Count(vendor.Messages)
	h.vendor.AddKey("another-vendor-key")
	h.write("key", "another-vendor-key")
	h.stop()
	h.start(s)
	h.wantAnswer(h.call(http.MethodPost, "/api/v1/requests/"+id+"/retry", ""), 200, "queued")
	h.wantExact(sampleCorpus(t), ofAna, id)
	if n := h.vendor.Count(vendor.Conversations) - scans; n != 0 {
		t.Errorf("%d pages of conversations are read again", n)
	}
	if n := h.vendor.Count(vendor.Messages) - asked; n != missing || missing == 0 {
		t.Errorf("%d pages of messages are read, %d were missing", n, missing)
	}
}

// TestAKeyRevokedWhileScanning: with the key back, the ranges go on at their cursors.
func TestAKeyRevokedWhileScanning(t *testing.T) {
	t.Parallel()
	h := open(t, vendor.Sample(), setup{pageSize: 10, earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}})
	h.vendor.RevokeKeyAfter(12)
	id := h.submit(question{selectors: []selector{{Key: "*", Value: "nobody@nowhere.example"}}}.body())
	h.wantReason(id, "key_refused")
	h.vendor.AddKey(testKey)
	h.wantAnswer(h.call(http.MethodPost, "/api/v1/requests/"+id+"/retry", ""), 200, "queued")
	if r := h.until(id, "ready", "review", "failed"); r["complete"] != true {
		t.Fatalf("got %v, error %v", r["status"], r["error"])
	}
	pages, unused := 0, 0
	for _, read := range h.coverage(id).Sources[0].Read {
		pages += read.Pages
	}
	for _, call := range h.vendor.Calls() {
		if call.Status != http.StatusOK {
			unused++
		}
	}
	// What was answered while another chain had the refusal is not kept.
	if n := h.vendor.Count(""); unused == 0 || n > pages+2*unused {
		t.Errorf("%d calls for %d pages and %d refusals: something was read again", n, pages, unused)
	}
}

// TestAStuckCursor shows each way in which a chain can go in circles, and each thing
// that a person can then decide.
func TestAStuckCursor(t *testing.T) {
	t.Parallel()
	for kind, then := range map[chaos.FaultKind]struct {
		pageSize int // a cycle needs pages, a chain without an end is long with any
		decide   func(*harness, string)
	}{
		chaos.RepeatCursor: {100, (*harness).approves},
		chaos.CycleCursor:  {20, (*harness).rejects},
		chaos.NeverNull:    {1000, (*harness).retries},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			h := open(t, vendor.Sample(), setup{pageSize: then.pageSize, earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}})
			h.vendor.Fault(chaos.Fault{Kind: kind, Endpoint: vendor.Conversations, Times: chaos.Always})
			id := h.submit(ofAna.body())
			h.wantReason(id, "stuck_cursor")
			h.wantForApproversOnly(id)
			then.decide(h, id)
		})
	}
}

func (h *harness) approves(id string) {
	h.t.Helper()
	a := h.call(http.MethodPost, "/api/v1/requests/"+id+"/approve", "{}") // the token that made the request
	if a.status != http.StatusForbidden || a.json["code"] != "own_request" {
		h.t.Errorf("approving an own request: %d %s", a.status, a.raw)
	}
	if a := h.as("requester", http.MethodPost, id+"/approve"); a.status != http.StatusForbidden {
		h.t.Errorf("a requester approves: %d %s", a.status, a.raw)
	}
	a = h.as("approver", http.MethodPost, id+"/approve")
	h.wantAnswer(a, 200, "ready")
	if a.json["complete"] != false || h.coverage(id).Complete {
		h.t.Error("approval made the answer complete")
	}
	if a := h.as("requester", http.MethodGet, id+"/archive"); a.status != http.StatusOK {
		h.t.Errorf("the archive after approval: %d %s", a.status, a.raw)
	}
	if b := h.download(id); !strings.Contains(compacted(h.t, b.entries["coverage.json"]), `"complete":false`) {
		h.t.Errorf("coverage.json after approval: %s", b.entries["coverage.json"])
	}
}

func (h *harness) rejects(id string) {
	h.t.Helper()
	h.wantAnswer(h.as("approver", http.MethodPost, id+"/reject"), 200, "rejected")
	if a := h.as("approver", http.MethodGet, id+"/archive"); a.status != http.StatusConflict {
		h.t.Errorf("the archive after rejection: %d", a.status)
	}
	for _, move := range []string{"approve", "retry", "cancel", "reject"} {
		if a := h.as("approver", http.MethodPost, id+"/"+move); a.status != http.StatusConflict {
			h.t.Errorf("%s after rejection: %d %s", move, a.status, a.raw)
		}
	}
}

func (h *harness) retries(id string) {
	h.t.Helper()
	h.vendor.ClearFaults()
	h.wantAnswer(h.as("requester", http.MethodPost, id+"/retry"), 200, "queued")
	c := corpus{}
	if t, ok := h.t.(*testing.T); ok {
		c = sampleCorpus(t)
	}
	h.wantExact(c, ofAna, id)
}

func TestReviewOfEveryRequest(t *testing.T) {
	t.Parallel()
	h := open(t, vendor.Sample(), setup{top: "release: {review: required}", options: vendor.Options{RateWindow: vendor.Off}})
	id := h.submit(ofAna.body())
	if r := h.until(id, "ready", "review", "failed"); r["status"] != "review" || r["complete"] != true || r["error"] != nil {
		t.Fatalf("got %v, complete %v, error %v", r["status"], r["complete"], r["error"])
	}
	h.wantForApproversOnly(id)
	h.wantAnswer(h.as("approver", http.MethodPost, id+"/approve"), 200, "ready")
	h.wantExact(sampleCorpus(t), ofAna, id)
}

// TestCancelStopsTheCalls: what is under way when the request is cancelled is the last.
func TestCancelStopsTheCalls(t *testing.T) {
	t.Parallel()
	g := &gate{}
	h := open(t, vendor.Sample(), setup{pageSize: 10, earliest: "2023-12-01",
		options: vendor.Options{RateWindow: vendor.Off, OnCall: g.onCall}})
	reached, release := g.hold(t, 6)
	id := h.submit(ofAna.body())
	h.come("the sixth page", reached)
	h.wantAnswer(h.as("requester", http.MethodPost, id+"/cancel"), 200, "cancelled")
	before := h.vendor.Calls()
	release()
	h.idle()
	held := map[string]bool{}
	for _, call := range before[5:] {
		held[chainOf(call)] = true
	}
	begun := h.vendor.Calls()[len(before):] // by chains that were about to call
	for _, call := range begun {
		if held[chainOf(call)] || len(begun) > 8 {
			t.Errorf("%d calls after the request was cancelled, one on a chain under way: %v", len(begun), held[chainOf(call)])
		}
	}
	if a := h.as("approver", http.MethodGet, id+"/archive"); a.status != http.StatusConflict {
		t.Errorf("the archive of a cancelled request: %d", a.status)
	}
	h.wantAnswer(h.call(http.MethodGet, "/api/v1/requests/"+id, ""), 200, "cancelled")
}

// wantForApproversOnly holds when an archive in review is shown to those who decide.
func (h *harness) wantForApproversOnly(id string) {
	h.t.Helper()
	for role, want := range map[string]int{"approver": http.StatusOK, "requester": http.StatusConflict, "auditor": http.StatusConflict} {
		if a := h.as(role, http.MethodGet, id+"/archive"); a.status != want {
			h.t.Errorf("the archive in review for the %s: %d, want %d", role, a.status, want)
		}
	}
}

func (h *harness) wantAnswer(a answer, status int, state string) {
	h.t.Helper()
	if a.status != status || a.json["status"] != state {
		h.t.Fatalf("got %d %s, want %d with status %s", a.status, a.raw, status, state)
	}
}

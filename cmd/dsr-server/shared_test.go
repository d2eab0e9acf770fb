package main

import (
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
)

// scanned is a harness over so many pages of 100 conversations whose vendor answers the first calls and then holds
// all others until the gate is opened.
func scanned(t *testing.T, pages int, answered int32) (h *harness, underWay chan struct{}, gate chan struct{}) {
	t.Helper()
	var begun atomic.Int32
	underWay, gate = make(chan struct{}), make(chan struct{})
	hold := func(vendor.Call) {
		n := begun.Add(1)
		if n == answered+1 {
			close(underWay)
		}
		if n > answered {
			<-gate
		}
	}
	return build(t, vendor.Synthetic(100*pages), setup{
		pageSize: 100, earliest: "2024-07-01", options: vendor.Options{RateWindow: vendor.Off, OnCall: hold},
		top: "limits: {submissions_per_second: 1000}",
	}), underWay, gate
}

// askFor submits a request for one of the synthetic people, who have one conversation each in every ten pages.
func (h *harness) askFor(person int) (id string) {
	h.t.Helper()
	return h.submit(fmt.Sprintf(`{"selectors":[{"metadata":{"key":"email","value":%q}}],"window":{"end":"2025-07-01T00:00:00Z"}}`, vendor.SyntheticEmail(person)))
}

func (h *harness) wantFound(id string, conversations float64) {
	h.t.Helper()
	if r := h.until(id, "ready"); r["result"].(map[string]any)["conversations"] != conversations {
		h.t.Errorf("got %v, want %v conversations", r["result"], conversations)
	}
}

// TestRequestsTogetherCostOneScan: ten requests that come before the first page is there
// read the 100 pages once, but for the ranges begun before they came.
func TestRequestsTogetherCostOneScan(t *testing.T) {
	t.Parallel()
	h, _, gate := scanned(t, 100, 0)
	var ids []string
	for person := range 10 {
		ids = append(ids, h.askFor(person))
	}
	for _, id := range ids {
		h.until(id, "running")
	}
	close(gate)
	for _, id := range ids {
		h.wantFound(id, 10)
	}
	if calls := h.vendor.Count(vendor.Conversations); calls > 150 {
		t.Errorf("ten requests cost %d calls, one costs about 110", calls)
	}
}

// TestLateRequestSharesWhatIsLeft: a request that comes in the middle of a scan reads
// again only what was begun before it came.
func TestLateRequestSharesWhatIsLeft(t *testing.T) {
	t.Parallel()
	h, underWay, gate := scanned(t, 200, 11)
	first := h.askFor(1)
	<-underWay
	late := h.askFor(2)
	h.until(late, "running")
	close(gate)
	h.wantFound(first, 20)
	h.wantFound(late, 20)
	if shared := h.call(http.MethodGet, "/api/v1/requests/"+first+"/coverage?view=staff", "").json["staff"].(map[string]any)["shared"].([]any); len(shared) != 1 {
		t.Errorf("the staff view shows no sharing: %v", shared)
	}
	// Begun before it came were at most three ranges and those they made way for.
	if calls := h.vendor.Count(vendor.Conversations); calls > 280 {
		t.Errorf("two requests cost %d calls, one costs about 210: what was left was not shared", calls)
	}
}

// handful is what a short cut may cost: a look around each end of the conversation, each
// a page and perhaps a look after its end.
const handful = 4

// TestShortCutUnderEveryReading: a conversation asked for by id costs a handful of calls
// instead of a scan, whatever the vendor's window means and however slow it answers, also
// one that lasted eleven days, and nothing of it is lost.
func TestShortCutUnderEveryReading(t *testing.T) {
	t.Parallel()
	const pageSize = 10
	c := sampleCorpus(t)
	if scan := len(c.conversations) / pageSize; scan < 5*handful {
		t.Fatalf("a scan costs only about %d calls", scan)
	}
	longest := slices.MaxFunc(c.conversations, func(a, b rawRecord) int { return int(active(a) - active(b)) })
	if days := active(longest) / 86400; days < 10 {
		t.Fatalf("the sample's longest conversation lasts %d days", days)
	}
	for _, v := range chaos.Variants() {
		if v.Choices.MaxSpan > 0 {
			continue // the messages of one conversation alone take dozens of ranges there
		}
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			// So slow that a lane that may would have begun many ranges before the first answer.
			slow := vendor.Options{Choices: v.Choices, RateWindow: vendor.Off, Latency: 100 * time.Millisecond}
			h := build(t, vendor.Sample(), setup{pageSize: pageSize, earliest: "2023-12-01", options: slow})
			h.answerAll(c, []question{{name: "by id", selectors: []selector{{ID: longest.id}}}})
			if n := h.vendor.Count(vendor.Conversations); n > handful {
				t.Errorf("%d calls for conversations, want at most %d", n, handful)
			}
		})
	}
}

// active is how many seconds a conversation was active, 0 when it does not say.
func active(r rawRecord) int64 {
	start, known := when(r.tree.get("startTime"))
	last, knownLast := when(r.tree.get("lastActionAt"))
	if !known || !knownLast {
		return 0
	}
	return last.Unix() - start.Unix()
}

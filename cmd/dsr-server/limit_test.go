package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
)

// TestOneLimitForAllSourcesOfAHost: two sources and two requests share the three calls
// a second that the vendor allows.
func TestOneLimitForAllSourcesOfAHost(t *testing.T) {
	t.Parallel()
	h := open(t, vendor.Sample(), setup{rate: "3/s", pageSize: 1000, earliest: "2023-12-01", options: vendor.Options{
		Bots: map[string]*vendor.Data{"second": vendor.Sample()},
	}})
	first := h.submit(ofAna.body())
	second := h.submit(question{selectors: []selector{{Key: "userId", Value: "7007"}}}.body())
	for _, id := range []string{first, second} {
		if r := h.until(id, "ready", "review", "failed"); r["complete"] != true {
			t.Fatalf("got %v, error %v", r["status"], r["error"])
		}
	}
	// Two paces would have every other call refused. A few may be, where the machine is so
	// busy that a call loses more time on its way than the pace has to spare.
	bots, limited := map[string]int{}, 0
	for i, call := range h.vendor.Calls() {
		bots[call.Params.Get("bot_name")]++
		switch {
		case call.Limited:
			limited++
		case call.Status != http.StatusOK:
			t.Errorf("call %d to %s was answered with %d", i+1, call.Endpoint, call.Status)
		}
	}
	if calls := h.vendor.Count(""); 10*limited > calls || len(bots) != 2 {
		t.Errorf("%d of %d calls were beyond the limit; calls by bot: %v", limited, calls, bots)
	}
}

// TestASourceWithoutRecordsCostsFewCalls: nothing is to be found in any range, so that
// many ranges bring nothing but calls.
func TestASourceWithoutRecordsCostsFewCalls(t *testing.T) {
	t.Parallel()
	data, _ := mustData(t, nil, nil)
	h := open(t, data, setup{options: vendor.Options{RateWindow: vendor.Off}})
	id := h.submit(ofAna.body())
	h.wantReason(id, "nothing_listed")
	if n := h.vendor.Count(""); n > 40 {
		t.Errorf("%d calls for no records", n)
	}
}

// TestNoCallIsRepeatedUnseen: net/http likes to repeat a GET whose reused connection was
// reset; every call the vendor sees must be one that the program paced and counted.
func TestNoCallIsRepeatedUnseen(t *testing.T) {
	t.Parallel()
	h := open(t, vendor.Sample(), setup{pageSize: 20, earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}})
	h.vendor.Fault(chaos.Fault{Kind: chaos.ResetEarly, Times: 12, Probability: 0.3})
	id := h.submit(ofAna.body())
	h.wantExact(sampleCorpus(t), ofAna, id)
	counted := h.coverage(id).Sources[0].Calls
	for _, endpoint := range []string{vendor.Conversations, vendor.Messages} {
		if seen := h.vendor.Count(endpoint); seen != counted[endpoint] {
			t.Errorf("%s: the vendor saw %d calls, the program counted %d\n%s", endpoint, seen, counted[endpoint], h.story())
		}
	}
	resets := 0
	for _, call := range h.vendor.Calls() {
		resets += len(call.Faults)
	}
	if resets < 5 || !repeatsUnseen(t) {
		t.Errorf("%d resets, and a plain client repeats %v: the test shows nothing", resets, repeatsUnseen(t))
	}
}

// repeatsUnseen shows that the danger is real: a plain client makes two calls of one.
func repeatsUnseen(t *testing.T) bool {
	t.Helper()
	fake := chaos.New(vendor.Sample(), vendor.Options{Keys: []string{testKey}, RateWindow: vendor.Off})
	server := httptest.NewServer(fake)
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for range 2 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
			server.URL+vendor.ConversationsPath+"?bot_name=r3-218210&start_time=0&end_time=1&per_page=1", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("x-api-key", testKey)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body) // only so is the connection used again
		_ = resp.Body.Close()
		fake.Fault(chaos.Fault{Kind: chaos.ResetEarly}) // for the second
	}
	return fake.Count("") == 3
}

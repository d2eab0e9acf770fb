package main

import (
	"testing"

	"dsr-server/internal/fake/vendor"
)

// TestDeadLaneFailsItsRequests: a fault of ours that no attempt mends must not leave a
// request running for ever.
func TestDeadLaneFailsItsRequests(t *testing.T) {
	t.Parallel()
	h := build(t, vendor.Sample(), setup{pageSize: 1, rate: "50/s", options: vendor.Options{RateWindow: vendor.Off}})
	id := h.submit(`{"selectors":[{"metadata":{"value":"ana@example.com"}}]}`)
	for h.until(id, "running")["progress"].(map[string]any)["pages"].(float64) == 0 {
		pause(t, 0)
	}
	if _, err := h.p.Store.DB().ExecContext(t.Context(), `UPDATE source_keys SET data_key = zeroblob(60)`); err != nil {
		t.Fatal(err)
	}
	r := h.until(id, "failed", "ready", "review")
	if r["status"] != "failed" || r["error"].(map[string]any)["code"] != "internal" {
		t.Fatalf("got %v, %v", r["status"], r["error"])
	}
	if r["complete"] != nil {
		t.Errorf("complete is %v", r["complete"])
	}
}

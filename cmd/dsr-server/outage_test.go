package main

import (
	"net/http"
	"testing"
	"time"

	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
)

// TestAnOutageOfAnHour is shown as waiting, with a time, and ends by itself.
func TestAnOutageOfAnHour(t *testing.T) {
	t.Parallel()
	c := &clock{}
	h := open(t, vendor.Sample(), setup{now: c.now, options: vendor.Options{RateWindow: vendor.Off}})
	h.vendor.Fault(chaos.Fault{Kind: chaos.StatusError, Status: http.StatusBadGateway, Times: chaos.Always})
	began := c.now()
	id := h.submit(ofAna.body())
	waits := 0
	for ; c.now().Sub(began) < time.Hour; waits++ {
		until := h.waitingUntil(c, id)
		c.advance(until.Sub(c.now()) + time.Second)
	}
	if waits < 4 || waits > 12 {
		t.Errorf("%d waits in an hour; they should double from a minute to a quarter of an hour", waits)
	}
	h.vendor.ClearFaults()
	c.advance(20 * time.Minute)
	h.wantExact(sampleCorpus(t), ofAna, id)
}

// waitingUntil waits for the request to say until when its source is left alone.
func (h *harness) waitingUntil(c *clock, id string) (until time.Time) {
	h.t.Helper()
	h.await("the request waits", func() bool {
		r := h.call(http.MethodGet, "/api/v1/requests/"+id, "").json
		waiting, _ := r["progress"].(map[string]any)["waiting"].(map[string]any)
		at, _ := waiting["until"].(string)
		var err error
		until, err = time.Parse(time.RFC3339, at)
		return err == nil && r["status"] == "running" && until.After(c.now())
	})
	return until
}

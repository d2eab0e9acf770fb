package main

import (
	"net/http"
	"testing"

	"dsr-server/internal/fake/vendor"
)

// TestARevisedRequestFindsWhatIsAskedNow: asked for nobody first, for Ana then, while the
// search goes on for another.
func TestARevisedRequestFindsWhatIsAskedNow(t *testing.T) {
	t.Parallel()
	h := open(t, vendor.Sample(), setup{options: vendor.Options{RateWindow: vendor.Off}})
	id := h.submit(question{selectors: []selector{{Key: "*", Value: "nobody@nowhere.example"}}}.body())
	h.until(id, "ready", "review", "failed")
	another := h.submit(ofAna.body())
	h.wantAnswer(h.call(http.MethodPost, "/api/v1/requests/"+id+"/revise", ofAna.body()), 200, "queued")
	h.wantExact(sampleCorpus(t), ofAna, id)
	h.wantExact(sampleCorpus(t), ofAna, another)
}

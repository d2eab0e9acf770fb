package main

import (
	"net/http"
	"strings"
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

	h.wantAnswer(h.call(http.MethodPatch, "/api/v1/requests/"+id, `{"channel":"phone","labels":{"brand":"north"}}`), 200, "ready")
	if a := h.call(http.MethodPost, "/api/v1/requests/"+id+"/notes", `{"text":"Ana called"}`); a.status != 201 {
		t.Errorf("a note: got %d %s", a.status, a.raw)
	}
	history := h.call(http.MethodGet, "/api/v1/requests/"+id+"/history", "")
	for _, kind := range []string{"request.revised", "request.amended", "note.added"} {
		if !strings.Contains(string(history.raw), `"`+kind+`"`) {
			t.Errorf("the history lacks %s: %s", kind, history.raw)
		}
	}
}

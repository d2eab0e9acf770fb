package main

import (
	"net/http"
	"strings"
	"testing"

	"dsr-server/internal/fake/vendor"
)

// TestWhatTheArchiveDoesNotTellIsShownToStaff: from dsr.yaml to the start page, and
// what is missing there to the staff view.
func TestWhatTheArchiveDoesNotTellIsShownToStaff(t *testing.T) {
	t.Parallel()
	h := build(t, vendor.Sample(), setup{earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off},
		source: `information: {purposes: {en: "To answer you", de: "Um zu antworten"}, categories: [Chat, Address], retention: {en: "Two years"}}`})
	for _, c := range []struct {
		body, page string
		warned     []string
	}{
		{`{"language":"en","selectors":[{"metadata":{"key":"*","value":"ana@example.com"}}]}`, "To answer you",
			[]string{"lacks 6 of the details", "for bot", "recipients, rights, authority, origin, automated decisions, transfers"}},
		{`{"language":"de","selectors":[{"metadata":{"key":"*","value":"ana@example.com"}}]}`, "Um zu antworten", []string{"retention"}},
		{`{"language":"en","selectors":[{"metadata":{"key":"*","value":"nobody-7f31@example.com"}}]}`, "", nil},
	} {
		id := h.submit(c.body)
		h.until(id, "ready")
		page := string(h.download(id).entries["index.html"])
		if !strings.Contains(page, c.page) || strings.Contains(page, "To answer you") != (c.page == "To answer you") {
			t.Errorf("%s: the start page does not say %q, or more", c.body, c.page)
		}
		staff := h.do(http.MethodGet, "/api/v1/requests/"+id+"/coverage?view=staff", "", http.StatusOK)
		if strings.Contains(string(staff.raw), "information_missing") != (c.warned != nil) {
			t.Errorf("%s: staff see %s", c.body, staff.raw)
		}
		for _, text := range c.warned {
			if !strings.Contains(string(staff.raw), text) {
				t.Errorf("%s: staff do not see %q: %s", c.body, text, staff.raw)
			}
		}
	}
}

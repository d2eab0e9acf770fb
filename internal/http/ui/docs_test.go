package ui_test

import (
	"net/http"
	"testing"
)

func TestDocsDescribeEveryCall(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	page := s.get("/docs").want(http.StatusOK)
	calls := s.Calls()
	if len(calls) < 20 {
		t.Fatalf("there are only %d calls", len(calls))
	}
	page.says(calls...)
	page.says("Submit a request", "The request is stored and queued.", "The request was purged; receipt says when and why.")
	page.saysNot("`", "$ref")
	page.says("Idempotency-Key (a header)", "limit (in the query)", "id (in the address)", `"reason": "The letter came back."`)
	if folded := len(page.tags("details")); folded < len(calls) {
		t.Errorf("%d calls are folded, of %d", folded, len(calls))
	}
	if n := len(page.tags("script")); n > 1 {
		t.Errorf("the page has %d scripts, want the layout's one", n)
	}
}

package http

import (
	"net/http"
	"testing"
)

func TestDocsDescribeEveryCall(t *testing.T) {
	t.Parallel()
	page := newSite(t).get("/docs").want(http.StatusOK)
	g := newRig(t)
	if len(g.server.routes) < 20 {
		t.Fatalf("there are only %d routes", len(g.server.routes))
	}
	for _, rt := range g.server.routes {
		page.says(rt.method + " " + rt.pattern)
	}
	page.says("Submit a request", "The request is stored and queued.", "The request was purged; receipt says when and why.")
	page.saysNot("`", "$ref")
	if n := len(page.tags("script")); n > 1 {
		t.Errorf("the page has %d scripts, want the layout's one", n)
	}
}

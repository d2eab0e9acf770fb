package ui_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	"dsr-server/internal/http/ui"
)

type htmlNode = html.Node

func TestListMasksWhatIsSearchedForAndWritesNoEvent(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	s.submitted()
	before := len(s.Events(audit.RequestViewed))
	got := s.get("/requests").want(http.StatusOK)
	got.says("PRIV-1", "a•••", "Waiting to start", "28 May 2025", "28 June 2025", "overdue by 1 day")
	if strings.Contains(string(got.Body), "ana@example.com") || len(s.Events(audit.RequestViewed)) != before {
		t.Error("the list shows the value, or writes an event")
	}
}

func TestListFiltersAndPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	for i := range ui.PageLimit + 5 {
		source := "it-desk"
		if i == 3 {
			source = "support-bot"
		}
		id := s.submitted(url.Values{"reference": {fmt.Sprintf("REF-%02d", i)}, "source": {source}, "received": {fmt.Sprintf("2025-05-%02d", i%28+1)}})
		if i == 4 {
			s.at(id, dsr.Review, false)
		}
	}
	rows := func(a shown) int { return len(a.tags("tr")) - 1 }
	first := s.get("/requests").want(http.StatusOK)
	if rows(first) != ui.PageLimit {
		t.Errorf("%d rows on the first page", rows(first))
	}
	older := first.link("Next")
	second := s.get(older)
	if rows(second) != 5 {
		t.Errorf("%d rows on the second page", rows(second))
	}
	if got := second.link("First page"); got != "/requests" {
		t.Errorf("back leads to %q", got)
	}
	for query, want := range map[string]string{
		"status=review": "REF-04", "source=support-bot": "REF-03", "q=REF-07": "REF-07", "due=2025-06-01": "REF-28",
	} {
		got := s.get("/requests?" + query)
		if rows(got) > 2 || !strings.Contains(got.text(), want) {
			t.Errorf("%s: %d rows, want %s among them", query, rows(got), want)
		}
	}
	s.get("/requests?q=nothing-like-it").says("No requests match.")
	s.get("/requests?due=tomorrow").want(http.StatusOK).says("Due by: This is not a date")
	s.get("/requests?status=odd&source=odd").want(http.StatusOK).says("There are 2 problems")
	s.get("/requests?cursor=odd").want(http.StatusUnprocessableEntity)
	paged := s.get("/requests?source=it-desk").link("Next")
	if !strings.Contains(paged, "source=it-desk") {
		t.Errorf("the next page forgets the filter: %s", paged)
	}
}

func (a shown) link(text string) string {
	a.t.Helper()
	for _, n := range a.tags("a") {
		if words(n) == text {
			return attr(n, "href")
		}
	}
	a.t.Fatalf("there is no link %q", text)
	return ""
}

func TestAssetsAreKeptByVersionAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	page := s.get("/sign-in")
	for _, n := range append(page.tags("link"), page.tags("script")...) {
		address := attr(n, "href") + attr(n, "src")
		got := s.get(address).want(http.StatusOK)
		if got.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || got.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: got %v", address, got.Header)
		}
		path, _, _ := strings.Cut(address, "?")
		if got := s.get(path + "?v=old").want(http.StatusOK).Header.Get("Cache-Control"); got != "no-cache" {
			t.Errorf("%s with another version: %s", path, got)
		}
	}
	s.get("/static/nothing.css").want(http.StatusNotFound)
	s.get("/static/../layout.html").want(http.StatusNotFound)
}

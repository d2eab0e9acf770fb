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

func TestListShowsNothingOfWhatIsSearchedForAndWritesNoEvent(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	s.submitted()
	before := len(s.Events(audit.RequestViewed))
	got := s.get("/requests").want(http.StatusOK)
	got.says("PRIV-1", "Waiting to start", "requester", "28 June 2025", "overdue by 1 day", "1–1 of 1")
	if strings.Contains(string(got.Body), "ana@example.com") || len(s.Events(audit.RequestViewed)) != before {
		t.Error("the list shows the value, or writes an event")
	}
}

func (a shown) rows() int { return max(0, len(a.tags("tr"))-1) }

func TestListsHaveTabsPagesAndAnOrder(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	for i := range ui.PageLimit + 5 {
		id := s.submitted(url.Values{"reference": {fmt.Sprintf("REF-%02d", i)}, "received": {fmt.Sprintf("2025-05-%02d", 30-i%28)}})
		switch i {
		case 3:
			s.Move(id, dsr.Cancelled, false)
		case 4:
			s.at(id, dsr.Review, false)
		}
	}
	first := s.get("/requests").want(http.StatusOK)
	first.says("Open 29", "To decide 1", "To send 0", "Answered 0", "Closed 1", "All 30", "1–25 of 29")
	if first.rows() != ui.PageLimit || !strings.HasPrefix(first.references()[0], "REF-27") {
		t.Errorf("%d rows, the first %v", first.rows(), first.references()[:1])
	}
	second := s.get(first.link("Next"))
	second.says("26–29 of 29")
	if got := second.link("Previous"); got != "/requests" || second.rows() != 4 {
		t.Errorf("%d rows on the second page, back leads to %q", second.rows(), got)
	}
	if got := s.get("/requests?page=9"); got.Header.Get("Location") != "/requests" {
		t.Errorf("a page beyond the end: %d %v", got.Status, got.Header)
	}
	for query, want := range map[string]string{
		"list=to_decide": "REF-04", "list=closed": "REF-03", "list=all&sort=request": "REF-00", "sort=request&order=desc": "REF-29", "list=odd&sort=odd&page=x": "REF-27",
	} {
		if got := s.get("/requests?" + query).want(http.StatusOK).references(); got[0] != want {
			t.Errorf("%s: the first is %s, want %s", query, got[0], want)
		}
	}
	sorted := s.get("/requests?sort=request")
	if head := sorted.byText("th", "Request ↑"); attr(head, "aria-sort") != "ascending" {
		t.Error("the column sorted by does not say so")
	}
	if got := sorted.link("Request ↑"); got != "/requests?order=desc&sort=request" {
		t.Errorf("once more leads to %s", got)
	}
}

// references are those of the rows, in their order.
func (a shown) references() (out []string) {
	for _, n := range a.tags("a") {
		if strings.HasPrefix(attr(n, "href"), "/requests/0") {
			out = append(out, words(n))
		}
	}
	return append(out, "")
}

func (a shown) byText(tag, text string) *html.Node {
	a.t.Helper()
	for _, n := range a.tags(tag) {
		if words(n) == text {
			return n
		}
	}
	a.t.Fatalf("no %s says %q", tag, text)
	return nil
}

func TestRequestsAreFoundByPartOfTheirReference(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.submitted(url.Values{"reference": {"PRIV-1042"}})
	s.submitted(url.Values{"reference": {"OTHER"}})
	for _, q := range []string{"iv-10", "PRIV", id} {
		to := s.post("/requests/find", url.Values{"q": {q}, "sort": {"request"}}).want(http.StatusSeeOther).Header.Get("Location")
		if got := s.get(to).references(); got[0] != "PRIV-1042" || len(got) != 2 || !strings.Contains(to, "sort=request") {
			t.Errorf("%s: %s shows %v", q, to, got)
		}
	}
	s.get("/requests?q=nothing-like-it").says("No requests match.", "Search results for “nothing-like-it”")
}

// TestRequestsAreFoundByWhatTheyAskFor, of which no address tells, and that is on record.
func TestRequestsAreFoundByWhatTheyAskFor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	s.submitted(url.Values{"reference": {"ANA"}})
	s.submitted(url.Values{"reference": {"BEN"}, "value-1": {"ben@example.com"}})
	find := func(text string) (string, []string) {
		to := s.post("/requests/find", url.Values{"q": {text}}).want(http.StatusSeeOther).Header.Get("Location")
		return to, s.get(to).want(http.StatusOK).references()
	}
	for text, want := range map[string]string{"Ana@Example.com ": "ANA", "ben@example.com": "BEN"} {
		to, refs := find(text)
		if refs[0] != want || len(refs) != 2 || strings.Contains(strings.ToLower(to), "example") {
			t.Errorf("%s: %s shows %v", text, to, refs)
		}
	}
	to, refs := find("carl@example.com")
	if len(refs) != 1 || strings.Contains(to, "carl") {
		t.Errorf("%s shows %v", to, refs)
	}
	s.get(to).says("No requests match.", "Requests that asked for what you searched for")
	if events := s.Events(audit.RequestsSearched); len(events) != 3 || events[0].Actor != "user:requester" || len(events[0].Data) > 0 {
		t.Errorf("on record: %+v", events)
	}
}

func TestMineAreThoseAssignedToMe(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	mine, me := s.submitted(url.Values{"reference": {"MINE"}}), "requester"
	s.submitted(url.Values{"reference": {"OTHER"}})
	if _, err := s.Store.Amend(t.Context(), dsr.Call{By: dsr.Principal{ID: "user:admin", Role: dsr.Admin}}, mine, dsr.Change{Assignee: &me}); err != nil {
		t.Fatal(err)
	}
	got := s.get(s.get("/requests").link("Show only mine"))
	if refs := got.references(); len(refs) != 2 || refs[0] != "MINE" {
		t.Errorf("got %v", refs)
	}
	got.says("assigned to requester")
	if all := got.link("Show everybody’s"); all != "/requests" {
		t.Errorf("the way back is %s", all)
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

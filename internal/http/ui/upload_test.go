package ui_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// uploaded sends a table, as a browser does, and returns the page that it leads to and its address.
func (s *site) uploaded(table, mode string) (shown, string) {
	s.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("table", "requests.csv")
	if err != nil {
		s.t.Fatal(err)
	}
	_, _ = file.Write([]byte(table)) // into memory
	if err := form.WriteField("mode", mode); err != nil {
		s.t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		s.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), "POST", s.URL+"/requests/upload", &body)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = resp.Body.Close()
	to := resp.Header.Get("Location")
	if resp.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("a table is answered with %d", resp.StatusCode)
	}
	return s.get(to).want(http.StatusOK), to
}

func TestATableIsShownBeforeItIsSubmittedAsAWhole(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *apptest.Setup) { o.Source = ", region: DE" })
	s.signIn("requester")
	page, here := s.uploaded("reference,identifier,received_at\r\nB-1,ana@example.com,2025-06-01\r\nB-2,030 3923415,2025-06-02\r\n", "screen")
	page.says("2 requests will be submitted.", "They only count how much is held.", "B-1", "ana@example.com", "1 June 2025", "1 July 2025", "030 3923415")
	if n := len(s.Events(audit.RequestSubmitted)); n != 0 {
		t.Fatalf("%d requests were submitted by looking", n)
	}
	for range 2 { // sent twice, it is done once
		s.post(here, nil).goes(here)
	}
	done := s.get(here)
	done.says("2 requests submitted.", "B-1", "B-2")
	done.saysNot("ana@example.com")
	links := done.all(func(n *htmlNode) bool { return n.Data == "a" && strings.HasPrefix(words(n), "B-") })
	if n := len(s.Events(audit.RequestSubmitted)); n != 2 || len(links) != 2 {
		t.Fatalf("%d requests were submitted, %d are linked", n, len(links))
	}
	r := s.Lookup(strings.TrimPrefix(attr(links[0], "href"), "/requests/"))
	if r.Reference != "B-1" || r.Mode != dsr.ModeScreen {
		t.Errorf("got %+v", r)
	}
	s.client = s.browser()
	s.signIn("admin")
	s.get(here).want(http.StatusNotFound)
	s.post(here, nil).want(http.StatusNotFound)
}

func TestWhatIsWrongWithATableIsSaidByRow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	s.submitted()
	page, here := s.uploaded("reference,identifier,received_at,value,match\nB-1,ana@example.com,,,\nPRIV-1,x,,,\nB-1,x,,,\n,,,,\nB-5,x,2025-07-30,,\nB-6,x,soon,,\nB-7\n,,,@gmail.com,contains\n,,,x,near\n", "")
	page.says("Nothing was submitted", "2referenceAnother request already has this reference.", "3referenceAn earlier row has this reference.",
		"4identifierEnter at least one value to look for.", "5received_atThis day is in the future.", "6received_atThis is not a time such as", "7This row has not as many values",
		"8valueThis would find conversations of nearly everybody.", "9matchUse one of: exact, normalized, contains, phone.")
	if title := words(page.tags("title")[0]); !strings.HasPrefix(title, "Error: ") {
		t.Errorf("the title is %q", title)
	}
	s.follow(s.post(here, nil)).says("Nothing was submitted")
	if n := len(s.Events(audit.RequestSubmitted)); n != 1 {
		t.Errorf("%d requests were submitted", n)
	}
}

func TestWhatMakesATableUnreadableIsSaid(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	for table, want := range map[string]string{
		"":                     "The table has no rows. Choose a CSV file",
		"name;mail\nx;y\n":     "The first line has to name the columns",
		"identifier\n":         "The table has no rows.",
		"identifier\nx\"y\"\n": "Row 1: This is not a well-formed CSV table",
		"identifier\n\xff\n":   "Row 1: The table is not in UTF-8.",
		"identifier\n" + strings.Repeat("x\n", dsr.MaxBatch+1): "more than 1,000 rows",
	} {
		page, _ := s.uploaded(table, "")
		if got := page.alert(); !strings.Contains(got, want) {
			t.Errorf("%.20q: the page says %q, want %q", table, got, want)
		}
		if attr(page.byID("table"), "aria-invalid") != "true" {
			t.Errorf("%.20q: the field is not tied to its mistake", table)
		}
	}
}

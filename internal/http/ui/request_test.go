package ui_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/dsr"
)

func TestRequestPageSaysWhereItStandsAndWhatToDo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("approver")
	for _, c := range []struct {
		status   dsr.Status
		complete bool
		says     []string
		buttons  string
	}{
		{dsr.Queued, false, []string{"Waiting to start", "The request has been submitted.", "starts by itself"}, "Stop the search"},
		{dsr.Running, false, []string{"Searching", "41,873 records checked", "Done in about 4 minutes."}, "Stop the search"},
		{dsr.Review, false, []string{"Needs a decision", "not everything could be read", "You submitted this request"}, "Search again for what is missing, Search differently"},
		{dsr.Review, true, []string{"Needs a decision", "The search is complete.", "Nothing is missing."}, "Search differently"},
		{dsr.Ready, true, []string{"Ready to download", "2 conversations with 31 messages found.", "Download the archive (18 kB)", "not yet"}, "Search differently"},
		{dsr.Ready, false, []string{"Ready, but incomplete", "found in what could be searched"}, "Search again for what is missing, Search differently"},
		{dsr.Failed, false, []string{"Failed", "Try again"}, "Try again, Search differently"},
		{dsr.Rejected, true, []string{"Rejected", "Nothing is released"}, "Search differently"},
		{dsr.Expired, true, []string{"Archive expired", "retention time ended"}, "Make the archive again, Search differently"},
		{dsr.Cancelled, false, []string{"Cancelled", "The search was stopped"}, "Search differently"},
	} {
		id := s.submitted(url.Values{"reference": {""}, "value-1": {string(c.status) + fmt.Sprint(c.complete)}})
		s.at(id, c.status, c.complete, func(r *dsr.Request) {
			r.Progress = dsr.Progress{Pages: 42, Records: 41873, Percent: 63, ETASeconds: 240}
		})
		got := s.get("/requests/" + id).want(http.StatusOK)
		got.says(c.says...)
		got.says("28 June 2025, 23:59 CEST", "in the metadata field “email”", "1 January 2025, 00:00:00 CET")
		var buttons []string
		for _, n := range got.tags("button") {
			if attr(n, "class") != "plain" && !strings.Contains(words(n), "Stay signed in") {
				buttons = append(buttons, words(n))
			}
		}
		if got := strings.Join(buttons, ", "); got != c.buttons {
			t.Errorf("%s %v: buttons %q, want %q", c.status, c.complete, got, c.buttons)
		}
	}
}

// TestScreeningShowsHowMuchIsHeldAndNoArchive.
func TestScreeningShowsHowMuchIsHeldAndNoArchive(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("approver")
	screened := func(r *dsr.Request) {
		r.Mode, r.Released, r.Result = dsr.ModeScreen, nil, &dsr.Result{Conversations: 3, Held: map[string]int64{"support-bot": 3, "it-desk": 0}}
	}
	id := s.submitted(url.Values{"reference": {""}, "value-1": {"screened"}})
	s.at(id, dsr.Ready, true, screened)
	page := s.get("/requests/" + id).want(http.StatusOK)
	page.says("Screened", "searched for how much it holds", "3 conversations found", "it-desk: 0 conversations", "support-bot: 3 conversations", "no archive")
	for _, n := range page.tags("a") {
		if strings.HasSuffix(attr(n, "href"), "/download") {
			t.Errorf("a screening offers %q", words(n))
		}
	}
	if text := string(page.Body); strings.Contains(text, "Language of the archive") || strings.Contains(text, "messages</strong> found") {
		t.Error("the page of a screening speaks of an archive, or of messages")
	}
}

func TestReviewShowsWhatIsMissingAndOffersTheDecisionToOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.submitted()
	s.at(id, dsr.Review, false)
	s.covers(id, dsr.Coverage{AsOf: siteNow, Sources: []dsr.SourceCoverage{
		{Name: "it-desk", Type: "avaamo", Reasons: []dsr.Reason{{Code: dsr.ReasonKeyRefused, Detail: "the vendor answered 401"}}},
		{Name: "support-bot", Type: "converse", Complete: true, Read: []dsr.RangeRead{{Start: siteNow, End: siteNow, Pages: 3, Records: 2921}},
			Assumes: []dsr.Assumption{dsr.Assume(dsr.AssumesMargin, "168", "96")},
			Calls:   map[string]int64{"conversations": 3}, Retries: map[string]int64{"429": 1}, Anomalies: []dsr.Anomaly{{Rule: "Q6", Count: 2}},
			Files: &dsr.FileCount{Referred: 3, Fetched: 1, Missing: map[string]int64{dsr.MissingGone: 2}}},
	}})
	missing := []string{"What is missing, and why", "it-desk: This source rejects our access key.",
		"support-bot (converse)Searched completely2,921", "3 pages with 2,921 records", "longest seen 96 h",
		"The messages refer to 3 files; in the archive: 1. Missing: 2 not found on their server.", "1 call had to be repeated", "The same record was sent more than once; it is shown once (twice; rule Q6)"}
	mine := s.get("/requests/" + id).want(http.StatusOK)
	mine.says(missing...)
	mine.saysNot("Approve and release", "Download for review")
	mine.says("An approver must review the result")

	s.client = s.browser()
	s.signIn("approver")
	theirs := s.get("/requests/" + id).want(http.StatusOK)
	theirs.says(missing...)
	theirs.says("Your decision", "Approve and release", "Reject this result", "Download for review", "It stays marked as incomplete")
	s.post("/requests/"+id+"/approve", theirs.hiddenFields("/requests/"+id+"/approve")).goes("/requests/" + id)
	s.get("/requests/"+id).says("The archive has been approved for release.", "Ready, but incomplete")
	s.get("/requests/" + id).saysNot("has been approved for release")
}

// TestSearchThatWasStoppedIsNotShownAsGoingOn: neither as being read nor as overdue.
func TestSearchThatWasStoppedIsNotShownAsGoingOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.submitted(url.Values{"received": {"2025-05-01"}})
	s.at(id, dsr.Cancelled, false)
	page := s.get("/requests/" + id)
	page.says("Nothing was searched.", "1 June 2025, 23:59")
	page.saysNot("overdue", "has not been planned yet")
	s.covers(id, dsr.Coverage{AsOf: siteNow, Sources: []dsr.SourceCoverage{{Name: "it-desk", Type: "avaamo"}}})
	page = s.get("/requests/" + id)
	page.says("it-desk (avaamo)Not complete0")
	page.saysNot("Still being searched", "read yet")
}

func TestWarningsForStaffAreOnTheRequestsPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("approver")
	id := s.submitted()
	s.get("/requests/"+id).want(http.StatusOK).says("Please check", "At the present pace the search ends after the request is due.")
	s.at(id, dsr.Ready, true)
	s.Intercept.Show(id, func(v *dsr.View) {
		v.Staff.Warnings = []dsr.StaffWarning{dsr.Warned(dsr.WeakMatch, "matches on a first name alone in it-desk: 2; look at these records before they are sent")}
	})
	s.get("/requests/"+id).want(http.StatusOK).says("Please check", "Matches on a first name alone in it-desk: 2;")
}

// TestAWarningIsSaidBeforeTheDecision, with the values that only staff may see.
func TestAWarningIsSaidBeforeTheDecision(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("approver")
	id := s.submitted()
	s.at(id, dsr.Review, true)
	s.Intercept.Show(id, func(v *dsr.View) {
		v.Request.Warnings = []dsr.Warning{{Code: dsr.WarnSeveralIdentities, Detail: "several addresses", Named: []string{"a@example.org", "b@example.org"}}}
		v.Staff.Warnings = []dsr.StaffWarning{{Reason: dsr.Reason{Code: dsr.WarnSeveralIdentities, Detail: "several addresses: b@example.org"}}}
	})
	s.get("/requests/"+id).want(http.StatusOK).says("the result may not be one person’s", "These conversations carry different e-mail addresses: a@example.org and b@example.org.")
}

func TestNothingFoundIsAResult(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.submitted()
	s.at(id, dsr.Ready, true, func(r *dsr.Request) { r.Result.Conversations, r.Result.Messages = 0, 0 })
	s.covers(id, dsr.Coverage{AsOf: siteNow, Complete: true, Sources: []dsr.SourceCoverage{{Name: "it-desk", Type: "avaamo", Complete: true}}})
	s.get("/requests/"+id).says("Everything was searched and nothing was found. The archive documents the search.", "Nothing was found.", "Complete. Every page")
}

func TestButtonsMoveTheRequest(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	for _, c := range []struct {
		button   string
		from, to dsr.Status
		by       string
		flash    string
	}{
		{"cancel", dsr.Running, dsr.Cancelled, "requester", "The search has been stopped."},
		{"retry", dsr.Failed, dsr.Queued, "requester", "Searching again for what is missing."},
		{"approve", dsr.Review, dsr.Ready, "approver", "approved for release"},
		{"reject", dsr.Review, dsr.Rejected, "approver", "The result has been rejected."},
		{"cancel", dsr.Ready, dsr.Ready, "requester", "This request has changed in the meantime"},
	} {
		s.client = s.browser()
		s.signIn("requester")
		id := s.submitted(url.Values{"reference": {""}, "value-1": {c.button + string(c.from)}})
		s.at(id, c.from, false)
		s.client = s.browser()
		s.signIn(c.by)
		var fields url.Values
		if c.from == dsr.Review {
			fields = s.get("/requests/" + id).hiddenFields("/requests/" + id + "/" + c.button)
			fields.Set("reason", "another person’s")
		}
		s.post("/requests/"+id+"/"+c.button, fields).goes("/requests/" + id)
		s.get("/requests/" + id).says(c.flash)
		if got := s.Lookup(id).Status; got != c.to {
			t.Errorf("%s from %s: got %s, want %s", c.button, c.from, got, c.to)
		}
	}
}

func TestNobodyDecidesOrActsBeyondTheirRole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("approver")
	own := s.submitted()
	s.at(own, dsr.Review, false)
	s.post("/requests/"+own+"/approve", nil).want(http.StatusForbidden)
	s.client = s.browser()
	s.signIn("auditor")
	s.get("/requests/" + own).want(http.StatusOK)
	for _, button := range []string{"cancel", "retry", "approve", "reject"} {
		s.post("/requests/"+own+"/"+button, nil).want(http.StatusForbidden)
	}
	s.get("/requests/" + own + "/download").want(http.StatusConflict)
	if got := s.Lookup(own).Status; got != dsr.Review {
		t.Errorf("the request is %s", got)
	}
}

// TestAnArchiveThatIsLostOrExpiredCanBeMadeAgain: the page offers it to whoever may.
func TestAnArchiveThatIsLostOrExpiredCanBeMadeAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.submitted()
	s.Finish(id, true, []byte("PK the archive"))
	const button = "Make the archive again"
	s.get("/requests/" + id).saysNot(button)
	s.Intercept.Show(id, func(v *dsr.View) { v.ArchiveLost = true })
	s.get("/requests/"+id).says(button, "is missing or damaged")
	s.post("/requests/"+id+"/repackage", nil).goes("/requests/" + id)
	s.get("/requests/" + id).says("fewer records are stored than were found") // the fixture stores none
	s.Intercept.Show(id, func(v *dsr.View) { v.ArchiveLost, v.Request.Repackaging = true, true })
	s.get("/requests/" + id).says("The archive is being made again.")
	s.get("/requests/" + id).saysNot(button)
	s.Intercept.Show(id, func(v *dsr.View) { v.Request.Repackaging, v.Request.RepackagingFailed = false, true })
	s.get("/requests/"+id).says(button, "could not be made again")
	s.client = s.browser()
	s.signIn("auditor")
	s.get("/requests/" + id).saysNot(button)
	s.post("/requests/"+id+"/repackage", nil).want(http.StatusForbidden)
}

func TestDownloadIsTheArchiveAndStaysHere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.submitted()
	s.Finish(id, true, []byte("PK the archive"))
	got := s.get("/requests/" + id + "/download").want(http.StatusOK)
	if string(got.Body) != "PK the archive" || got.Header.Get("Content-Type") != "application/zip" ||
		!strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment; filename=") {
		t.Errorf("got %v %q", got.Header, got.Body)
	}
	s.send("GET", "/requests/"+id+"/download", nil, "Range", "bytes=3-5").want(http.StatusPartialContent)
	s.send("HEAD", "/requests/"+id+"/download", nil).want(http.StatusOK)
	s.send("GET", "/requests/"+id+"/download", nil, "Sec-Fetch-Site", "cross-site").want(http.StatusForbidden).says("another website")
	s.get("/requests/" + id).says("twice") // a part after the whole is another download
}

func TestUnknownAndPurgedRequestsAreToldApart(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	s.get("/requests/0198a3c4-0000-7000-8000-000000000000").want(http.StatusNotFound).says("Not found")
	s.get("/requests/nonsense").want(http.StatusNotFound)
	s.get("/nonsense").want(http.StatusNotFound).says("Go to the requests")
	id := s.submitted()
	s.at(id, dsr.Purged, true)
	s.get("/requests/" + id).want(http.StatusGone).says("Deleted")
}

func TestOpenRequestIsLoadedAnewWithoutScript(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.submitted()
	refresh := `<noscript><meta http-equiv="refresh" content="5"></noscript>`
	if body := string(s.get("/requests/" + id).Body); !strings.Contains(body, refresh) {
		t.Error("an open request is not loaded anew")
	}
	s.at(id, dsr.Ready, true)
	if body := string(s.get("/requests/" + id).Body); strings.Contains(body, "refresh") {
		t.Error("a request that has ended is loaded anew")
	}
}

// progress is an event of the stream.
type progress struct {
	Status                  dsr.Status
	Word, Read, Found, Left string
	Percent                 int
	Parts                   []struct{ Name, Word, Tone, More string }
}

// stream opens the progress of a request and returns its events one by one.
func (s *site) stream(ctx context.Context, id string) func() (string, progress, bool) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/requests/"+id+"/progress", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = resp.Body.Close() })
	apptest.CheckSecurityHeaders(s.t, r, resp)
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream; charset=utf-8" {
		s.t.Fatalf("got %s", got)
	}
	lines := bufio.NewScanner(resp.Body)
	return func() (event string, v progress, ok bool) {
		for lines.Scan() {
			if name, found := strings.CutPrefix(lines.Text(), "event: "); found {
				event = name
			}
			if data, found := strings.CutPrefix(lines.Text(), "data: "); found {
				if err := json.Unmarshal([]byte(data), &v); err != nil {
					s.t.Fatal(err)
				}
				return event, v, true
			}
		}
		return "", v, false
	}
}

func TestProgressIsStreamedUntilTheSearchHasEnded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.submitted()
	next := s.stream(t.Context(), id)
	if event, v, _ := next(); event != "progress" || v.Status != dsr.Queued || v.Left != "The time left is not known yet." {
		t.Errorf("got %s %+v", event, v)
	}
	s.shows(id, func(r *dsr.Request) {
		r.Status = dsr.Running
		r.Progress = dsr.Progress{Pages: 1, Records: 100, Percent: 10, ETASeconds: 95, Waiting: &dsr.Waiting{Source: "it-desk", Until: siteNow}}
	})
	if _, v, _ := next(); v.Word != "Searching" || v.Percent != 10 || v.Read != "100 records checked" || v.Left != "Done in about 2 minutes." ||
		v.Parts[0].Name != "it-desk" || v.Parts[0].Word != "not answering" || v.Parts[0].More != "Next try at 12:00:00 CEST; nothing is lost." || v.Parts[1].Word != "waiting" {
		t.Errorf("got %+v", v)
	}
	s.shows(id, func(r *dsr.Request) {
		r.Progress = dsr.Progress{Records: 100, Percent: 99, ETASeconds: 28, Packaging: true}
	})
	if _, v, _ := next(); v.Word != "Making the archive" || v.Parts[2].Name != "Making the archive" || v.Parts[2].Word != "in progress" || v.Left != "Making the archive takes about 30 seconds." {
		t.Errorf("got %+v", v)
	}
	s.at(id, dsr.Ready, true)
	v := progress{Status: dsr.Running}
	for v.Status == dsr.Running { // on its way
		_, v, _ = next()
	}
	if v.Status != dsr.Ready {
		t.Errorf("got %+v", v)
	}
	if _, v, ok := next(); ok {
		t.Errorf("after the end came %+v", v)
	}
}

func TestStreamEndsWhenItsReaderSignsOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.submitted()
	next := s.stream(t.Context(), id)
	next()
	s.post("/sign-out", nil)
	if event, _, _ := next(); event != "signed-out" {
		t.Errorf("got the event %q", event)
	}
	if event, _, ok := next(); ok {
		t.Errorf("after that came %q", event)
	}
}

func TestStreamsAndDownloadsDoNotKeepASessionAlive(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.submitted()
	s.Finish(id, true, []byte("PK"))
	s.pass(10 * time.Minute)
	s.get("/requests/" + id + "/progress").want(http.StatusOK)
	s.get("/requests/" + id + "/download").want(http.StatusOK)
	s.pass(10 * time.Minute)
	s.get("/requests").goes("/sign-in?next=%2Frequests")
}

func TestEndOfAnOpenWindowIsNamedOnceItIsKnown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	open := s.submitted(url.Values{"end": {""}, "reference": {""}})
	s.get("/requests/" + open).says("until the search starts.")
	s.at(open, dsr.Ready, true)
	s.get("/requests/" + open).says("until 29 June 2025, 11:55:00 CEST, when the search started.")
	today := s.submitted(url.Values{"end": {"2025-06-29"}, "value-1": {"b"}})
	s.at(today, dsr.Ready, true)
	s.get("/requests/" + today).says("30 June 2025, 00:00:00 CEST. That was in the future: the search covers the time until 29 June 2025, 11:55:00 CEST.")
}

// TestAClockThatRestsSaysSinceWhen: in the reader's form of a date, as long as somebody still
// has to answer; nothing is due meanwhile.
func TestAClockThatRestsSaysSinceWhen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.submitted()
	rests := func(r *dsr.Request) { r.Pauses = []dsr.Pause{{Reason: dsr.PauseFee, AskedOn: "2025-06-20"}} }
	s.at(id, dsr.Ready, true, rests)
	page := s.get("/requests/" + id)
	page.says("The clock has rested since 20 June 2025: a fee has been asked for. Each day until it runs again moves the deadline by one.",
		"Do not send it yet: a fee has been asked for.", "One month from the day of receipt, 28 May 2025")
	page.saysNot("2025-06-20", "2025-05-28", "due today", "overdue")
	list := s.get("/requests")
	list.says("the clock rests")
	s.at(id, dsr.Ready, true, rests, func(r *dsr.Request) {
		r.AnsweredAt, r.Answer = siteNow, &dsr.Answer{Outcome: dsr.Withdrawn, ToldOn: "2025-06-28"}
	})
	page = s.get("/requests/" + id)
	page.says("The person was told on 28 June 2025.")
	page.saysNot("has rested", "2025-06-28")
	s.get("/requests").saysNot("the clock rests")
}

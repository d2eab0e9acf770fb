package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
)

// link makes a one-time link to the request's archive and returns its token.
func (s *site) link(id string) string {
	s.t.Helper()
	token := auth.NewToken()
	if _, err := s.Store.CreateLink(s.t.Context(), dsr.Call{By: dsr.Principal{ID: "user:requester"}}, id, dsr.NewLink{Hash: auth.HashToken(token), Life: time.Hour}); err != nil {
		s.t.Fatal(err)
	}
	return token
}

func newLinked(t *testing.T) (s *site, id, path string) {
	t.Helper()
	s = newSite(t)
	s.signIn("requester")
	id = s.submitted()
	s.Finish(id, true, []byte("PK the archive"))
	path = "/download/" + s.link(id)
	s.client = s.browser() // whoever holds the link has no account
	return s, id, path
}

func TestLinkShowsAButtonThatDownloadsOnce(t *testing.T) {
	t.Parallel()
	s, id, path := newLinked(t)
	for range 2 { // a program that looks at links in mail does no harm
		page := s.get(path).want(http.StatusOK)
		page.says("Your data is ready", "29 June 2025, 13:00 CEST")
		page.saysNot(id, "PRIV-1", "ana@example.com")
		forms := page.all(func(n *htmlNode) bool { return n.Data == "form" && attr(n, "action") != "/language" })
		if len(forms) != 1 || attr(forms[0], "action") != path || attr(forms[0], "method") != "post" {
			t.Fatalf("the page has not the one form: %s", page.Body)
		}
	}
	a := s.send("POST", path, url.Values{}, "Range", "bytes=3-", "If-None-Match", "*").want(http.StatusOK)
	if string(a.Body) != "PK the archive" || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("got %q, %v", a.Body, a.Header)
	}
	if end := s.Await(audit.ArchiveDelivered, 1)[0]; !strings.HasPrefix(end.Actor, "link:") || end.Data["bytes"] != "14" || end.Data["finished"] != "true" {
		t.Errorf("got %+v on record", end)
	}
	for _, method := range []string{"GET", "POST"} {
		page := s.send(method, path, url.Values{}).want(http.StatusNotFound)
		page.says("has been used, has expired or was never made")
		page.saysNot("Go to the requests") // whoever holds a link has no sign-in here
	}
	if strings.Contains(s.Log.String(), strings.TrimPrefix(path, "/download/")) {
		t.Error("the log has the token")
	}
}

func TestLinkEndsAfterItsTime(t *testing.T) {
	t.Parallel()
	s, _, path := newLinked(t)
	s.Clock.Add(time.Hour)
	s.get(path).want(http.StatusNotFound)
	s.post(path, url.Values{}).want(http.StatusNotFound)
}

func TestLinkIsNotPressedFromAnotherSite(t *testing.T) {
	t.Parallel()
	s, _, path := newLinked(t)
	s.send("POST", path, url.Values{}, "Sec-Fetch-Site", "cross-site").want(http.StatusForbidden)
	s.get(path).want(http.StatusOK)
}

// TestAGuessedLinkIsOnRecord: as a guessed token is, also when only the button is pressed.
func TestAGuessedLinkIsOnRecord(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"GET", "POST"} {
		s := newSite(t)
		s.send(method, "/download/guessed", url.Values{}).want(http.StatusNotFound)
		if events := s.Await(audit.TokenRefused, 1); events[0].Data["code"] != "link_ended" || events[0].Data["client"] != "127.0.0.1" {
			t.Errorf("%s: on record: %+v", method, events)
		}
	}
}

// TestWhoHoldsALinkIsToldWhatToDo: in words of a page, whatever is in the way. They know
// neither our API nor our settings, and can do nothing but ask.
func TestWhoHoldsALinkIsToldWhatToDo(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(s *site, id, path string){
		"the archive's file is gone": func(s *site, _, _ string) { s.Exec(`UPDATE requests SET archive_name = 'gone'`) },
		"downloaded often enough": func(s *site, id, _ string) {
			other := "/download/" + s.link(id)
			s.post(other, url.Values{}).want(http.StatusOK)
		},
		"called too often": func(s *site, _, path string) {
			for s.get(path).Status != http.StatusTooManyRequests {
			}
		},
	} {
		s := newSite(t, func(o *apptest.Setup) {
			o.Limited, o.Config = true, "limits: {max_downloads: 1, reads_per_second: 1}\n"
		})
		s.signIn("requester")
		id := s.submitted()
		s.Finish(id, true, []byte("PK the archive"))
		path := "/download/" + s.link(id)
		s.client = s.browser()
		spoil(s, id, path)
		page := s.post(path, url.Values{})
		if page.Status < 400 || page.Status == http.StatusNotFound {
			t.Errorf("%s: got status %d", name, page.Status)
		}
		page.says("cannot be downloaded")
		page.saysNot("POST", "repackage", "limits.", "Go to the requests")
	}
}

// TestALinkIsEndedByHand before anybody has used it, also after the request was answered.
func TestALinkIsEndedByHand(t *testing.T) {
	t.Parallel()
	s, id, path := newLinked(t)
	s.signIn("requester")
	page := s.get("/requests/" + id + "/handover").want(http.StatusOK)
	var end string
	for _, form := range page.tags("form") {
		if action := attr(form, "action"); strings.HasSuffix(action, "/end") {
			end = action
		}
	}
	s.post(strings.Replace(end, "/links/", "/links/0", 1), nil).want(http.StatusNotFound)
	s.post("/requests/"+id+"/answer", url.Values{"outcome": {"given"}, "told_on": {"2025-06-28"}}).want(http.StatusSeeOther)
	s.get("/requests/" + id).says("Links made so far")
	s.follow(s.post(end, nil)).says("The link has ended.", "ended")
	s.follow(s.post(end, nil)).says("The link had ended already.")
	s.get(path).want(http.StatusNotFound).says("has been used, has expired or was never made")
	s.post(path, nil).want(http.StatusNotFound)
	if events := s.Events(audit.LinkEnded); len(events) != 1 || events[0].Actor != "user:requester" || events[0].Data["link"] == "" {
		t.Errorf("on record is %+v", events)
	}
	s.get("/requests/" + id + "/history").says("ended a download link")
	s.client = s.browser()
	s.signIn("auditor")
	s.post(end, nil).want(http.StatusForbidden)
}

// TestALostArchiveIsToldInWordsOfAPage to staff, who find the button for it on the page.
func TestALostArchiveIsToldInWordsOfAPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.submitted()
	s.Finish(id, true, []byte("PK the archive"))
	s.Exec(`UPDATE requests SET archive_name = 'gone'`)
	page := s.get("/requests/" + id + "/download").want(http.StatusConflict)
	page.says("missing or damaged", "On the request’s page it can be made again")
	page.saysNot("POST", "…/")
}

// TestALanguageIsChosenWithoutAnAccount: on the sign-in, which goes on where it was to lead, and
// by the person who gets the data.
func TestALanguageIsChosenWithoutAnAccount(t *testing.T) {
	t.Parallel()
	s, _, path := newLinked(t)
	for from, want := range map[string]string{
		"/sign-in?next=%2Fsources": "Bitte melden Sie sich an", path: "Ihre Daten", "/docs": "REST",
	} {
		s.client = s.browser()
		next := s.get(from).hiddenFields("/language").Get("next")
		if next != from {
			t.Errorf("%s comes back to %q", from, next)
		}
		to := s.post("/language", url.Values{"language": {"de"}, "next": {next}}).want(http.StatusSeeOther).Header.Get("Location")
		page := s.get(to).want(http.StatusOK)
		if to != from || attr(page.tags("html")[0], "lang") != "de" {
			t.Errorf("%s leads to %q in %q", from, to, attr(page.tags("html")[0], "lang"))
		}
		page.says(want)
	}
	for _, elsewhere := range []string{"//evil.example/sign-in", "https://evil.example/sign-in", "/sign-in?next=//evil.example", "/download/x/y", `\\evil`} {
		to := s.post("/language", url.Values{"language": {"en"}, "next": {elsewhere}}).want(http.StatusSeeOther).Header.Get("Location")
		if to != "/" && to != "/sign-in" {
			t.Errorf("%s leads to %q", elsewhere, to)
		}
	}
}

package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

// aReady is a site with a request that can be handed over, and whoever looks at it.
func aReady(t *testing.T, login string) (s *site, id, path string) {
	t.Helper()
	s = newSite(t)
	s.signIn("requester")
	id = s.submitted(url.Values{"received": {"2025-06-10"}})
	s.Finish(id, true, []byte("PK the archive"))
	s.client = s.browser()
	s.signIn(login)
	return s, id, "/requests/" + id
}

func TestADeadlineIsPausedResumedAndExtendedWithItsLetter(t *testing.T) {
	t.Parallel()
	s, id, path := aReady(t, "requester")
	s.get(path+"/deadline").says("10 July 2025", "Pause", "Possible until 10 July 2025.", "1 month, until 10 August 2025")
	s.post(path+"/pause", url.Values{"why": {"identity"}, "asked_on": {"2025-06-01"}}).want(http.StatusOK).says("There is a problem", "Give a day from the day of receipt, 10 June 2025")
	s.post(path+"/pause", url.Values{"why": {"nonsense"}, "asked_on": {"2025-06-20"}}).says("Choose a reason.")
	s.post(path+"/pause", url.Values{"why": {"identity"}, "asked_on": {"2025-06-20"}}).goes(path + "/letter?kind=clarification")
	s.get(path+"/letter?kind=clarification").says("The clock rests.", "Copy the letter")
	s.get(path+"/deadline").says("The person has answered", "The clock has rested since 20 June 2025: the person has been asked who they are.")
	s.post(path+"/resume", url.Values{"answered_on": {"soon"}}).says("This is not a date.")
	s.post(path+"/resume", url.Values{"answered_on": {"2025-06-25"}}).goes(path + "/deadline")
	s.get(path+"/deadline").says("The clock runs again. The answer is due by 15 July 2025.", "20 June 2025 to 25 June 2025")
	s.post(path+"/extend", url.Values{"months": {"2"}, "reason": {" "}}).says("Say why, in at most 4,000 characters.")
	s.post(path+"/extend", url.Values{"months": {"3"}, "reason": {"x"}}).says("Choose by how much the deadline is extended.")
	before := s.post(path+"/extend", url.Values{"months": {"2"}, "reason": {"many conversations"}}).want(http.StatusOK)
	before.says("Nothing has been extended yet.", "15 September 2025", "many conversations")
	if got := s.Lookup(id).ExtendedSoFar; got != 0 {
		t.Errorf("extended by %d before the letter was read", got)
	}
	if got := words(before.byID("letter")); !strings.Contains(got, "by 15 September 2025 at the latest") {
		t.Errorf("the letter says %q", got)
	}
	fields := before.hiddenFields(path + "/extend")
	fields.Set("letter", "change")
	s.post(path+"/extend", fields).says("many conversations", "Show the letter")
	fields.Set("letter", "seen")
	s.post(path+"/extend", fields).goes(path + "/letter?kind=extension")
	letter := s.get(path + "/letter?kind=extension")
	letter.says("The answer is now due by 15 September 2025. Send this letter to the person before 15 July 2025.", "many conversations")
	german := s.get(path + "/letter?kind=extension&language=de")
	german.says("15. September 2025")
	if words(german.byID("letter")) == words(letter.byID("letter")) {
		t.Error("the letter is the same in both languages")
	}
	s.get(path+"/deadline").says("Extended by 2 months", "The deadline has been extended as far as the law allows.")
	s.client = s.browser()
	s.signIn("auditor")
	s.get(path + "/deadline").saysNot("Show the letter")
	s.post(path+"/pause", url.Values{"why": {"identity"}, "asked_on": {"2025-06-26"}}).want(http.StatusForbidden)
	if got := s.Lookup(id).ExtendedSoFar; got != 2 {
		t.Errorf("extended by %d", got)
	}
}

func TestAnAnswerEndsTheRequestAndIsTakenBack(t *testing.T) {
	t.Parallel()
	s, id, path := aReady(t, "requester")
	form := s.get(path + "/answer").want(http.StatusOK)
	form.says("This stops the clock", "All data given")
	s.post(path+"/answer", url.Values{"outcome": {"given"}, "told_on": {"2025-07-01"}}).says("Give a day from the day of receipt, 10 June 2025, to today.")
	s.post(path+"/answer", url.Values{"outcome": {""}, "told_on": {"2025-06-28"}, "note": {strings.Repeat("x", 4001)}}).says("This is longer than 4,000 characters.")
	s.post(path+"/answer", url.Values{"outcome": {"refused"}, "told_on": {"2025-06-28"}, "note": {"asked in vain"}}).goes(path)
	s.get(path).says("The answer is on record.", "Answered: the request was refused. The person was told on 28 June 2025.", "asked in vain")
	s.get(path+"/answer").says("Take the answer back", "Letters to copy")
	s.get(path + "/letter").says("The request is refused")
	s.post(path+"/reopen", url.Values{"reason": {""}}).says("Say why")
	s.post(path+"/reopen", url.Values{"reason": {"it was another request"}}).goes(path)
	s.get(path).says("The answer has been taken back.", "Hand the archive over")
	if r := s.Lookup(id); r.Answer != nil || r.ReopenReason != "it was another request" {
		t.Errorf("got %+v", r.Answer)
	}
}

// TestAResultThatNobodyHasSeenIsNotAnsweredWithIt: only with what says nothing about it.
func TestAResultThatNobodyHasSeenIsNotAnsweredWithIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.submitted()
	s.at(id, dsr.Review, true)
	page := s.get("/requests/" + id + "/answer?outcome=refused").want(http.StatusOK)
	page.says("The result waits for a decision.", "Refused", "Withdrawn")
	page.saysNot("All data given", "Nothing is held")
}

func TestADecisionSaysWhy(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.submitted()
	s.at(id, dsr.Review, true)
	s.client = s.browser()
	s.signIn("approver")
	path := "/requests/" + id
	fields := s.get(path).hiddenFields(path + "/reject")
	refused := s.post(path+"/reject", fields).want(http.StatusOK)
	refused.says("There is a problem", "Say why the result is rejected.")
	if s.Lookup(id).Status != dsr.Review {
		t.Error("rejected without a reason")
	}
	fields.Set("reason", "another person’s")
	s.post(path+"/reject", fields).goes(path)
	s.Intercept.Forget(id)
	s.get(path).says("Rejected by approver", "another person’s", "The person is still waiting", "Refuse the request", "Search differently")
}

// TestALinkIsShownOnceWithItsLetter, and only the recipient's words are on its page.
func TestALinkIsShownOnceWithItsLetter(t *testing.T) {
	t.Parallel()
	s, _, path := aReady(t, "requester")
	page := s.get(path + "/handover").want(http.StatusOK)
	page.says("Make the link", "The letter that goes with it")
	sum := page.hiddenFields(path + "/handover").Get("archive_sha256")
	press := func(days, passcode string) shown {
		return s.post(path+"/handover", url.Values{"archive_sha256": {sum}, "days": {days}, "passcode": {passcode}})
	}
	press("15", "").says("Give a number from 1 to 14.")
	press("7", "12-345").says("Give at least 6 letters or digits.")
	made := press("7", "12-34 56").want(http.StatusOK)
	made.says("It is shown this once.", "not opened", "with a passcode", "6 July 2025")
	link := strings.TrimPrefix(attr(made.byID("link"), "value"), "http://127.0.0.1")
	if s.get(path + "/handover").saysNot("It is shown this once."); !strings.HasPrefix(link, "/download/") {
		t.Fatalf("the link is %q", link)
	}
	s.client = s.browser()
	theirs := s.get(link).want(http.StatusOK)
	theirs.says("Your data is ready", "Passcode")
	if body := string(theirs.Body); strings.Contains(body, "Help") || strings.Contains(body, "Data requests") || strings.Contains(body, "PRIV-1") {
		t.Error("the page shows something of the staff’s")
	}
	s.post(link, url.Values{"passcode": {"000000"}}).want(http.StatusOK).says("This is not the passcode.")
	if got := s.post(link, url.Values{"passcode": {"123456"}}).want(http.StatusOK); string(got.Body) != "PK the archive" {
		t.Errorf("got %q", got.Body)
	}
	s.Await("archive.download_finished", 1)
	s.get(link).want(http.StatusNotFound)
	s.signIn("requester")
	s.get(path+"/handover").says("downloaded", "The archive has been downloaded.")
	s.get(path).says("Hand over – downloaded once")
	s.get("/requests?list=to_send").says("Downloaded: mark as answered")
	s.get(path + "/history").says("whoever had the link") // to requesters too, who know no names
}

func TestNotesAndTheHistoryAreOnOnePage(t *testing.T) {
	t.Parallel()
	s, id, path := aReady(t, "approver")
	s.get(path+"/history").says("There are no notes yet.", "submitted the request", "requester")
	s.post(path+"/notes", url.Values{"text": {"  "}}).says("Write the note")
	s.post(path+"/notes", url.Values{"text": {"called <b>her</b>"}}).goes(path + "/history")
	s.get(path+"/history").says("called <b>her</b>", "added a note")
	record := s.get(path + "/record").want(http.StatusOK)
	if !strings.Contains(record.Header.Get("Content-Disposition"), "record-of-handling-"+id) || !strings.Contains(string(record.Body), "Record of handling") {
		t.Errorf("got %v", record.Header)
	}
	s.client = s.browser()
	s.signIn("requester")
	s.get(path + "/history").says("a requester")
}

func TestARequestIsAssignedHeldAndDeleted(t *testing.T) {
	t.Parallel()
	s, _, path := aReady(t, "admin")
	s.post(path+"/assign", url.Values{"to": {"me"}}).goes(path)
	s.get(path).says("The request is assigned to admin.", "Assigned to admin")
	s.post(path+"/assign", url.Values{"assignee": {"nobody-here"}}).says("Nobody here has this login.")
	s.post(path+"/assign", url.Values{"assignee": {""}}).goes(path)
	s.post(path+"/hold", url.Values{"reason": {""}}).says("Say why")
	s.post(path+"/hold", url.Values{"reason": {"a complaint"}}).goes(path)
	s.get(path).says("A legal hold keeps this request from being deleted: a complaint")
	s.post(path+"/delete", url.Values{"sure": {"PRIV-1"}}).goes(path)
	s.get(path).says("A legal hold keeps this request. End the hold first.")
	s.post(path+"/release", nil).goes(path)
	s.post(path+"/delete", url.Values{"sure": {"yes"}}).says("This is not the name of the request.")
	s.post(path+"/delete", url.Values{"sure": {"PRIV-1"}}).goes(path)
	receipt := s.get(path).want(http.StatusGone)
	receipt.says("Deleted", "by an administrator", "SSH SIGNATURE")
	s.client = s.browser()
	s.signIn("requester")
	for _, pressed := range []string{"hold", "release", "delete"} {
		s.post(path+"/"+pressed, nil).want(http.StatusForbidden)
	}
}

// TestPagesOfARequestSpeakGerman: the words, the days and the outcomes.
func TestPagesOfARequestSpeakGerman(t *testing.T) {
	t.Parallel()
	s, _, path := aReady(t, "approver")
	german := func(page string) shown {
		return s.send("GET", page, nil, "Accept-Language", "de").want(http.StatusOK)
	}
	german(path).says("Übergeben", "Frist", "10. Juli 2025")
	german(path+"/deadline").says("Ein Monat ab dem Tag des Eingangs, 10. Juni 2025", "Das Schreiben zeigen")
	german(path + "/answer").says("Wie endet die Anfrage?")
	german(path + "/history").says("hat die Anfrage erfasst")
	german(path + "/handover").says("Link erstellen")
	german(path + "/read").says("Was gefunden wurde")
}

// TestThePageSaysWhyNotToDecide before anybody tries to, whatever the reason is.
func TestThePageSaysWhyNotToDecide(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	theirs := s.submitted()
	s.signIn("admin")
	own := s.submitted(url.Values{"reference": {"PRIV-2"}})
	for _, id := range []string{theirs, own} {
		s.Finish(id, false, []byte("PK"))
	}
	s.get("/requests/" + theirs).says("Approve and release")
	s.post("/people/requester/invitation", nil).want(http.StatusOK)
	s.Clock.Add(time.Minute)
	s.get("/requests/" + own).says("You submitted this request, so another approver has to release or reject it.").saysNot("Approve and release")
	s.Exec(`UPDATE requests SET created_at = ? WHERE id = ?`, siteNow.Add(time.Minute).UnixMilli(), theirs)
	page := s.get("/requests/" + theirs)
	page.says("For a week after you have reset an account, you decide about nothing that it has submitted since.")
	page.saysNot("Approve and release")
}

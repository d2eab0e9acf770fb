package ui_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/dsr"
)

// twoTalks are files of a dump: two conversations of one person, in which somebody else's
// address, markup and an id with a slash stand.
var twoTalks = map[string]string{
	"conversations.ndjson": `{"_id":"c/1","startTime":1735703772,"lastActionAt":"2025-01-02T00:00:00","metadata":{"email":"ana@example.com"}}
{"_id":"c2","startTime":1735703773,"lastActionAt":"2025-01-02T00:00:00","metadata":{"email":"ana@example.com"}}
`,
	"messages.ndjson": `{"_id":"m1","conversationId":"c/1","time":1735703800,"type":"UserInput","userInput":"ask ben@example.org, <b>please</b>"}
{"_id":"m2","conversationId":"c/1","time":1735703801,"type":"UserInput","userInput":"the code is 4711"}
{"_id":"m3","conversationId":"c2","time":1735703802,"type":"UserInput","userInput":"nothing else"}
`,
}

// newFound is a site with a request whose result waits for a decision.
func newFound(t *testing.T) (s *site, id string) {
	t.Helper()
	s = newSite(t, func(o *apptest.Setup) { o.Workers, o.Config = true, "release: {review: required}\n" })
	for name, text := range twoTalks {
		if err := os.WriteFile(filepath.Join(s.Dir, "exports", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.signIn("requester")
	id = s.submitted(url.Values{"source": {"it-desk"}, "start": {""}, "end": {""}})
	s.until(id, func(r dsr.Request) bool { return r.Status == dsr.Review })
	s.client = s.browser()
	s.signIn("approver")
	return s, id
}

// until waits for the queue to get a request there.
func (s *site) until(id string, there func(dsr.Request) bool) {
	s.t.Helper()
	for end := time.Now().Add(10 * time.Second); !there(s.Lookup(id)); time.Sleep(10 * time.Millisecond) {
		s.Clock.Add(time.Second)
		if time.Now().After(end) {
			s.t.Fatalf("the request stays %s: %s", s.Lookup(id).Status, s.Log)
		}
	}
}

// TestWhatWasFoundIsReadBeforeItIsReleased: page by page, with its words as words, and who has
// not looked is told.
func TestWhatWasFoundIsReadBeforeItIsReleased(t *testing.T) {
	t.Parallel()
	s, id := newFound(t)
	s.get("/requests/"+id).says("You have not opened it yet.", "Read it here")
	list := s.get("/requests/" + id + "/read").want(http.StatusOK)
	list.says("c/1", "c2", "not opened", "field “email”")
	first := s.get("/requests/" + id + "/read/it-desk/c%2F1").want(http.StatusOK)
	first.says("Person", "ask ben@example.org, <b>please</b>", "the code is 4711", "Next conversation", "Withhold this passage")
	if body := string(first.Body); !strings.Contains(body, `<mark class="proposed">ben@example.org</mark>, &lt;b&gt;please`) || strings.Contains(body, "Previous conversation") {
		t.Error("the passage is not marked, or a text became markup, or there is a conversation before the first")
	}
	first.says("is an e-mail address that the request does not ask for")
	german := s.send("GET", "/requests/"+id+"/read/it-desk/c%2F1", nil, "Accept-Language", "de").want(http.StatusOK)
	german.says("ist eine E-Mail-Adresse, nach der die Anfrage nicht fragt") // the request's own language is English
	found := s.get("/requests/" + id + "/read/it-desk/c%2F1?q=CODE")
	found.says("Found in 1 message of this page.")
	if !strings.Contains(string(found.Body), `<mark class="sought">code</mark>`) {
		t.Error("what was looked for is not marked")
	}
	s.get("/requests/" + id + "/read").says("opened")
	s.get("/requests/" + id).saysNot("You have not opened it yet.")
	s.get("/requests/" + id + "/read/it-desk/none").want(http.StatusNotFound)
	s.client = s.browser()
	s.signIn("requester") // in review an approver reads, others once it is released
	s.get("/requests/" + id + "/read").goes("/requests/" + id)
	s.post("/requests/"+id+"/withhold", nil).want(http.StatusForbidden)
}

// TestAPressWithholdsAndAnotherUndoes: a passage that is proposed, a message, a passage that
// was copied, a whole conversation.
func TestAPressWithholdsAndAnotherUndoes(t *testing.T) {
	t.Parallel()
	s, id := newFound(t)
	page := "/requests/" + id + "/read/it-desk/c%2F1"
	press := func(pick, passage string) url.Values {
		return url.Values{"source": {"it-desk"}, "conversation": {"c/1"}, "reason": {"other_person"}, "pick": {pick}, "passage": {passage}}
	}
	s.post("/requests/"+id+"/withhold", press(`{"message":"m1","text":"ben@example.org","n":1}`, "")).goes(page + "#message-1")
	s.get(page).says("Withheld. The archive is made again", "Withheld: ben@example.org (about somebody else)", "Undo")
	s.post("/requests/"+id+"/withhold", press(`{"message":"m2","n":2}`, "4711"))
	s.get(page).says("Withheld: 4711 (about somebody else)")
	s.post("/requests/"+id+"/withhold", press(`{"message":"m2","n":2}`, "0815"))
	s.get(page).says("does not stand there as it was typed")
	s.post("/requests/"+id+"/withhold", press(`{"passage":true}`, ""))
	s.get(page).says("Copy the passage that is to be withheld into the field.")
	s.post("/requests/"+id+"/withhold", press(`{"passage":true}`, "ana@example.com"))
	s.get(page).says("Withheld of the details: ana@example.com")
	s.post("/requests/"+id+"/disclose", url.Values{"source": {"it-desk"}, "conversation": {"c/1"}, "item": {"w1"}}).goes(page)
	s.get(page).saysNot("Withheld: ben@example.org")
	s.post("/requests/"+id+"/withhold", press(`{"everywhere":true}`, ""))
	s.get(page).says("Copy the passage that is to be withheld into the field.")
	s.post("/requests/"+id+"/withhold", press(`{"everywhere":true}`, "0815"))
	s.get(page).says("This stands in no message of this page, so nothing was withheld.")
	s.post("/requests/"+id+"/withhold", press(`{"everywhere":true}`, "e"))
	if n := strings.Count(s.get(page).text(), "Withheld: e (about somebody else)"); n != 2 {
		t.Errorf("what stands in two messages is withheld in %d", n)
	}
	s.post("/requests/"+id+"/withhold", press(`{"everywhere":true}`, "e"))
	s.get(page).says("so nothing was withheld")
	s.post("/requests/"+id+"/withhold", press(`{}`, ""))
	s.get(page).says("The whole conversation is withheld")
	s.get("/requests/"+id+"/read").says("Left out of the archive: 1 conversation.", "withheld")
	s.until(id, func(r dsr.Request) bool { return !r.Outdated })
	s.get("/requests/" + id).says("Left out of the archive: 1 conversation.")
}

package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	"dsr-server/internal/handling"
)

func TestTheLogIsReadByThoseWhoMay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.submitted()
	s.get("/audit").want(http.StatusForbidden)
	s.signIn("auditor")
	got := s.get("/audit").want(http.StatusOK)
	got.says("requester", "entered the request", "PRIV-1", "signed in", "No checkpoint has been taken yet.")
	if strings.Contains(string(got.Body), "ana@example.com") {
		t.Error("the log shows what is searched for")
	}
	one := s.get("/audit?" + url.Values{"request": {"priv-1"}, "who": {"user:requester"}, "what": {string(audit.RequestSubmitted)}, "from": {"2025-06-29"}, "until": {"2025-06-29"}}.Encode())
	if one.rows() != 1 || one.link("PRIV-1") != "/requests/"+id {
		t.Errorf("%d rows: %s", one.rows(), one.text())
	}
	s.get("/audit?from=2025-06-30").says("No events match.")
	s.get("/audit?request=nothing&from=tomorrow").says("There are 2 problems", "There is no request with this reference or ID.", "This is not a date")
	if n := len(s.Events(audit.AuditRead)); n != 1 {
		t.Errorf("that it was read is on record %d times", n)
	}
}

func TestTheLogIsTurnedPageByPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	for range 60 {
		s.submitted(url.Values{"reference": {""}})
	}
	s.signIn("auditor")
	first := s.get("/audit?what=request.submitted")
	second := s.get(first.link("Older"))
	if first.rows() != 50 || second.rows() != 10 || second.link("Newest") != "/audit?what=request.submitted" {
		t.Errorf("%d and %d rows", first.rows(), second.rows())
	}
}

func TestWhatTheLogShowsIsExported(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	id := s.submitted()
	s.signIn("auditor")
	page := s.get("/audit?what=request.submitted")
	lines := strings.Split(strings.TrimSpace(string(s.get(page.link("NDJSON")).want(http.StatusOK).Body)), "\n")
	if _, e, err := audit.ParseLeaf([]byte(lines[0])); err != nil || len(lines) != 1 || e.Request != id {
		t.Errorf("got %q, %v", lines, err)
	}
	csv := s.get(page.link("CSV")).want(http.StatusOK)
	if text := string(csv.Body); strings.Count(text, "\r\n") != 2 || !strings.Contains(text, `"request.submitted","user:requester","requester","`+id+`","PRIV-1"`) {
		t.Errorf("got %s", text)
	}
	if got := string(s.get("/audit/events.csv?from=2030-01-01").want(http.StatusOK).Body); strings.Count(got, "\r\n") != 1 {
		t.Errorf("of nothing: %q", got)
	}
}

func TestACheckpointIsTakenAndOnRecord(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("auditor")
	got := s.post("/audit/checkpoint", nil).want(http.StatusOK)
	if text, err := s.Signer.OpenCheckpoint(got.Body); err != nil || len(text) == 0 {
		t.Fatalf("%s: %v", got.Body, err)
	}
	if events := s.Events(audit.CheckpointTaken); len(events) != 1 || events[0].Actor != "user:auditor" {
		t.Errorf("on record: %+v", events)
	}
	s.get("/audit").says("A checkpoint was last taken on 29 June 2025, 12:00 CEST by auditor", "took a checkpoint of the log away")
	s.signIn("requester")
	s.post("/audit/checkpoint", nil).want(http.StatusForbidden)
}

// TestEveryKindOfEventHasWords, so that nobody meets a code.
func TestEveryKindOfEventHasWords(t *testing.T) {
	t.Parallel()
	for _, kind := range audit.Kinds {
		for _, language := range dsr.Languages {
			if handling.Kind(language, string(kind)) == string(kind) {
				t.Errorf("%s has no words in %s", kind, language)
			}
		}
	}
}

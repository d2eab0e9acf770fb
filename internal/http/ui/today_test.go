package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"dsr-server/internal/dsr"
)

func TestTodaySaysWhatWaitsForWhom(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	s.submitted(url.Values{"reference": {"LATE"}})
	ready := s.submitted(url.Values{"reference": {"READY"}, "received": {"2025-06-01"}})
	s.Move(ready, dsr.Ready, true)
	review := s.submitted(url.Values{"reference": {"REVIEW"}, "received": {"2025-06-28"}})
	s.Move(review, dsr.Review, false)
	rejected := s.submitted(url.Values{"reference": {"REJECTED"}, "received": {"2025-06-28"}})
	s.Move(rejected, dsr.Rejected, false)
	got := s.get("/").want(http.StatusOK)
	got.says("1 overdue", "1 due within 7 days", "1 ready to send", "Due first RequestNext stepFoundDue LATE", "Ready to send RequestNext stepFoundDue READY", "Rejected or failed RequestNext stepFoundDue REJECTED Search differently or refuse")
	got.saysNot("to decide", "REVIEW", "First steps")
	for link, want := range map[string]string{"1 overdue": "LATE", "1 due within 7 days": "READY", "1 ready to send": "READY", "1 rejected or failed": "REJECTED"} {
		if refs := s.get(got.link(link)).references(); refs[0] != want || len(refs) != 2 {
			t.Errorf("%s leads to %v", link, refs)
		}
	}
	s.signIn("approver")
	s.get("/").says("1 to decide", "To decide RequestNext stepFoundDue REVIEW")
	s.signIn("auditor")
	s.get("/").goes("/requests")
}

func TestANewServiceShowsTheFirstStepsAndAQuietOneTheNextDeadline(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	s.get("/").says("There are no requests yet.")
	s.signIn("admin")
	s.get("/").says("First steps Invite a colleague done Check the sources See whether", "Complete the Art. 15 texts Every archive includes them", "Try a request It can be")
	s.submitted(url.Values{"received": {"2025-06-28"}})
	s.get("/").says("Nothing needs you today.", "Next deadline: 28 July 2025 (PRIV-1)", "Try a request done")
}

// refuse lets a search of the first source of the request end because its key is refused.
func (s *site) refuse(id string) {
	s.Exec(`INSERT INTO request_sources (request_id, source, state, want_start, want_end, margin_ms, complete, reasons, opened_at, ended_at)
		VALUES (?, 'it-desk', 'ended', 0, 1, 0, 0, '[{"code":"key_refused","detail":"status 403"}]', ?, ?)`, id, siteNow.UnixMilli(), siteNow.UnixMilli())
}

func TestAdminsAreToldOfASourceThatRefusesItsKey(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("requester")
	s.refuse(s.submitted())
	s.get("/").saysNot("refuses its key")
	s.get("/sources").says("it-desk StateRefuses its key Since 29 June 2025, 12:00 CEST; this affects 1 request.")
	s.signIn("admin")
	s.get("/").says("it-desk refuses its key; 1 request is affected. Go to the sources")
	if banner := s.get("/").text(); strings.Contains(banner, "support-bot refuses") {
		t.Error("another source is said to refuse its key")
	}
}

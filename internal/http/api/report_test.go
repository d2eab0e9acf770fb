package api_test

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

const reportPath = "/api/v1/reports/requests.csv"

// readReport returns the report's rows by the request's id, each by column.
func readReport(t *testing.T, a apptest.Answer) map[string]map[string]string {
	t.Helper()
	text, marked := strings.CutPrefix(string(a.Want(200).Body), "\uFEFF")
	if ct := a.Header.Get("Content-Type"); !marked || ct != "text/csv; charset=utf-8" {
		t.Errorf("got %q, with a byte order mark: %v", ct, marked)
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]string{}
	for _, row := range rows[1:] {
		cells := map[string]string{}
		for i, name := range rows[0] {
			cells[name] = row[i]
		}
		out[cells["request"]] = cells
	}
	return out
}

func TestReportSaysHowEveryRequestWentAndNothingOfAnybody(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	post := func(id, action, body string) {
		t.Helper()
		g.Call("POST", "/api/v1/requests/"+id+"/"+action, "requester", body).Want(200)
	}
	const person = "PRIV-Ana"
	id := g.Submit(`{"reference":"` + person + `","selectors":[{"conversation_id":"c-1"}],"received_at":"2025-06-02T09:00:00Z","notes":"` + person + `"}`)
	purged := g.Submit(`{"selectors":[{"conversation_id":"c-1"}],"sources":["it-desk"],"received_at":"2025-05-02T09:00:00Z","regime":"uk"}`)
	post(id, "pause", `{"reason":"identity","asked_on":"2025-06-10"}`)
	post(id, "resume", `{"answered_on":"2025-06-15"}`)
	post(id, "extend", `{"months":1,"reason":"`+person+`"}`)
	g.Finish(id, true, []byte("zip"))
	post(id, "answered", `{"outcome":"given","told_on":"2025-06-30","note":"`+person+`"}`)
	g.Finish(purged, true, []byte("zip"))
	post(purged, "answered", `{"outcome":"partly","told_on":"2025-06-30"}`)
	g.Move(purged, dsr.Purged, true)
	open := g.Submit(apptest.Minimal)

	a := g.Call("GET", reportPath, "auditor", "")
	want := map[string]map[string]string{
		id: {"request": id, "status": "ready", "regime": "gdpr", "received": "2025-06-02", "due": "2025-08-07", "paused_days": "5", "extended": "true", "answered": "2025-06-30",
			"outcome": "given", "in_time": "true", "complete": "true", "sources": "it-desk; support-bot", "conversations": "1", "messages": "2", "purged": ""},
		purged: {"request": purged, "status": "purged", "regime": "uk", "received": "2025-05-02", "due": "2025-06-02", "paused_days": "", "extended": "false", "answered": "2025-06-30",
			"outcome": "partly", "in_time": "false", "complete": "", "sources": "", "conversations": "0", "messages": "0", "purged": "2025-06-30"},
		open: {"request": open, "status": "queued", "regime": "gdpr", "received": "2025-06-30", "due": "2025-07-30", "paused_days": "0", "extended": "false", "answered": "",
			"outcome": "", "in_time": "", "complete": "", "sources": "it-desk; support-bot", "conversations": "0", "messages": "0", "purged": ""},
	}
	if diff := cmp.Diff(want, readReport(t, a)); diff != "" {
		t.Errorf("the report (-want +got):\n%s", diff)
	}
	if strings.Contains(string(a.Body), person) {
		t.Errorf("the report holds what somebody wrote about a person:\n%s", a.Body)
	}
}

func TestReportIsOnRecordOncePerPrincipalAndHour(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	if rows := readReport(t, g.Call("GET", reportPath, "auditor", "")); len(rows) != 0 {
		t.Errorf("got %v of no request", rows)
	}
	g.Call("GET", reportPath, "auditor", "").Want(200)
	g.Call("GET", reportPath, "admin", "").Want(200)
	g.Clock.Add(time.Hour)
	g.Call("GET", reportPath, "auditor", "").Want(200)
	g.Call("GET", reportPath+"?x=1", "auditor", "").Problem(400, "unknown_field")
	var actors []string
	for _, e := range g.Events(audit.ReportRead) {
		actors = append(actors, e.Actor)
	}
	if diff := cmp.Diff([]string{"token:auditor", "token:admin", "token:auditor"}, actors); diff != "" {
		t.Errorf("on record (-want +got):\n%s", diff)
	}
}

func TestReportOfManyRequestsHasEachOnce(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	first := g.Submit(apptest.Minimal)
	const many = 1100 // more than are read at once
	for i := range many {
		g.Exec(`CREATE TEMP TABLE IF NOT EXISTS copy AS SELECT * FROM requests WHERE id = ?`, first)
		g.Exec(`UPDATE copy SET id = ?, reference = NULL`, fmt.Sprintf("0198c5f0-7a3e-7cc1-9d50-%012d", i))
		g.Exec(`INSERT INTO requests SELECT * FROM copy`)
	}
	a := g.Call("GET", reportPath, "admin", "")
	if rows := readReport(t, a); len(rows) != many+1 || strings.Count(string(a.Body), "\r\n") != many+2 {
		t.Errorf("got %d requests in %d rows, want %d", len(rows), strings.Count(string(a.Body), "\r\n")-1, many+1)
	}
}

func TestMetricsSayHowFastRequestsAreAnswered(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	answer := func(received, told, outcome, more string) {
		t.Helper()
		id := g.Submit(`{"selectors":[{"conversation_id":"c-1"}],"received_at":"` + received + `T09:00:00Z"` + more + `}`)
		g.Finish(id, true, []byte("zip"))
		g.Call("POST", "/api/v1/requests/"+id+"/answered", "requester", `{"outcome":"`+outcome+`","told_on":"`+told+`"}`).Want(200)
		if outcome == "partly" {
			g.Move(id, dsr.Purged, true)
		}
	}
	figures := func() (found []string) {
		for line := range strings.Lines(string(g.Call("GET", "/metrics", "auditor", "").Want(200).Body)) {
			if strings.HasPrefix(line, "dsr_requests_answer") {
				found = append(found, strings.TrimSpace(line))
			}
		}
		return found
	}
	if got := figures(); got != nil {
		t.Errorf("before any answer: %v", got)
	}
	answer("2025-06-20", "2025-06-30", "given", "")
	answer("2025-05-02", "2025-06-30", "partly", "")
	answer("2025-06-29", "2025-06-30", "withdrawn", "")
	answer("2024-06-20", "2024-06-30", "given", "") // too long ago
	answer("2025-06-27", "2025-06-30", "not_held", `,"regime":"ccpa"`)
	want := []string{
		`dsr_requests_answer_days{regime="ccpa"} 3`, `dsr_requests_answer_days{regime="gdpr"} 34.5`,
		`dsr_requests_answered{regime="ccpa"} 1`, `dsr_requests_answered{regime="gdpr"} 2`,
		`dsr_requests_answered_in_time_ratio{regime="ccpa"} 1`, `dsr_requests_answered_in_time_ratio{regime="gdpr"} 0.5`,
	}
	if diff := cmp.Diff(want, figures()); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
}

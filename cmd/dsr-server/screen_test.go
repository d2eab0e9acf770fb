package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"dsr-server/internal/fake/vendor"
)

// screen submits a batch that screens for so many of the synthetic people and returns the
// requests once all have ended.
func (h *harness) screen(people int) (screened []map[string]any) {
	h.t.Helper()
	var rows []string
	for person := range people {
		rows = append(rows, fmt.Sprintf(`{"mode":"screen","selectors":[{"metadata":{"key":"email","value":%q}}],"window":{"end":"2025-07-01T00:00:00Z"}}`, vendor.SyntheticEmail(person)))
	}
	a := h.call(http.MethodPost, "/api/v1/requests/batch", `{"atomic":true,"requests":[`+strings.Join(rows, ",")+`]}`)
	for _, result := range a.json["results"].([]any) {
		screened = append(screened, h.until(result.(map[string]any)["id"].(string), "ready"))
	}
	return screened
}

// TestManyScreeningsCostOneReading: fifty people cost about as many calls as one, and nobody's
// messages are asked for.
func TestManyScreeningsCostOneReading(t *testing.T) {
	t.Parallel()
	const pages = 20
	alone := build(t, vendor.Synthetic(100*pages), setup{pageSize: 100, earliest: "2024-07-01", options: vendor.Options{RateWindow: vendor.Off}})
	alone.screen(1)
	h := build(t, vendor.Synthetic(100*pages), setup{pageSize: 100, earliest: "2024-07-01", options: vendor.Options{RateWindow: vendor.Off}})
	screened := h.screen(50)
	// How the timeline is cut, and with that how many of the pages are shown twice, depends on how fast it is answered.
	if one, all := alone.vendor.Count(vendor.Conversations), h.vendor.Count(vendor.Conversations); all > one+pages/2 {
		t.Errorf("fifty screenings cost %d calls, one costs %d", all, one)
	}
	if n := h.vendor.Count(vendor.Messages) + alone.vendor.Count(vendor.Messages); n != 0 {
		t.Errorf("%d calls asked for messages", n)
	}
	for _, r := range screened {
		result := r["result"].(map[string]any)
		if got := fmt.Sprint(result["held"]); got != "map[bot:map[conversations:2]]" || r["complete"] != true || result["archive"] != nil || result["conversations"] != 2.0 || result["messages"] != 0.0 {
			t.Fatalf("got held %s of %v", got, r)
		}
	}
	h.wantMatrix(screened)
	if a := h.call(http.MethodGet, "/api/v1/requests/"+screened[0]["id"].(string)+"/archive", ""); a.status != http.StatusConflict || a.json["code"] != "no_archive" {
		t.Errorf("the archive of a screening answers %d %v", a.status, a.json)
	}
}

// wantMatrix asserts that the matrix has a row for each request, in both forms.
func (h *harness) wantMatrix(screened []map[string]any) {
	h.t.Helper()
	var ids []string
	for _, r := range screened {
		ids = append(ids, strconv.Quote(r["id"].(string)))
	}
	body := `{"requests":[` + strings.Join(ids, ",") + `]}`
	rows := h.call(http.MethodPost, "/api/v1/reports/screening", body).json["requests"].([]any)
	if got := fmt.Sprint(rows[len(ids)-1]); len(rows) != len(ids) || !strings.Contains(got, "held:map[bot:map[complete:true conversations:2]]") {
		h.t.Errorf("%d rows, the last one %s", len(rows), got)
	}
	table := string(h.call(http.MethodPost, "/api/v1/reports/screening?format=csv", body).raw)
	want := "\uFEFF\"request\",\"reference\",\"status\",\"bot conversations\",\"bot complete\"\r\n" + ids[0] + ",\"\",\"ready\",\"2\",\"true\"\r\n"
	if !strings.HasPrefix(table, want) || strings.Count(table, "\r\n") != len(ids)+1 {
		h.t.Errorf("got table %.300q", table)
	}
}

// TestScreeningAsksNoSourceForMessages: of a vendor, of one that lists entries without their
// conversations, and of a folder; nor does it ask for a conversation by its id.
func TestScreeningAsksNoSourceForMessages(t *testing.T) {
	t.Parallel()
	sample := vendor.Sample()
	d := openWithAvaamo(t, avaamoSetup{joined: true, dump: map[string][]byte{
		"conversations.ndjson": asLines(sample.Conversations()), "messages.ndjson": asLines(soundMessages(sample))}})
	wanted := field(sample.Conversations()[0], "_id")
	id := d.submit(fmt.Sprintf(`{"mode":"screen","sources":["bot","old"],"selectors":[{"conversation_id":%q}]}`, wanted))
	r := d.until(id, "ready")
	if got := fmt.Sprint(r["result"].(map[string]any)["held"]); got != "map[bot:map[conversations:1] old:map[conversations:1]]" {
		t.Errorf("by id: held is %s", got)
	}
	id = d.submit(`{"mode":"screen","selectors":[{"metadata":{"key":"channel_name","value":"WEB"}}]}`)
	r = d.until(id, "ready", "review")
	if held := r["result"].(map[string]any)["held"].(map[string]any); held["desk"].(map[string]any)["conversations"].(float64) < 1 || len(held) != 3 || r["complete"] != true {
		t.Errorf("by metadata: %v", r)
	}
	if n := d.vendor.Count(vendor.Messages) + d.avaamo.Count("") - d.avaamo.Count(vendor.AvaamoEntries); n != 0 {
		t.Errorf("%d calls asked for messages", n)
	}
	if n := d.number(`SELECT count(*) FROM records WHERE kind = 'message' AND source <> 'desk'`); n != 0 {
		t.Errorf("%d messages are kept", n)
	}
}

// TestIncompleteScreeningIsReviewed: by somebody else, and the search for what is missing can
// be repeated afterwards.
func TestIncompleteScreeningIsReviewed(t *testing.T) {
	t.Parallel()
	d := openWithAvaamo(t, avaamoSetup{joined: true})
	id := d.submit(`{"mode":"screen","sources":["desk"],"selectors":[{"conversation_id":"c-1"}]}`)
	if r := d.until(id, "review"); r["complete"] != false || r["error"].(map[string]any)["code"] != "conversation_id_unsupported" {
		t.Errorf("got %v", r)
	}
	for _, step := range []struct{ role, action, status string }{{"approver", "approve", "ready"}, {"requester", "retry", "queued"}} {
		if a := d.as(step.role, http.MethodPost, id+"/"+step.action); a.status != http.StatusOK || a.json["status"] != step.status {
			t.Fatalf("%s: %d %v", step.action, a.status, a.json)
		}
	}
	d.until(id, "review")
	if a := d.as("approver", http.MethodGet, id+"/archive"); a.status != http.StatusConflict || a.json["code"] != "no_archive" {
		t.Errorf("the archive of a screening answers %d %v", a.status, a.json)
	}
}

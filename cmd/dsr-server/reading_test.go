package main

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/fake/vendor"
)

// read follows the pages of a list to its end.
func (h *harness) read(path, list string) (items []map[string]any) {
	h.t.Helper()
	for cursor := ""; ; {
		page := h.do(http.MethodGet, path+"limit=2&cursor="+cursor, "", http.StatusOK).json
		for _, item := range page[list].([]any) {
			items = append(items, item.(map[string]any))
		}
		if page["next_cursor"] == nil {
			return items
		}
		cursor = page["next_cursor"].(string)
	}
}

func transcriptAt(id string, conversation map[string]any) string {
	return "/api/v1/requests/" + id + "/conversations/" + url.PathEscape(fmt.Sprint(conversation["source"])) + "/" + url.PathEscape(fmt.Sprint(conversation["id"]))
}

// TestWhatIsReadIsWhatTheArchiveHolds: the same conversations and messages in the same order,
// by the same senders, in the same words.
func TestWhatIsReadIsWhatTheArchiveHolds(t *testing.T) {
	t.Parallel()
	h := build(t, vendor.Sample(), setup{earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}})
	id := h.submit(canaryRequest)
	h.until(id, "ready")
	calls := h.vendor.Count("")
	packed := h.download(id)
	var want, got [][]string
	for _, row := range packed.table(t, "data/bot/messages.csv") {
		want = append(want, []string{row["conversation_id"], row["id"], strings.TrimSuffix(row["time_utc"], "Z"), row["sender_derived"], row["text"]})
	}
	conversations := h.read("/api/v1/requests/"+id+"/conversations?", "items")
	for _, c := range conversations {
		messages := h.read(transcriptAt(id, c)+"?", "messages")
		for _, m := range messages {
			var texts []string
			for _, text := range m["texts"].([]any) {
				texts = append(texts, strings.ReplaceAll(text.(string), "\r\n", "\n")) // as csv.Reader reads them
			}
			text := strings.Join(texts, "\n")
			if form := m["form"].([]any); len(form) > 0 {
				text = "form"
			}
			got = append(got, []string{c["id"].(string), m["id"].(string), strings.TrimSuffix(fmt.Sprint(m["time"]), "Z"), m["sender"].(string), text})
		}
		if n := int(c["messages"].(float64)); len(messages) < n || n == 0 {
			t.Errorf("%v has %d messages, the list says %d", c["id"], len(messages), n)
		}
		if len(c["why"].([]any)) == 0 {
			t.Errorf("it is not said why %v was found", c["id"])
		}
	}
	for i := range want {
		if i < len(got) && got[i][4] == "form" {
			want[i][4] = "form"
		}
		want[i][4] = strings.TrimPrefix(want[i][4], "'") // before what a spreadsheet would run
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) < 10 {
		t.Errorf("the archive (-) and what is read (+):\n%s", diff)
	}
	if n := h.vendor.Count(""); n != calls {
		t.Errorf("%d calls to the vendor", n-calls)
	}
}

// table are the rows of a CSV in the archive, by the names of their columns.
func (b bundle) table(t *testing.T, entry string) (rows []map[string]string) {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(b.entries[entry]), "\uFEFF"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, name := range lines[0] {
			row[name] = line[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// TestEachReadingIsOnRecord once per principal, conversation and hour, before its first byte
// and without the vendor's id; whoever may not have the archive may not read.
func TestEachReadingIsOnRecord(t *testing.T) {
	t.Parallel()
	c := &clock{}
	c.set(time.Now().Truncate(time.Hour).Add(time.Hour + time.Minute))
	h := open(t, vendor.Sample(), setup{now: c.now, earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}, top: "release: {review: required}"})
	id := h.submit(canaryRequest)
	h.until(id, "review")
	list := id + "/conversations"
	if a := h.as("requester", http.MethodGet, list); a.status != http.StatusConflict || a.json["code"] != "not_ready" {
		t.Errorf("a requester in review: %d %s", a.status, a.raw)
	}
	if n := h.events("conversations.listed", id); n != 0 {
		t.Errorf("%d events of who was refused", n)
	}
	items := h.do(http.MethodGet, "/api/v1/requests/"+list, "", http.StatusOK).json["items"].([]any)
	first, second := items[0].(map[string]any), items[1].(map[string]any)
	if first["opened"] != false {
		t.Errorf("%v is opened before anybody has read it", first)
	}
	path := strings.TrimPrefix(transcriptAt(id, first), "/api/v1/requests/")
	for range 2 {
		h.as("approver", http.MethodGet, list)
		h.as("approver", http.MethodGet, path)
	}
	h.as("approver", http.MethodGet, strings.TrimPrefix(transcriptAt(id, second), "/api/v1/requests/"))
	c.advance(time.Hour)
	again := h.as("approver", http.MethodGet, list).json["items"].([]any)
	h.as("approver", http.MethodGet, path)
	if again[0].(map[string]any)["opened"] != true || again[2].(map[string]any)["opened"] != false {
		t.Errorf("what the approver has read: %v", again)
	}
	if listed, read := h.events("conversations.listed", id), h.events("conversation.read", id); listed != 3 || read != 3 {
		t.Errorf("%d and %d events, want 3 and 3", listed, read)
	}
	if log := h.do(http.MethodGet, "/api/v1/audit?limit=1000", "", http.StatusOK).raw; strings.Contains(string(log), first["id"].(string)) {
		t.Error("the log names a conversation")
	}
	a := h.as("approver", http.MethodGet, list+"/bot/nobody%2Fknows")
	if a.status != http.StatusNotFound || a.json["field"] != "conversation" {
		t.Errorf("an unknown conversation: %d %s", a.status, a.raw)
	}
	for _, bad := range []string{"?limit=0", "?limit=201", "?cursor=x", "?page=2"} {
		if a := h.as("approver", http.MethodGet, list+bad); a.status != http.StatusUnprocessableEntity && a.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", bad, a.status, a.raw)
		}
	}
	if status, said := h.program("audit", "verify"); status != 0 {
		t.Errorf("audit verify ends with %d and says:\n%s", status, said)
	}
	if ids := slices.Compact([]any{first["id"], second["id"]}); len(ids) != 2 {
		t.Error("two conversations have one id")
	}
}

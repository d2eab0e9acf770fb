package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/fake/vendor"
)

// TestWhatWasFoundIsListedForErasureAndReportedAfterItsPurge takes one request from its
// archive to what is left of it.
func TestWhatWasFoundIsListedForErasureAndReportedAfterItsPurge(t *testing.T) {
	t.Parallel()
	h := build(t, vendor.Sample(), setup{earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}})
	id := h.submit(canaryRequest)
	path := "/api/v1/requests/" + id
	r := h.until(id, "ready")
	packed := h.download(id)

	signed := h.do("GET", path+"/erasure-list", "", http.StatusOK)
	source := signed.json["list"].(map[string]any)["sources"].([]any)[0].(map[string]any)
	var listed []string
	for _, conversation := range source["conversations"].([]any) {
		listed = append(listed, conversation.(string))
	}
	if diff := cmp.Diff(packed.conversations(t), listed); diff != "" || len(listed) == 0 {
		t.Errorf("the archive's conversations (-) and those to erase (+):\n%s", diff)
	}
	var paths []string
	for _, identifier := range source["identifiers"].([]any) {
		paths = append(paths, fmt.Sprint(identifier.(map[string]any)["path"]))
	}
	if want := []string{"browser_userMeta.Email", "contact.email", "customer.contacts.email", "email"}; source["vendor"] != "converse" || !slices.Equal(paths, want) {
		t.Errorf("got %v of %v", paths, source["vendor"])
	}
	if strings.Contains(string(signed.raw), "ana@example.com") || strings.Contains(string(signed.raw), "93F1") {
		t.Errorf("the list says who it is about: %s", signed.raw)
	}

	found := r["result"].(map[string]any)
	h.do("POST", path+"/answered", "", http.StatusOK)
	h.do("DELETE", path, "", http.StatusNoContent)
	table, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(h.do("GET", "/api/v1/reports/requests.csv", "", http.StatusOK).raw), "\uFEFF"))).ReadAll()
	if err != nil || len(table) != 2 {
		t.Fatalf("got %q, %v", table, err)
	}
	row := map[string]string{}
	for i, name := range table[0] {
		row[name] = table[1][i]
	}
	got := []string{row["request"], row["status"], row["outcome"], row["in_time"], row["conversations"], row["messages"]}
	want := []string{id, "purged", "given", "true", fmt.Sprint(found["conversations"]), fmt.Sprint(found["messages"])}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the report (-want +got):\n%s", diff)
	}
	if figures := string(h.do("GET", "/metrics", "", http.StatusOK).raw); !strings.Contains(figures, `dsr_requests_answered_in_time_ratio{regime="gdpr"} 1`) {
		t.Error("the figures do not count the answer")
	}
	h.checkSigned(signed.json, "dsr-erasure") // last: it may skip
}

// conversations are the ids of those in the archive, sorted.
func (b bundle) conversations(t *testing.T) (ids []string) {
	t.Helper()
	for name, text := range b.entries {
		if !strings.HasPrefix(name, "data/") || !strings.HasSuffix(name, "/conversations.ndjson") {
			continue
		}
		for line := range strings.Lines(string(text)) {
			var record struct {
				ID string `json:"_id"`
			}
			if err := json.Unmarshal([]byte(line), &record); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, record.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/dsr"
	"dsr-server/internal/fake/vendor"
)

// The sample's near misses for the address: one that only begins like it and two
// conversations of others that mention it. diana@example.com and ana@example.org are
// other addresses altogether.
var nearAna = map[string][]string{
	"bcebf807-fe6d-457b-ac0c-d827431fb10e": {"email"},
	"71b30046b45a1e4cea9b21285e0d5866":     {"question", "transcript"},
	"fb5e4204-f391-4127-ab5d-45be96793976": {"__sys_userAction.text", "question"},
}

// staff is the staff view of the request's coverage.
func (h *harness) staff(id string) (s dsr.Staff) {
	h.t.Helper()
	a := h.call(http.MethodGet, "/api/v1/requests/"+id+"/coverage?view=staff", "")
	var body struct{ Staff *dsr.Staff }
	if err := json.Unmarshal(a.raw, &body); err != nil || body.Staff == nil {
		h.t.Fatalf("staff view: %d %s", a.status, a.raw)
	}
	return *body.Staff
}

func nearOf(s dsr.Staff) map[string][]string {
	found := map[string][]string{}
	for _, n := range s.Near {
		found[n.ConversationID] = slices.Sorted(slices.Values(n.Paths))
	}
	return found
}

const anaAnywhere = `{"selectors":[{"metadata":{"value":"` + vendor.SampleEmail + `"}}]}`

func TestNearMissesAreForStaffAndNotInTheArchive(t *testing.T) {
	t.Parallel()
	harnesses := map[string]func() *harness{
		"converse": func() *harness {
			return open(t, vendor.Sample(), setup{pageSize: 40, options: vendor.Options{RateWindow: vendor.Off}})
		},
		"dump": func() *harness {
			data := vendor.Sample()
			return dumpHouse(t, map[string][]byte{"conversations.ndjson": asLines(data.Conversations()), "messages.ndjson": asLines(soundMessages(data))}, "")
		},
	}
	for name, prepared := range harnesses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := prepared()
			id := h.submit(anaAnywhere)
			r := h.until(id, "ready", "review", "failed")
			if n := r["result"].(map[string]any)["near_misses"]; r["status"] != "ready" || n != float64(len(nearAna)) {
				t.Errorf("%v with %v near misses, want ready with %d", r["status"], n, len(nearAna))
			}
			s := h.staff(id)
			if diff := cmp.Diff(nearAna, nearOf(s)); diff != "" || s.Untold != 0 {
				t.Errorf("near misses (-want +got), and %d untold:\n%s", s.Untold, diff)
			}
			for file, body := range h.download(id).entries {
				for other := range nearAna {
					if bytes.Contains(body, []byte(other)) {
						t.Errorf("%s names %s", file, other)
					}
				}
				if bytes.Contains(body, []byte("near_miss")) {
					t.Errorf("%s speaks of near misses", file)
				}
			}
			if plain := h.call(http.MethodGet, "/api/v1/requests/"+id+"/coverage", ""); bytes.Contains(plain.raw, []byte("near_miss")) {
				t.Errorf("the plain coverage has near misses: %s", plain.raw)
			}
		})
	}
}

func TestPhoneNumberIsFoundHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	spellings := []string{`"(0)30 / 12 34 56"`, `"+49 30 123456"`, `"004930123456"`, `4930123456`, `"\u0660\u0663\u0660 123456"`, `"030 1234567"`, `"+44 30 123456"`}
	lines := func() []byte {
		var b bytes.Buffer
		for i, s := range spellings {
			fmt.Fprintf(&b, `{"_id":"c%d","startTime":1740000000,"lastActionAt":"2025-02-19T21:21:00","metadata":{"tel":%s}}`+"\n", i, s)
		}
		fmt.Fprintln(&b, `{"_id":"fax","startTime":1740000000,"lastActionAt":"2025-02-19T21:21:00","metadata":{"fax":"030 123456"}}`)
		return b.Bytes()
	}
	h := dumpHouse(t, map[string][]byte{"conversations.ndjson": lines(), "messages.ndjson": nil}, ", region: de")
	id := h.submit(`{"selectors":[{"metadata":{"key":"tel","value":"030 123456","match":"phone"}}]}`)
	if r := h.until(id, "ready", "review", "failed"); r["status"] != "ready" {
		t.Fatalf("%v: %v", r["status"], r["error"])
	}
	b := h.download(id)
	found := b.conversations(t)
	if want := []string{"c0", "c1", "c2", "c3", "c4"}; !slices.Equal(found, want) {
		t.Errorf("found %q, want %q", found, want)
	}
	// c6 has the same digits behind another country's code.
	if diff := cmp.Diff(map[string][]string{"fax": {"fax"}, "c6": {"tel"}}, nearOf(h.staff(id))); diff != "" {
		t.Errorf("near misses (-want +got):\n%s", diff)
	}
	if manifest := compacted(t, b.entries["manifest.json"]); !strings.Contains(manifest, `"value":"+4930123456"`) || !strings.Contains(manifest, `"match":"phone"`) {
		t.Errorf("the manifest says %s", manifest)
	}
	refused := h.call(http.MethodPost, "/api/v1/requests", `{"selectors":[{"metadata":{"key":"tel","value":"no number","match":"phone"}}]}`)
	if refused.status != http.StatusUnprocessableEntity || refused.json["field"] != "selectors[0].metadata.value" {
		t.Errorf("a value that is no number: %d %s", refused.status, refused.raw)
	}
}

// TestManyNearMissesOfADump: past the bound they are counted, and the search goes on.
func TestManyNearMissesOfADump(t *testing.T) {
	t.Parallel()
	const all = 3 * dsr.MaxNearMisses
	var b bytes.Buffer
	for i := range all {
		fmt.Fprintf(&b, `{"_id":"c%d","startTime":1740000000,"lastActionAt":"2025-02-19T21:21:00","metadata":{"plan":"premium"}}`+"\n", i)
	}
	h := dumpHouse(t, map[string][]byte{"conversations.ndjson": b.Bytes(), "messages.ndjson": nil}, "")
	id := h.submit(`{"selectors":[{"metadata":{"key":"tier","value":"premium"}}]}`)
	r := h.until(id, "ready", "review", "failed")
	s := h.staff(id)
	if len(s.Near) != dsr.MaxNearMisses || s.Count() != all || r["result"].(map[string]any)["near_misses"] != float64(all) {
		t.Errorf("%d told and %d in all; the result %v", len(s.Near), s.Count(), r["result"])
	}
}

func TestManyMatchesAreAWarningFromTheSettingOn(t *testing.T) {
	t.Parallel()
	h := open(t, vendor.Sample(), setup{top: "limits: {many_matches: 5}", options: vendor.Options{RateWindow: vendor.Off}})
	id := h.submit(anaAnywhere)
	r := h.until(id, "ready", "review")
	if w := fmt.Sprint(r["warnings"]); r["status"] != "review" || r["complete"] != true || !strings.Contains(w, "many_matches") {
		t.Errorf("%v, complete %v, warnings %s; want a complete result that is held", r["status"], r["complete"], w)
	}
	warned := func(w dsr.StaffWarning) bool {
		return w.Code == "many_matches" && strings.Contains(w.Detail, "more than 5")
	}
	if w := h.staff(id).Warnings; !slices.ContainsFunc(w, warned) {
		t.Errorf("warnings %v", w)
	}
	if r := h.as("approver", "POST", id+"/approve").json; r["status"] != "ready" || len(r["warnings"].([]any)) != 1 {
		t.Errorf("once approved: %v, warnings %v", r["status"], r["warnings"])
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"dsr-server/internal/fake/vendor"
)

// people are conversations with these metadata.
func people(t *testing.T, metadata ...string) *vendor.Data {
	t.Helper()
	var conversations, messages []json.RawMessage
	for i, m := range metadata {
		at := fmt.Sprintf(`"startTime":%d,"lastActionAt":"2025-01-01T04:00:17.517000"`, 1735703772+i)
		conversations = append(conversations, json.RawMessage(fmt.Sprintf(`{"_id":"c%d",%s,"metadata":%s}`, i, at, m)))
		messages = append(messages, json.RawMessage(fmt.Sprintf(`{"_id":"m%d","conversationId":"c%d","time":%d,"userInput":"hello"}`, i, i, 1735703772+i)))
	}
	data, _ := mustData(t, conversations, messages)
	return data
}

// TestWhatMayBeSeveralPeoplesIsHeldWithTheirNames, whatever the settings: over REST by
// its code, for staff with the values, of a live source.
func TestWhatMayBeSeveralPeoplesIsHeldWithTheirNames(t *testing.T) {
	t.Parallel()
	for code, c := range map[string]struct {
		metadata []string
		key      string
		value    string
		named    string
	}{
		"several_identities": {[]string{`{"tier":"gold","email":"a@x.de"}`, `{"tier":"gold","email":"b@x.de"}`, `{"tier":"gold","contact":{"mail":"c@x.de"}}`,
			`{"tier":"gold","json":"{\"mail\":\"d@x.de\"}"}`}, "tier", "gold", "a@x.de, b@x.de, c@x.de, d@x.de"},
		"ids_differ_in_case": {[]string{`{"customer":"Kd7x"}`, `{"customer":"kD7X"}`}, "customer", "kd7x", "Kd7x, kD7X"},
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			h := open(t, people(t, c.metadata...), setup{options: unlimitedFake()})
			id := h.submit(fmt.Sprintf(`{"selectors":[{"metadata":{"key":%q,"value":%q}}]}`, c.key, c.value))
			r := h.until(id, "ready", "review", "failed")
			warnings := fmt.Sprint(r["warnings"])
			if r["status"] != "review" || r["complete"] != true || !strings.Contains(warnings, code) || strings.Contains(warnings, c.named) {
				t.Errorf("%v, complete %v, warnings %s", r["status"], r["complete"], warnings)
			}
			told := fmt.Sprint(h.staff(id).Warnings)
			if !strings.Contains(told, code) || !strings.Contains(told, c.named) {
				t.Errorf("staff are told %s, want %s", told, c.named)
			}
			if left := h.filesWith(c.named[:6]); len(left) > 0 {
				t.Errorf("the names are in clear in %v", left)
			}
		})
	}
}

package vendor

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestAvaamoSampleHoldsEveryOddity(t *testing.T) {
	t.Parallel()
	d := AvaamoSample()
	entries := string(bytes.Join(rawBytes(d.Entries()), []byte("\n")))
	for name, want := range map[string]string{
		"empty content": `"content":""`, "masked content": `"content":"****"`, "no user": `"user":null`,
		"no layer_id": `"user":{"first_name":"Ana"}`, "number for a name": `"first_name":2,`, "null for a name": `"first_name":null`,
		"nameless": `"first_name":"You"`, "tester": `"layer_id":"dashboard_admin_test_user_`,
		"float score": `"score":1.0`, "integer score": `"score":1,`, "float time": `.0,"user"`, "the sample person": `"content":"ana@example.com"`,
	} {
		if !strings.Contains(entries, want) {
			t.Errorf("no entry with %s: %s", name, want)
		}
	}
	var whole, live, arrays int
	for _, raw := range d.Entries() {
		var r struct {
			CreatedAt json.Number `json:"created_at"`
		}
		if err := json.Unmarshal(raw, &r); err != nil {
			t.Fatal(err)
		}
		whole += btoi(!strings.Contains(r.CreatedAt.String(), "."))
	}
	for _, row := range d.talk {
		text := string(row.raw)
		live += btoi(!strings.Contains(text, `"agent_message_uuid":null`) && strings.Contains(text, `"request_message_uuid":null`))
		arrays += btoi(strings.Contains(text, `"contacts":[`))
	}
	if whole == 0 || live == 0 || arrays == 0 {
		t.Errorf("got %d whole times, %d live-agent rows, %d array-valued properties", whole, live, arrays)
	}
}

func TestAvaamoSampleHangsTogether(t *testing.T) {
	t.Parallel()
	d := AvaamoSample()
	if n := len(d.Entries()); n < 300 {
		t.Errorf("only %d entries", n)
	}
	seen := map[string]bool{}
	for _, row := range d.entries {
		conversation := d.ConversationOf(row.id)
		if _, ok := d.Conversation(conversation); !ok || seen[row.id] {
			t.Fatalf("entry %s: conversation %q", row.id, conversation)
		}
		seen[row.id] = true
	}
	for _, layer := range SampleLayers() {
		mine := d.EntriesOf(layer)
		if len(mine) < 4 {
			t.Errorf("%s has %d entries", layer, len(mine))
		}
		for _, raw := range mine {
			row, err := newAvaamoRow(raw, 0)
			if err != nil {
				t.Fatal(err)
			}
			if talk := d.TalkOf(d.ConversationOf(row.id)); len(talk) < 2 {
				t.Errorf("only %d messages around an entry", len(talk))
			}
		}
	}
}

func rawBytes(records []json.RawMessage) [][]byte {
	out := make([][]byte, len(records))
	for i, r := range records {
		out[i] = r
	}
	return out
}

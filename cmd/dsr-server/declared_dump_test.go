package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dsr-server/internal/archive"
	"dsr-server/internal/export"
)

// talkForm names the fields of a made-up vendor's export, whose conversations hold their
// messages, and its files.
const talkForm = `
    conversations: ["20*/**/conv*.jsonl.gz", "more/*.json"]
    fields:
      conversations: {id: key.id, start: began, metadata: [contact, "custom.*.values"], partial: parts.cut}
      messages:
        within: [first, parts.list]
        count: parts.total
        id: id
        time: at
        sender: {member: from, bot: [assistant], user: "*"}
        text: body
        text_is: html`

// talkWith is a conversation of that vendor.
func talkWith(n int, contact string, total int) string {
	return fmt.Sprintf(`{"key":{"id":"c%d"},"began":"2025-03-0%dT10:00:00Z","contact":{"email":%q},"custom":[{"values":{"order":"A-%d"}}],"first":{"id":"q","at":"2025-03-0%dT10:00:00Z","from":"person","body":"<p>Where is A-%d?</p>"},`+
		`"parts":{"total":%d,"list":[{"id":"a","from":"assistant","body":"On &lt;its> way"},{"from":"person","body":"ok"}]}}`, n, n, contact, n, n, n, total)
}

// talkHouse has three conversations in two folders, the last of which states more messages than
// it holds.
func talkHouse(t *testing.T) *harness {
	t.Helper()
	h := prepareDump(t, map[string][]byte{"README": []byte("of the export")}, "")
	for _, folder := range []string{"2025/03", "more"} {
		if err := os.MkdirAll(filepath.Join(h.dir, "dump", folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	lines := talkWith(1, "ana@example.com", 2) + "\n" + talkWith(2, "bo@example.com", 2) + "\n"
	h.putFiles(map[string][]byte{"2025/03/conv-1.jsonl.gz": gzipped(t, []byte(lines)), "more/late.json": []byte("[" + strings.Replace(talkWith(3, "cy@example.com", 3), `"total":3`, `"total":3,"cut":true`, 1) + "]")})
	h.configureDump(talkForm)
	h.start(setup{})
	return h
}

// configureDump gives the dump other keys.
func (h *harness) configureDump(keys string) {
	h.t.Helper()
	h.write("dsr.yaml", fmt.Sprintf(`
listen: 127.0.0.1:0
data_dir: ./data
sources:
  - name: bot
    type: dump
    path: ./dump%s
bootstrap: {tokens: [{name: ci, role: admin, token_file: ./token}]}
`, keys))
}

// TestADumpOfAnotherVendorIsSearchedByItsFields, found by what lies in either place of its
// metadata and by its id, with its messages taken out of it.
func TestADumpOfAnotherVendorIsSearchedByItsFields(t *testing.T) {
	t.Parallel()
	h := talkHouse(t)
	for name, selector := range map[string]string{
		"metadata":        `{"metadata":{"key":"email","value":"ANA@example.com"}}`,
		"metadata in *":   `{"metadata":{"key":"order","value":"A-1"}}`,
		"conversation id": `{"conversation_id":"c1"}`,
	} {
		id := h.submit(`{"selectors":[` + selector + `]}`)
		if r := h.until(id, "ready", "review"); r["complete"] != true {
			t.Errorf("%s: it is not complete: %v", name, r)
		}
		b := h.download(id)
		conversations, messages := string(b.entries["data/bot/conversations.ndjson"]), string(b.entries["data/bot/messages.ndjson"])
		if want := strings.Replace(strings.Replace(talkWith(1, "ana@example.com", 2), `"first":{"id":"q","at":"2025-03-01T10:00:00Z","from":"person","body":"<p>Where is A-1?</p>"}`, `"first":null`, 1),
			`[{"id":"a","from":"assistant","body":"On &lt;its> way"},{"from":"person","body":"ok"}]`, `[]`, 1) + "\n"; conversations != want {
			t.Errorf("%s: conversations:\n%s\nwant\n%s", name, conversations, want)
		}
		if want := `{"id":"q","at":"2025-03-01T10:00:00Z","from":"person","body":"<p>Where is A-1?</p>"}` + "\n" +
			`{"id":"a","from":"assistant","body":"On &lt;its> way"}` + "\n" + `{"from":"person","body":"ok"}` + "\n"; messages != want {
			t.Errorf("%s: messages:\n%s\nwant\n%s", name, messages, want)
		}
		table := string(b.entries["data/bot/messages.csv"])
		for _, want := range []string{`"user"`, `"bot"`, "Where is A-1?", "On <its> way", "parts.list[1]"} {
			if !strings.Contains(table, want) {
				t.Errorf("%s: the table has no %q:\n%s", name, want, table)
			}
		}
		if nobody := "bo@example.com"; bytes.Contains(b.raw, []byte(nobody)) {
			t.Errorf("%s: %s is in it", name, nobody)
		}
	}
}

// TestAConversationThatStatesMoreThanItHoldsIsNotComplete, and neither is one that says that it
// is a part; staff alone are told which it is.
func TestAConversationThatStatesMoreThanItHoldsIsNotComplete(t *testing.T) {
	t.Parallel()
	h := talkHouse(t)
	id := h.submit(`{"selectors":[{"metadata":{"key":"email","value":"cy@example.com"}}]}`)
	h.until(id, "review")
	coverage := string(h.do(http.MethodGet, "/api/v1/requests/"+id+"/coverage", "", http.StatusOK).raw)
	staff := string(h.do(http.MethodGet, "/api/v1/requests/"+id+"/coverage?view=staff", "", http.StatusOK).raw)
	for code, words := range map[string]string{
		"fewer_than_stated": "bot gives fewer messages of these conversations than they state: c3",
		"vendor_partial":    "bot says that it gives only a part of these conversations: c3",
	} {
		if !strings.Contains(coverage, `"`+code+`"`) || strings.Contains(coverage, "c3") {
			t.Errorf("%s, and no id: %s", code, coverage)
		}
		if !strings.Contains(staff, words) {
			t.Errorf("staff are not told %q: %s", words, staff)
		}
	}
}

// TestADumpWithoutAnyDeclaredMetadataIsNotComplete: nobody can be found by it, and what the
// declaration names is named.
func TestADumpWithoutAnyDeclaredMetadataIsNotComplete(t *testing.T) {
	t.Parallel()
	h := talkHouse(t)
	h.stop()
	h.configureDump(strings.Replace(talkForm, `[contact, "custom.*.values"]`, `[visitor, custom.values]`, 1))
	h.start(setup{})
	id := h.submit(`{"selectors":[{"metadata":{"key":"email","value":"ana@example.com"}}]}`)
	h.until(id, "review")
	coverage := string(h.do(http.MethodGet, "/api/v1/requests/"+id+"/coverage", "", http.StatusOK).raw)
	for _, want := range []string{`"nothing_to_search"`, "conversations.metadata visitor, conversations.metadata custom.values;"} {
		if !strings.Contains(coverage, want) {
			t.Errorf("there is no %s in the coverage: %s", want, coverage)
		}
	}
}

// TestAnArchiveNeedsNoDeclaration: it is made again with the same bytes, and verified, when the
// configuration says something else or nothing of the fields.
func TestAnArchiveNeedsNoDeclaration(t *testing.T) {
	t.Parallel()
	h := talkHouse(t)
	id := h.submit(`{"selectors":[{"metadata":{"key":"email","value":"ana@example.com"}}]}`)
	h.until(id, "ready")
	before := h.download(id)
	var coverage struct {
		Sources []struct {
			Declaration struct {
				SHA256 string
				Fields struct{ Conversations struct{ ID string } }
			}
		}
	}
	if err := json.Unmarshal(before.entries["coverage.json"], &coverage); err != nil {
		t.Fatal(err)
	}
	if d := coverage.Sources[0].Declaration; len(d.SHA256) != 64 || d.Fields.Conversations.ID != "key.id" {
		t.Errorf("the coverage has the declaration %+v", d)
	}
	h.stop()
	h.configureDump("")
	h.start(setup{})
	if r := h.repackaged(id); r["status"] != "ready" {
		t.Fatalf("the request is %v", r["status"])
	}
	after := h.download(id)
	if !bytes.Equal(before.raw, after.raw) {
		t.Error("it has other bytes")
	}
	if _, err := archive.Verify(after.path, nil, export.Named); err != nil {
		t.Error(err)
	}
}

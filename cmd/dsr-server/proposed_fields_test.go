package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// TestAProposalOfFieldsFindsThePerson: what check prints of a dump of a vendor that nobody
// knows is put under the source as it stands, and the person's messages are in the archive.
func TestAProposalOfFieldsFindsThePerson(t *testing.T) {
	t.Parallel()
	var talks, words, within strings.Builder
	for n := range 12 {
		talk := fmt.Sprintf(`{"ref":"t-%02d","opened":"2025-03-%02dT10:00:00Z","visitor":{"mail":"p%d@example.com"}`, n, 1+n, n)
		at := 1740787200 + 86400*n
		fmt.Fprintln(&talks, talk+"}")
		fmt.Fprintf(&words, `{"key":"w%d","thread":"t-%02d","sent_on":%d,"role":"visitor","content":"Where is order A-%d?"}`+"\n", n, n, at, n)
		fmt.Fprintf(&within, `%s,"lines":[{"sent_on":%d,"role":"visitor","content":"Where is order A-%d?"}]}`+"\n", talk, at, n)
	}
	for name, files := range map[string]map[string][]byte{
		"lines":           {"conversations.ndjson": []byte(talks.String()), "messages.ndjson": []byte(words.String())},
		"packed":          {"conversations.ndjson.gz": gzipped(t, []byte(talks.String())), "messages.ndjson.gz": gzipped(t, []byte(words.String()))},
		"lists":           {"conversations.json": inList(talks.String()), "messages.json": inList(words.String())},
		"pages":           {"conversations.json": inPage(talks.String()), "messages.json": inPage(words.String())},
		"messages inside": {"conversations.ndjson": []byte("\uFEFF" + within.String())},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := prepareDump(t, files, "")
			h.start(setup{})
			good, out := h.checked(t)
			_, line, proposed := strings.Cut(out, "check again: ")
			if good || !proposed || strings.Contains(out, "example.com") || strings.Contains(out, "A-1") {
				t.Fatalf("good %v:\n%s", good, out)
			}
			line, _, _ = strings.Cut(line, "\n")
			h.stop()
			h.configureDump("\n    " + line)
			h.start(setup{})
			if good, out := h.checked(t); !good {
				t.Errorf("with %s\n%s", line, out)
			}
			id := h.submit(`{"selectors":[{"metadata":{"key":"mail","value":"p3@example.com"}}]}`)
			h.until(id, "ready")
			b := h.download(id)
			if messages := string(b.entries["data/bot/messages.ndjson"]); strings.Count(messages, "\n") != 1 || !strings.Contains(messages, "order A-3?") {
				t.Errorf("with %s the messages are:\n%s", line, messages)
			}
		})
	}
}

func inList(lines string) []byte {
	return []byte("[" + strings.ReplaceAll(strings.TrimSpace(lines), "\n", ",\n") + "]")
}

func inPage(lines string) []byte {
	return []byte(`{"cursor":null,"data":` + string(inList(lines)) + "}")
}

// checked is what check says of the source.
func (h *harness) checked(t *testing.T) (good bool, said string) {
	t.Helper()
	var out bytes.Buffer
	good, err := checkSource(t.Context(), h.besides(t), &out, "bot")
	if err != nil {
		t.Fatal(err)
	}
	return good, out.String()
}

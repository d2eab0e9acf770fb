package export

import (
	"testing"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export/declared"
)

// TestFilesAreKnownByTheirPatterns, by the usual names, or by both.
func TestFilesAreKnownByTheirPatterns(t *testing.T) {
	t.Parallel()
	form := DumpForm{Conversations: []string{"20??/**/conv*.jsonl.gz", "all.json"}}
	for name, want := range map[string]dsr.Endpoint{
		"2024/conv1.jsonl.gz": dsr.Conversations, "2024/a/b/CONV.jsonl.gz": dsr.Conversations, "all.json": dsr.Conversations,
		"24/conv.jsonl.gz": "", "2024/a/xconv.jsonl.gz": "", "2024/conv/x.jsonl.gz": "", "a/all.json": "", "conversations.ndjson": "",
		"messages-1.ndjson": dsr.Messages, "2024/messages.ndjson": "",
	} {
		if got, both := namesOf(form).kindOf(name); got != want || both {
			t.Errorf("%s is of kind %q, want %q", name, got, want)
		}
	}
	if _, both := namesOf(DumpForm{Conversations: []string{"*.json"}, Messages: []string{"m*"}}).kindOf("m.json"); !both {
		t.Error("a file of both kinds is not told")
	}
	inside := DumpForm{Fields: &declared.Fields{Within: ways("list")}}
	if got, _ := namesOf(inside).kindOf("messages.ndjson"); got != "" {
		t.Errorf("where messages stand in conversations, a file of them is of kind %q", got)
	}
}

func TestPatternsStayInTheFolder(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"", "/a", "../a", "a/../b", "a//b", "./a", `a\b`, "a**", "**", "a/b**/c"} {
		if CheckPattern(pattern) == nil {
			t.Errorf("%q is taken", pattern)
		}
	}
	for _, pattern := range []string{"a", "*.json", "**/a?.gz", "2024/**/conv*.jsonl.gz"} {
		if err := CheckPattern(pattern); err != nil {
			t.Errorf("%q: %v", pattern, err)
		}
	}
}

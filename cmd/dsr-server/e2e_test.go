package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
)

// questions covers every kind of selector and window over a corpus: each match mode,
// any path, numbers, several selectors, windows that cut conversations, nobody.
func questions(c corpus) []question {
	first, last := c.conversations[0].id, c.conversations[len(c.conversations)-1].id
	qs := []question{
		{name: "one conversation id", selectors: []selector{{ID: first}}},
		{name: "two ids, any-of", selectors: []selector{{ID: first}, {ID: last}}},
		{name: "nobody", selectors: []selector{{Key: "email", Value: "nobody@nowhere.example"}}},
	}
	people := emails(c)
	for i, email := range people[:min(4, len(people))] {
		qs = append(qs,
			question{name: fmt.Sprintf("email %d", i), selectors: []selector{{Key: "email", Value: email}}},
			question{name: fmt.Sprintf("email %d at any path", i), selectors: []selector{{Key: "*", Value: email}}})
	}
	email := people[0]
	return append(qs,
		question{name: "exact", selectors: []selector{{Key: "email", Value: email, Mode: "exact"}}},
		question{name: "contains", selectors: []selector{{Key: "*", Value: email[:len(email)-3], Mode: "contains"}}},
		question{name: "number", selectors: []selector{{Key: "userId", Value: "7007"}}},
		question{name: "number, written otherwise", selectors: []selector{{Key: "*", Value: " 7.007e3 "}}},
		question{name: "locale of many", selectors: []selector{{Key: "locale", Value: "de_de"}}},
		question{name: "window", selectors: []selector{{Key: "locale", Value: "en_us"}}, start: "2025-02-10T12:00:00Z", end: "2025-02-20T00:00:00Z"},
		question{name: "window without a start", selectors: []selector{{Key: "locale", Value: "en_us"}}, end: "2025-01-15T00:00:00Z"},
		question{name: "window without an end", selectors: []selector{{Key: "locale", Value: "en_us"}}, start: "2025-03-01T00:00:00Z"},
	)
}

// questionsFor leaves out what finds many conversations where a vendor with a short
// maximum span makes each cost dozens of calls.
func questionsFor(c corpus, v chaos.Variant) []question {
	qs := questions(c)
	if v.Choices.MaxSpan > 0 {
		return qs[:4]
	}
	return qs
}

// emails lists the values of metadata.email that occur most, most frequent first.
func emails(c corpus) []string {
	count := map[string]int{}
	for _, r := range c.conversations {
		meta, _ := r.tree.get("metadata")
		if email, found := meta.get("email"); found && email.kind == '"' {
			count[foldReference(email.text)]++
		}
	}
	var list []string
	for email := range count {
		list = append(list, email)
	}
	slices.SortFunc(list, func(a, b string) int {
		if count[a] != count[b] {
			return count[b] - count[a]
		}
		return cmpString(a, b)
	})
	return list
}

func cmpString(a, b string) int {
	if a < b {
		return -1
	}
	return 1
}

// searchedWhole reports whether a run has ended complete: also one that is held because
// so much was found that it may be several people's.
func searchedWhole(r map[string]any) bool {
	warnings, _ := r["warnings"].([]any)
	return r["complete"] == true && r["error"] == nil && (r["status"] == "ready" || r["status"] == "review" && len(warnings) > 0)
}

// answerAll submits every question at once and compares every record of every
// archive with the reference. It returns how many records were compared.
func (h *harness) answerAll(c corpus, qs []question) (conversations, messages int) {
	h.t.Helper()
	ids := make([]string, len(qs))
	for i, q := range qs {
		ids[i] = h.submit(q.body())
	}
	for i, q := range qs {
		r := h.until(ids[i], "ready", "review", "failed")
		if !searchedWhole(r) {
			h.t.Fatalf("%s: %v, complete %v, error %v", q.name, r["status"], r["complete"], r["error"])
		}
		b := h.download(ids[i])
		want := c.answer(h.t, q)
		gotConversations, gotMessages := b.lines(h.t, "data/bot/conversations.ndjson"), b.lines(h.t, "data/bot/messages.ndjson")
		wantConversations, wantMessages := without(h.t, want.conversations, "_id", want.chance), without(h.t, want.messages, "conversationId", want.chance)
		gotConversations, gotMessages = without(h.t, gotConversations, "_id", want.chance), without(h.t, gotMessages, "conversationId", want.chance)
		if diff := cmp.Diff(wantConversations, gotConversations); diff != "" {
			h.t.Errorf("%s: conversations (-want +got):\n%s", q.name, diff)
		}
		if diff := cmp.Diff(wantMessages, gotMessages); diff != "" {
			h.t.Errorf("%s: messages (-want +got):\n%s", q.name, diff)
		}
		conversations += len(gotConversations)
		messages += len(gotMessages)
	}
	return conversations, messages
}

func sampleCorpus(t *testing.T) corpus {
	t.Helper()
	data := vendor.Sample()
	return readCorpus(t, data.Conversations(), data.Messages())
}

func TestEveryRecordOfTheSample(t *testing.T) {
	t.Parallel()
	c := sampleCorpus(t)
	for _, v := range chaos.Variants() {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			h := build(t, vendor.Sample(), setup{options: vendor.Options{Choices: v.Choices, RateWindow: vendor.Off}, pageSize: 70, earliest: "2023-12-01"})
			conversations, messages := h.answerAll(c, questionsFor(c, v))
			if conversations < 5 || messages < 30 {
				t.Errorf("compared only %d conversations and %d messages", conversations, messages)
			}
			if bad := h.vendor.Violations(); len(bad) > 0 {
				t.Errorf("the vendor complains: %v", bad)
			}
		})
	}
}

// TestEveryRecordOfRealDialogues: in both ways in which the vendor is read, by hand and by its
// declaration.
func TestEveryRecordOfRealDialogues(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "..", "shared", "data")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the real dialogues are not beside the project")
	}
	c := readCorpus(t, readGzip(t, filepath.Join(dir, "conversations.ndjson.gz")), readGzip(t, filepath.Join(dir, "messages.ndjson.gz")))
	data, err := vendor.Load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range undocumented() {
		for _, declared := range []bool{false, true} {
			t.Run(v.Name+map[bool]string{true: ", declared"}[declared], func(t *testing.T) {
				t.Parallel()
				h := build(t, data, setup{options: vendor.Options{Choices: v.Choices, RateWindow: vendor.Off}, pageSize: 1000, earliest: "2024-12-01", declared: declared})
				conversations, messages := h.answerAll(c, questionsFor(c, v))
				if conversations < 200 || messages < 4000 {
					t.Errorf("compared only %d conversations and %d messages", conversations, messages)
				}
				t.Logf("compared %d conversations and %d messages with the reference, of %d and %d",
					conversations, messages, len(c.conversations), c.messageCount)
			})
		}
	}
}

// undocumented are the variants that differ in what the vendor's documentation leaves
// open about the answers themselves; the sample is run against all of them.
func undocumented() []chaos.Variant {
	return slices.DeleteFunc(chaos.Variants(), func(v chaos.Variant) bool {
		c := v.Choices
		window := c.WindowField != vendor.StartTime || c.Ends != vendor.Closed
		pages := c.LastCursor != vendor.Null || c.MaxPerPage != 0 || c.Order != vendor.ByStart
		return v.Name != "default" && !window && !pages
	})
}

func readGzip(t *testing.T, path string) (records []json.RawMessage) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		records = append(records, slices.Clone(lines.Bytes()))
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return records
}

// TestAtTheVendorsPace: the program's calls fit the documented limit of a fake that counts
// a sliding second, with messages over several pages. How far apart calls leave is what the
// pacer's own tests show; here a busy machine may make two arrive closer than they left.
func TestAtTheVendorsPace(t *testing.T) {
	t.Parallel()
	c := sampleCorpus(t)
	h := build(t, vendor.Sample(), setup{pageSize: 100, rate: "3/s"})
	q := question{name: "email", selectors: []selector{{Key: "*", Value: "ana@example.com"}}}
	conversations, messages := h.answerAll(c, []question{q})
	if conversations == 0 || messages == 0 {
		t.Fatal("nothing was found for the sample's main data subject")
	}
	var refused int
	calls := h.vendor.Calls()
	for _, call := range calls {
		if call.Status != http.StatusOK {
			refused++
		}
	}
	if refused*10 > len(calls) { // without a pace it is most of them
		t.Errorf("%d of %d calls were refused: %v", refused, len(calls), h.vendor.Violations())
	}
}

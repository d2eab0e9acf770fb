package scan_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/fake/vendor"
	"dsr-server/internal/record"
	"dsr-server/internal/scan"
)

// bigPages are pages and a list that go over several batches, each with records of the
// sample's person at both ends.
func bigPages() map[string][]byte {
	data, files := vendor.Sample(), map[string][]byte{}
	messages := soundMessages(data)
	for i, cursor := range []string{`"x"`, `"y"`, "null"} {
		var page []string
		for n := range 1500 {
			page = append(page, fmt.Sprintf(`{"_id":"filler-%d-%d","startTime":1744750665,"metadata":{"a":%q}}`, i, n, strings.Repeat("y", 900)))
		}
		for j, c := range data.Conversations() {
			if j%3 == i {
				page = slices.Insert(page, (len(page)*j)/len(data.Conversations()), compact(c))
			}
		}
		text := `{"total":4500,"data":[` + strings.Join(page, ",") + `],"cursor":` + cursor + `,"links":{"next":` + cursor + `}}`
		files[fmt.Sprintf("conversations-%d.json", i)] = []byte(text)
	}
	var list []string
	for _, m := range messages {
		list = append(list, compact(m))
	}
	files["messages.json"] = []byte("[" + strings.Join(list, ",") + "]")
	return files
}

// TestNothingIsCountedTwiceAfterAKill kills the lane again and again: what the units have
// shown in the end is what they show without.
func TestNothingIsCountedTwiceAfterAKill(t *testing.T) {
	t.Parallel()
	var want string
	for _, at := range []int{0, 2, 3, 4} {
		b := newBench(t, folder(t, bigPages()))
		id := b.ask([]string{"old"}, ana)
		b.scanKilledAt("dump:old", at)
		b.wantComplete(id, true)
		b.wantSample(id, "old")
		if got := b.shown(id); want == "" {
			want = got
		} else if got != want {
			t.Errorf("killed at commit %d of each run:\n%s\nwant\n%s", at, got, want)
		}
	}
}

// shown is what the files of a request have shown of themselves.
func (b *bench) shown(id string) string {
	b.t.Helper()
	snap, err := b.s.Snapshot(b.t.Context(), id)
	b.must(err)
	var all []string
	for _, u := range snap.UnitsOf("old") {
		all = append(all, fmt.Sprintf("%s: %d records, %d lines, %+v, %v, %x", u.File.Name, u.Records, u.Position.Lines, u.Shown, u.Tally.Anomalies, u.SHA256))
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// TestWhatWasAtDeclaredPathsOutlivesAKill: one record alone has something there, and it is not
// read again.
func TestWhatWasAtDeclaredPathsOutlivesAKill(t *testing.T) {
	t.Parallel()
	path := func(name string) record.Path { return record.Path{{Name: name}} }
	fields := declared.Fields{
		Conversation: declared.ConversationFields{ID: path("_id"), Start: path("startTime"), Metadata: []record.Path{path("metadata"), path("first"), path("never")}},
		Message:      declared.MessageFields{ID: path("_id"), Conversation: path("conversationId"), Time: path("time"), Text: []record.Path{path("never")}},
	}
	first := []byte(`{"_id":"first","startTime":1744750665,"first":{"a":"b"}}` + "\n")
	filler := []byte(strings.Repeat(`{"_id":"x","startTime":1744750665,"metadata":{"a":"`+strings.Repeat("y", 900)+`"}}`+"\n", 30_000))
	for _, at := range []int{0, 2} {
		dir := filesIn(t, map[string][]byte{"conversations.ndjson": slices.Concat(first, filler), "messages.ndjson": nil})
		b := newBench(t, scan.Source{Export: export.NewDumpOf(dir, export.DumpForm{Fields: &fields}), Source: dsr.Source{Name: "old", Type: "dump", Lane: "dump:old"}})
		id := b.ask([]string{"old"}, ana)
		b.scanKilledAt("dump:old", at)
		snap, err := b.s.Snapshot(t.Context(), id)
		b.must(err)
		var marks []string
		for _, u := range snap.UnitsOf("old") {
			marks = append(marks, slices.Sorted(maps.Keys(u.Tally.Marks))...)
		}
		if want := []string{"conversations were read", "there is conversations.metadata first", "there is conversations.metadata metadata"}; !slices.Equal(marks, want) {
			t.Errorf("killed at commit %d of each run: marks %q, want %q", at, marks, want)
		}
	}
}

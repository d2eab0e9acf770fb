package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"dsr-server/internal/dsr"
	"dsr-server/internal/fake/vendor"
)

// brokenRecords are texts that are no records, each with what is said about it.
var brokenRecords = map[string]struct{ text, reason string }{
	"cut off":          {`{"_id":"x","metadata":{"email":"ana@exam`, "not a JSON string"},
	"bad escape":       {`{"_id":"x","metadata":{"email":"\x"}}`, "not a JSON string"},
	"unbalanced":       {`{"_id":"x","metadata":{"tags":["a"}}`, "expected a comma"},
	"not closed":       {`{"_id":"x","metadata":{"tags":["a"]}`, ""},
	"too deep":         {`{"_id":"x","metadata":` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + `}`, "nested deeper than 512"},
	"NaN":              {`{"_id":"x","startTime":NaN,"metadata":{}}`, "not a JSON value"},
	"a bare word":      {`{"_id":"x","metadata":None}`, "not a JSON value"},
	"trailing garbage": {`{"_id":"x"} and more`, ""},
	"an array":         {`["ana@example.com"]`, "not a JSON object"},
	"a string":         {`"ana@example.com"`, "not a JSON object"},
	"a control":        {"{\"_id\":\"x\ty\"}", "not a JSON string"},
	"invalid UTF-8":    {"{\"_id\":\"x\",\"metadata\":{\"name\":\"J\xf6rg\"}}", "not UTF-8"},
	"leading zero":     {`{"_id":"x","n":007}`, ""},
}

// wantFault holds when the request is incomplete for a fault at this place alone, and
// everything around it was found.
func (x hand) wantFault(c corpus, where, reason string) {
	x.t.Helper()
	if err := x.read(nil); err != nil {
		x.t.Fatal(err)
	}
	r, coverage, b := x.finish()
	reasons := coverage.Sources[0].Reasons
	if r.Status != dsr.Review || coverage.Complete || len(reasons) == 0 {
		x.t.Fatalf("the request is %s, reasons %+v", r.Status, reasons)
	}
	for _, also := range reasons[1:] { // of what cannot be read the messages are left over
		if also.Code != dsr.ReasonOrphanMessages {
			x.t.Errorf("another reason is %+v", also)
		}
	}
	codes := []string{dsr.ReasonUnreadable, dsr.ReasonNotUnderstood, dsr.ReasonFilesIgnored}
	if got := reasons[0]; !slices.Contains(codes, got.Code) || !strings.HasPrefix(got.Detail, where) || !strings.Contains(got.Detail, reason) {
		x.t.Errorf("got %q, want %q and %q", got.Detail, where, reason)
	}
	conversations, messages := c.expect(x.t, ofAna)
	b.wantLines(x.t, "data/bot/conversations.ndjson", conversations)
	b.wantLines(x.t, "data/bot/messages.ndjson", messages)
}

// insert puts a text in between the records, as number n from 1.
func insert(records []json.RawMessage, n int, text string) []json.RawMessage {
	return slices.Insert(slices.Clone(records), n-1, json.RawMessage(text))
}

func TestABrokenRecordIsNamedAndTheOthersAreFound(t *testing.T) {
	t.Parallel()
	data := vendor.Sample()
	conversations, messages := data.Conversations(), soundMessages(data)
	c := readCorpus(t, conversations, messages)
	for name, broken := range brokenRecords {
		for _, n := range []int{1, 40, len(conversations) + 1} {
			t.Run(fmt.Sprint(name, ", line ", n), func(t *testing.T) {
				t.Parallel()
				x := byHand(t, map[string][]byte{"conversations.ndjson": asLines(insert(conversations, n, broken.text)), "messages.ndjson.gz": gzipped(t, asLines(messages))}, ofAna)
				x.wantFault(c, fmt.Sprintf("conversations.ndjson, line %d: ", n), broken.reason)
			})
			t.Run(fmt.Sprint(name, ", record ", n), func(t *testing.T) {
				t.Parallel()
				x := byHand(t, map[string][]byte{"conversations.json.zst": zstandard(t, asPage(t, insert(conversations, n, broken.text), "null", false)), "messages.ndjson": asLines(messages)}, ofAna)
				if name == "cut off" || name == "not closed" || name == "trailing garbage" {
					x.wantSomeFault(c) // where such a record ends, nobody can tell
					return
				}
				x.wantFault(c, fmt.Sprintf("conversations.json.zst, record %d: ", n), broken.reason)
			})
		}
	}
	t.Run("message", func(t *testing.T) {
		t.Parallel()
		x := byHand(t, map[string][]byte{"conversations.ndjson": asLines(conversations), "messages.ndjson": asLines(insert(messages, 77, `{"_id":"x","conversationId":`))}, ofAna)
		x.wantFault(c, "messages.ndjson, line 77: ", "")
	})
}

// wantSomeFault holds when the result is incomplete, holds nothing wrong, and holds
// nearly everything.
func (x hand) wantSomeFault(c corpus) {
	x.t.Helper()
	if err := x.read(nil); err != nil {
		x.t.Fatal(err)
	}
	r, coverage, b := x.finish()
	if r.Status != dsr.Review || coverage.Complete || len(coverage.Sources[0].Reasons) == 0 {
		x.t.Fatalf("the request is %s, coverage %+v", r.Status, coverage)
	}
	x.wantSubset(c, b)
	conversations, _ := c.expect(x.t, ofAna)
	if got := len(b.lines(x.t, "data/bot/conversations.ndjson")); got < len(conversations)-1 {
		x.t.Errorf("%d conversations are found, want %d or one less: %v", got, len(conversations), coverage.Sources[0].Reasons)
	}
}

// TestABrokenFileIsNamed: what can be read of it is found.
func TestABrokenFileIsNamed(t *testing.T) {
	t.Parallel()
	data := vendor.Sample()
	conversations, messages := data.Conversations(), soundMessages(data)
	c := readCorpus(t, conversations, messages)
	lines, page := asLines(conversations), asPage(t, conversations, "null", false)
	flipped := func(b []byte, at int) []byte {
		b = bytes.Clone(b)
		b[at] ^= 0xff
		return b
	}
	for name, broken := range map[string]struct {
		file   string
		body   []byte
		reason string
		whole  bool // every record is found all the same
	}{
		"page cut short":        {"conversations.json", page[:len(page)-20], "record ", false},
		"page without an end":   {"conversations.json", bytes.TrimSuffix(page, []byte(`,"cursor":null}`)), "", true},
		"page with more behind": {"conversations.json", append(bytes.Clone(page), "x"...), "more text after the end", true},
		"two pages":             {"conversations.json", append(bytes.Clone(page), page...), "more text after the end", true},
		"a comma too many":      {"conversations.json", bytes.Replace(page, []byte(`],"cursor"`), []byte(`,],"cursor"`), 1), "", true},
		"a comma too few":       {"conversations.json", bytes.Replace(page, []byte(`},{"_id"`), []byte(`} {"_id"`), 1), "expected a comma", false},
		"broken cursor":         {"conversations.json", bytes.Replace(page, []byte(`"cursor":null`), []byte(`"cursor":nil`), 1), "not a JSON value", true},
		"no data":               {"conversations-2.json", []byte(`{"error":"expired"}`), "it has no _id", false},
		"data is null":          {"conversations-2.json", []byte(`{"data":null,"cursor":null}`), "not a page", false},
		"empty page file":       {"conversations-2.json", nil, "not a page", false},
		"gzip cut short":        {"conversations.ndjson.gz", gzipped(t, lines)[:9000], "cut short", false},
		"gzip flipped":          {"conversations.ndjson.gz", flipped(gzipped(t, lines), len(gzipped(t, lines))-7), "checksum", true},
		"gzip with more behind": {"conversations.ndjson.gz", append(gzipped(t, lines), "more"...), "after its end", true},
		"empty gzip":            {"conversations-2.ndjson.gz", nil, "cut short", false},
		"no gzip":               {"conversations-2.ndjson.gz", append([]byte("x"), lines...), "damaged", false},
		"zstandard cut short":   {"conversations.ndjson.zst", zstandard(t, lines)[:9000], "cut short", false},
		"empty zstandard":       {"conversations-2.ndjson.zst", nil, "cut short", false},
		"another ending":        {"conversations-2.ndjson.bz2", lines, "ending", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string][]byte{broken.file: broken.body, "messages.ndjson": asLines(messages)}
			added := strings.Contains(broken.file, "-2")
			if added {
				files["conversations-1.ndjson"] = lines
			}
			x := byHand(t, files, ofAna)
			if broken.whole || added && name != "lines as a page" {
				x.wantFault(c, broken.file, broken.reason)
				return
			}
			if err := x.read(nil); err != nil {
				t.Fatal(err)
			}
			r, coverage, b := x.finish()
			if r.Status != dsr.Review || coverage.Complete || !strings.Contains(fmt.Sprint(coverage.Sources[0].Reasons), broken.reason) {
				t.Fatalf("the request is %s, reasons %v", r.Status, coverage.Sources[0].Reasons)
			}
			x.wantSubset(c, b)
		})
	}
}

// TestNothingOutsideOfADumpIsRead plants what must not be followed, opened or waited for.
func TestNothingOutsideOfADumpIsRead(t *testing.T) {
	t.Parallel()
	data := vendor.Sample()
	conversations, messages := data.Conversations(), soundMessages(data)
	c := readCorpus(t, conversations, messages)
	files := map[string][]byte{"conversations.ndjson": asLines(conversations), "messages.ndjson": asLines(messages)}
	stray := asLines([]json.RawMessage{json.RawMessage(`{"_id":"stray","metadata":{"email":"` + vendor.SampleEmail + `"}}`)})
	for name, plant := range map[string]func(dump string) error{
		"absolute link": func(dump string) error {
			return os.Symlink(filepath.Join(dump, "..", "stray"), filepath.Join(dump, "conversations-2.ndjson"))
		},
		"relative link":   func(dump string) error { return os.Symlink("../stray", filepath.Join(dump, "conversations-2.ndjson")) },
		"link to nothing": func(dump string) error { return os.Symlink("nothing", filepath.Join(dump, "conversations-2.ndjson")) },
		"link by a folder": func(dump string) error {
			return errors.Join(os.Symlink("..", filepath.Join(dump, "up")), os.Symlink("up/stray", filepath.Join(dump, "conversations-2.ndjson")))
		},
		"pipe":   func(dump string) error { return syscall.Mkfifo(filepath.Join(dump, "conversations-2.ndjson"), 0o600) },
		"folder": func(dump string) error { return os.Mkdir(filepath.Join(dump, "conversations-2.ndjson"), 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := byHand(t, files, ofAna, plant, func(dump string) error { return os.WriteFile(filepath.Join(dump, "..", "stray"), stray, 0o600) })
			x.wantFault(c, "conversations-2.ndjson: ", "")
		})
	}
	t.Run("link inside", func(t *testing.T) {
		t.Parallel()
		x := byHand(t, files, ofAna, func(dump string) error {
			return os.Symlink("conversations.ndjson", filepath.Join(dump, "conversations-2.ndjson"))
		})
		if err := x.read(nil); err != nil {
			t.Fatal(err)
		}
		r, coverage, b := x.finish()
		if r.Status != dsr.Ready || len(coverage.Sources[0].Read) != 3 {
			t.Fatalf("the request is %s, coverage %+v", r.Status, coverage)
		}
		want, _ := c.expect(t, ofAna)
		b.wantLines(t, "data/bot/conversations.ndjson", want)
	})
	for name, body := range map[string]map[string][]byte{"no conversations": {"messages.ndjson": asLines(messages)}, "no messages": {"conversations.ndjson": asLines(conversations)}, "nothing at all": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := byHand(t, body, ofAna)
			if err := x.read(nil); err != nil {
				t.Fatal(err)
			}
			if r, coverage, _ := x.finish(); r.Status != dsr.Review || coverage.Complete || !strings.Contains(coverage.Sources[0].Reasons[0].Detail, "the folder has no file") {
				t.Errorf("the request is %s, coverage %+v", r.Status, coverage)
			}
		})
	}
}

// TestRecordsLargerThanABlock: one is found, the one beyond the limit is named.
func TestRecordsLargerThanABlock(t *testing.T) {
	t.Parallel()
	data := vendor.Sample()
	conversations, messages := data.Conversations(), soundMessages(data)
	large := json.RawMessage(`{"metadata":{"transcript":"` + strings.Repeat("x", 9<<20) + `","email":"` + vendor.SampleEmail + `"},"_id":"large","startTime":1735703772,"lastActionAt":1735703773}`)
	with := insert(insert(conversations, 1, string(large)), 30, `{"_id":"next","metadata":{}}`)
	c := readCorpus(t, with, messages)
	for _, file := range []string{"conversations.ndjson", "conversations.json"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			body := asLines(with)
			if strings.HasSuffix(file, ".json") {
				body = asPage(t, with, "null", false)
			}
			files := map[string][]byte{file: body, "messages.ndjson": asLines(messages)}
			x := byHand(t, files, ofAna)
			if err := x.read(nil); err != nil {
				t.Fatal(err)
			}
			x.wantWhole(c, files, len(with), len(messages))
		})
	}
	t.Run("beyond the limit", func(t *testing.T) {
		t.Parallel()
		huge := `{"_id":"huge","metadata":{"transcript":"` + strings.Repeat("x", 17<<20) + `"}}`
		files := map[string][]byte{"conversations.ndjson": asLines(insert(conversations, 30, huge)), "messages.ndjson": asLines(messages)}
		byHand(t, files, ofAna).wantFault(readCorpus(t, conversations, messages), "conversations.ndjson, line 30: ", "16 MiB, the limit")
	})
}

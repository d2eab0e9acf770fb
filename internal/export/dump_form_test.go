package export

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
)

func inGzip(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return b.String()
}

func inZstd(t *testing.T, text string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	return string(w.EncodeAll([]byte(text), nil))
}

// readsFile reads a file as one of conversations and returns the ids that were listed and
// what was found wrong, a failure included.
func readsFile(t *testing.T, name, content string) (ids []string, wrong []dsr.Reason, anomalies int64) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	d := NewDump(dir)
	l, err := d.List()
	if err != nil || len(l.Files) != 1 {
		t.Fatalf("%v, %v", l, err)
	}
	m, err := match.Compile(nil, converseSchema.Conversation)
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Open(t.Context(), l.Files[0], Wanted{Matcher: m})
	for err == nil {
		var b Batch
		if b, err = r.Next(t.Context()); err != nil {
			break
		}
		ids, wrong = append(ids, b.Links.Listed...), append(wrong, b.Faults...)
		anomalies += b.Others.Anomalies[ruleText]
		b.Release()
		if b.End {
			r.Close()
			return ids, wrong, anomalies
		}
	}
	var failed *Error
	if !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return ids, append(wrong, dsr.Reason{Code: dsr.ReasonUnreadable, Detail: failed.Detail}), anomalies
}

// TestAFileIsReadAsItBegins, whatever it is called; and where it cannot be, the reason says
// what is wrong with it.
func TestAFileIsReadAsItBegins(t *testing.T) {
	t.Parallel()
	const c1, c2, mark = `{"_id":"c1","metadata":{"a":"b"}}`, `{"_id":"c2","metadata":{"a":"b"}}`, "\uFEFF"
	lines, list := c1+"\n"+c2+"\n", "[\n "+c1+",\n "+c2+"\n]\n"
	page := `{"data":[` + c1 + `,` + c2 + `],"cursor":null}`
	wide := "\xff\xfe{\x00\"\x00"
	long := func(record string) string {
		return record[:len(record)-1] + `,"c":"` + strings.Repeat("x", 2*headSize) + `"}`
	}
	for _, c := range []struct {
		what, name, content string
		reason              string // of what is wrong; empty: both records are read and nothing is wrong
		counted             bool
	}{
		{"marks where files were put together", "conversations.ndjson", mark + c1 + "\n" + mark + c2 + "\n", "", true},
		{"two marks", "conversations.ndjson", mark + mark + lines, "", true},
		{"two marks before a page", "conversations.json", mark + mark + page, "", true},
		{"marks in members of gzip", "conversations.ndjson.gz", inGzip(t, mark+c1+"\n") + inGzip(t, mark+c2+"\n"), "", true},
		{"gzip with padding", "conversations.ndjson.gz", inGzip(t, lines) + strings.Repeat("\x00", 9999), "", false},
		{"gzip with padding between members", "conversations.ndjson.gz", inGzip(t, c1+"\n") + "\x00\x00" + inGzip(t, c2), "", false},
		{"zero bytes behind a page", "conversations.json", page + strings.Repeat("\x00", 4096), "", false},
		{"Windows lines", "conversations.ndjson", c1 + "\r\n" + c2 + "\r\n", "", false},
		{"a list under the name of lines", "conversations.ndjson", list, "", false},
		{"a list under the name of a page", "conversations.json", list, "", false},
		{"a list in one line with a mark", "conversations.json", mark + "[" + c1 + "," + c2 + "]", "", true},
		{"a packed list", "conversations.json.gz", inGzip(t, list), "", false},
		{"lines under the name of a page", "conversations.json", lines, "", false},
		{"packed lines under the name of a page", "conversations.json.zst", inZstd(t, lines), "", false},
		{"long lines under the name of a page", "conversations.json", long(c1) + "\n" + c2, "", false},
		{"one long line under the name of a page", "conversations.json", c1[:len(c1)-1] + `,"b":[{"x":1}]}` + "\n" + long(c2), "", false},
		{"packed long lines under the name of a page", "conversations.json.gz", inGzip(t, long(c1)+"\n"+long(c2)), "", false},
		{"a page with much before its records", "conversations.json", `{"meta":{"_id":"` + strings.Repeat("x", 2*headSize) + `"},` + page[1:], "", false},
		{"a page of one long line", "conversations.json", `{"data":[` + long(c1) + `,` + c2 + `],"cursor":null}`, "", false},
		{"gzip under a plain name", "conversations.ndjson", inGzip(t, lines), "", false},
		{"zstd under a plain name", "conversations.json", inZstd(t, page), "", false},
		{"gzip called zstd", "conversations.ndjson.zst", inGzip(t, lines), "", false},
		{"lines called gzip", "conversations.ndjson.gz", lines, "", false},
		{"a page called gzip", "conversations.json.gz", page, "", false},

		{"UTF-16", "conversations.ndjson", wide, "UTF-16", false},
		{"UTF-16, packed", "conversations.json.gz", inGzip(t, wide), "UTF-16", false},
		{"an empty gzip", "conversations.ndjson.gz", "", "cut short: it is empty", false},
		{"a list that is cut", "conversations.json", "[" + c1 + "," + c2, "", false},
		{"a list with something behind it", "conversations.ndjson", list + "x", "not searched", false},
		{"an array before lines", "conversations.ndjson", `["x"]` + "\n" + lines, "line 1: not a JSON object", false},
		{"an array before lines under the name of a page", "conversations.json", "[]\r\n\r\n" + lines, "line 1: not a JSON object", false},
		{"an array amid lines", "conversations.ndjson.gz", inGzip(t, c1+"\n[1]\n"+c2), "line 2: not a JSON object", false},
		{"zero bytes amid lines", "conversations.ndjson", lines + "\x00\x00\n" + c1 + "\n", "not a JSON object", false},
		{"zero bytes behind the last line", "conversations.ndjson", lines + strings.Repeat("\x00", 4096), "line 3: ends in zero bytes", false},
		{"zero bytes behind the last line's end mark", "conversations.ndjson", c1 + "\n" + c2 + "\x00\x00", "line 2: ends in zero bytes", false},
		{"zero bytes amid a line", "conversations.ndjson", lines + c1[:9] + "\x00\x00", "line 3", false},
		{"zero bytes in packed lines", "conversations.ndjson.gz", inGzip(t, lines+"\x00\x00"), "ends in zero bytes", false},
		{"nothing but zero bytes", "conversations.ndjson", strings.Repeat("\x00", 4096), "line 1: ends in zero bytes", false},
		{"zero bytes for the rest of a page", "conversations.json", page[:40] + strings.Repeat("\x00", 4096), "conversations.json", false},
		{"zero bytes for the rest of a list", "conversations.json", "[" + c1 + ",\x00\x00", "conversations.json", false},
		{"gzip with text behind its padding", "conversations.ndjson.gz", inGzip(t, lines) + "\x00\x00more", "after its end", false},
		{"an error for a page", "conversations.json", `{"error":"too many requests"}`, "it has no _id", false},
		{"no page", "conversations.json", "{\n\"items\":[]}", `no "data" array`, false},
	} {
		ids, wrong, anomalies := readsFile(t, c.name, c.content)
		if c.reason == "" && c.what != "a list that is cut" {
			if len(wrong) > 0 || strings.Join(ids, " ") != "c1 c2" || anomalies > 0 != c.counted {
				t.Errorf("%s: read %v, wrong is %v, counted %d", c.what, ids, wrong, anomalies)
			}
			continue
		}
		if len(wrong) == 0 || !strings.Contains(wrong[0].Detail, c.reason) {
			t.Errorf("%s: read %v, wrong is %v, want %q", c.what, ids, wrong, c.reason)
		}
	}
}

// TestALongListIsReadInWindows as a page is.
func TestALongListIsReadInWindows(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("[")
	for i := range 3000 {
		if i > 0 {
			b.WriteString(",\n")
		}
		b.WriteString(`{"_id":"` + strings.Repeat("x", 1+i%7) + `","metadata":{"a":"` + strings.Repeat("y", 997) + `"}}`)
	}
	for _, name := range []string{"conversations.json", "conversations.ndjson"} {
		ids, wrong, _ := readsFile(t, name, b.String()+"]")
		if len(wrong) > 0 || len(ids) != 3000 {
			t.Errorf("%s: %d records, %d of them wrong", name, len(ids), len(wrong))
		}
	}
}

// TestWhatWasLeftAloneIsToldAsAFact, with what about it is not as of a file that is read.
func TestWhatWasLeftAloneIsToldAsAFact(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"2024/conversations.ndjson": "in a folder", "export-conversations.json": "its name begins neither", "conversations.ndjson.bz2": "its ending", "messages.jsonl": "its ending",
	} {
		l := leftovers{}
		l.file(name)
		if why := l.reasons(); len(why) != 1 || why[0].Code != dsr.ReasonFilesIgnored || !strings.HasPrefix(why[0].Detail, name) || !strings.Contains(why[0].Detail, want) {
			t.Errorf("%s: %v", name, why)
		}
	}
}

// TestTheEndOfAListNeedsNoMoreRoom than the window has.
func TestTheEndOfAListNeedsNoMoreRoom(t *testing.T) {
	t.Parallel()
	in := &DumpReader{ctx: t.Context(), text: iotest.DataErrReader(strings.NewReader(strings.Repeat(" ", 63-len(pageHead)) + "]"))}
	p := &pageText{in: in, buf: make([]byte, 64), n: len(pageHead), list: true}
	if p.fill(); len(p.buf) != 64 || cap(p.buf) != 64 || p.n > 64 {
		t.Errorf("the window has %d bytes of %d", len(p.buf), cap(p.buf))
	}
}

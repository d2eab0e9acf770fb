package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"

	"dsr-server/internal/archive"
	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/fake/vendor"
	"dsr-server/internal/report"
)

// attacks are what somebody may say to a chatbot who wants more than an answer.
var attacks = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</style><script>x</script>`, `<base href="https://x">`, `{{.T.Title}}{{template "head" .}}`,
	`<!--`, `javascript:alert(1)`, `<plaintext>`, "\u202e\u2066abc", "\u2028\u2029", "\x1b[2J\x1b]0;x\x07", "\x00", "\r\n", "\t",
	`=cmd|'/c calc'!A1`, `+1`, `-1`, `@SUM(A1)`, `'=1`, `a;"=1`, `../../x`, `..\..\x`, `/etc/passwd`, `C:\x`, `nul`, "%2e%2e%2f", strings.Repeat("A", 10_000),
}

// attack joins some of them at random, with a tail that makes it one of its kind.
func attack(r *rand.Rand, tail int) string {
	text := attacks[r.IntN(len(attacks))]
	if r.IntN(2) == 0 {
		text += attacks[r.IntN(len(attacks))]
	}
	return fmt.Sprintf("%s.%d", text, tail)
}

// hostileRecords are conversations with a message each that hold attacks wherever a
// record can hold text, some of it in no encoding at all.
func hostileRecords(t *testing.T, n int) (conversations, messages []json.RawMessage) {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 7))
	for i := range n {
		q := func() string {
			text, err := json.Marshal(attack(r, i))
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		bad := "\"bad\xff\xfe\xed\xa0\x80\""
		id := q()
		conversations = append(conversations, fmt.Appendf(nil, `{"_id":%s,"startTime":%d,"locale":%s,"tags":[%s],"metadata":{"email":"wild@example.com",%s:%s,"deep":{%s:[%s,{%s:%s}]}},%s:1}`,
			id, 1744651778+i, q(), q(), q(), q(), q(), q(), q(), bad, q()))
		messages = append(messages, fmt.Appendf(nil, `{"_id":%s,"time":%d,"type":"UserInput","userInput":%s,"userActionType":%s,"outMsg":{"steps":[{"text":%s}],"options":[{"txt":%s}],%s:%s},"conversationId":%s}`,
			q(), 1744651778+i, q(), q(), q(), q(), q(), bad, id))
	}
	return conversations, messages
}

// TestHostileContentStaysDataFromVendorToArchive: nothing executes, nothing leaves its
// place, and every record is there to the byte.
func TestHostileContentStaysDataFromVendorToArchive(t *testing.T) {
	t.Parallel()
	conversations, messages := hostileRecords(t, 60)
	data, c := mustData(t, conversations, messages)
	h := open(t, data, setup{options: vendor.Options{RateWindow: vendor.Off}})
	q := question{name: "wild", selectors: []selector{{Key: "email", Value: "wild@example.com"}}}
	b := h.wantExact(c, q, h.submit(q.body()))
	if report, err := archive.Verify(b.path, nil, export.Named); err != nil || report.Conversations != 60 || report.Messages != 60 {
		t.Errorf("verify: %v, %d conversations, %d messages", err, report.Conversations, report.Messages)
	}
	pages := 0
	for name, text := range b.entries {
		if path.Clean(name) != name || strings.Contains(name, "..") || strings.ContainsAny(name, "\\:<>\"'\x00 ") || len(name) > 150 {
			t.Errorf("an entry is called %q", name)
		}
		switch path.Ext(name) {
		case ".html":
			pages++
			h.wantHarmless(b, name, text)
		case ".csv":
			wantNoFormula(t, name, text)
		case ".txt":
			if bytes.ContainsAny(text, "\x00\x1b") {
				t.Errorf("%s has control characters", name)
			}
		}
	}
	if pages != 62 { // one a conversation, the start page, the statement
		t.Errorf("%d pages were looked at, want 62", pages)
	}
}

// wantHarmless holds when a page, parsed back, has no element or attribute that could
// run or load anything, and no link out of the archive.
func (h *harness) wantHarmless(b bundle, name string, text []byte) {
	h.t.Helper()
	root, err := html.Parse(bytes.NewReader(text))
	if err != nil {
		h.t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && slices.Contains([]string{"script", "img", "svg", "base", "iframe", "object", "embed", "form", "input", "link", "plaintext"}, n.Data) {
			h.t.Errorf("%s has an element %s", name, n.Data)
		}
		for _, a := range n.Attr {
			_, inside := b.entries[path.Join(path.Dir(name), a.Val)]
			if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "style" || a.Key == "href" && !inside && !strings.HasPrefix(a.Val, "#") {
				h.t.Errorf("%s has the attribute %s=%.80q", name, a.Key, a.Val)
			}
		}
	}
	if bytes.ContainsAny(text, "\x00\x1b\x07") {
		h.t.Errorf("%s has control characters", name)
	}
}

func wantNoFormula(t *testing.T, name string, text []byte) {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\uFEFF")))).ReadAll()
	want := 61
	if strings.HasSuffix(name, "messages.csv") {
		want = 121 // each message has two sides
	}
	if err != nil || len(rows) != want || !utf8.Valid(text) {
		t.Errorf("%s: %d rows, %v, UTF-8 is %t", name, len(rows), err, utf8.Valid(text))
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r\n\x00") {
				t.Errorf("%s has the cell %.80q", name, cell)
			}
		}
	}
}

// TestPackagingDoesNotDependOnTheOrderOfArrivalOrTheZone packages the same request from
// two stores that got the same records in other orders, its times in two zones.
func TestPackagingDoesNotDependOnTheOrderOfArrivalOrTheZone(t *testing.T) {
	t.Parallel()
	var packed [2]bytes.Buffer
	var input archive.Input
	for i, order := range []vendor.Order{vendor.ByStart, vendor.Shuffled} {
		h := build(t, vendor.Sample(), setup{earliest: "2023-12-01", pageSize: []int{100, 7}[i],
			options: vendor.Options{RateWindow: vendor.Off, Choices: vendor.Choices{Order: order}}})
		id := h.submit(ofAna.body())
		h.until(id, "ready")
		if i == 0 {
			input = h.inputOf(id)
		}
		zone := time.FixedZone("elsewhere", (14-25*i)*3600)
		input.Request.ReceivedAt, input.Request.AsOf, input.Coverage.AsOf = input.Request.ReceivedAt.In(zone), input.Request.AsOf.In(zone), input.Coverage.AsOf.In(zone)
		input.Contents = h.p.Store.Contents(id)
		if s, err := archive.Write(t.Context(), io.Writer(&packed[i]), input); err != nil || s.Messages == 0 {
			t.Fatalf("%d messages, %v", s.Messages, err)
		}
	}
	if !bytes.Equal(packed[0].Bytes(), packed[1].Bytes()) {
		t.Error("the archives differ")
	}
}

// inputOf is what a request's archive was made of, but for its records.
func (h *harness) inputOf(id string) archive.Input {
	h.t.Helper()
	snap, err := h.p.Store.Snapshot(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return archive.Input{Request: snap.Request, Coverage: report.Coverage(snap, h.p.Fulfil.Reported()), Software: "dsr-server", Signer: h.p.Signer, Speech: func(t string, d *dsr.Declared) archive.Speech { return export.SpeechOf(t, d) }}
}

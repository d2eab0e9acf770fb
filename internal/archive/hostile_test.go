package archive_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"dsr-server/internal/archive"
	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/sign"
)

// payloads are what somebody may say to a chatbot who wants more than an answer.
var payloads = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `</style><script>x</script>`, `</title><base href="https://x">`,
	`{{.T.Title}}{{template "head" .}}`, `<!--`, `]]>`, `<svg/onload=alert(1)>`, `javascript:alert(1)`, `</p></li></ol></body>`, `<plaintext>`,
	"\u202e\u2066abc", "\u2028\u2029", "\x1b[2J\x1b]0;x\x07", "\x00", "\x9b2J", "\ufeff", "a\r\nb\n\nc",
	`=cmd|'/c calc'!A1`, `+1`, `-1`, `@SUM(A1)`, "\t=1", `'=1`, `a;"=1`, `../../x`, `..\..\x`, `/etc/passwd`, `C:\x`, `nul`, `-rf`,
	"\xff\xfe", "\xed\xa0\x80", strings.Repeat("A", 10_000), strings.Repeat("ü", 3_000), "Ignore all previous instructions",
}

// words fill a record's places: hostile ones, or tame ones of the same number.
type words func() string

func hostile(t *rapid.T) words {
	pick := rapid.SampledFrom(payloads)
	return func() string { return pick.Draw(t, "payload") + rapid.StringN(0, 5, -1).Draw(t, "tail") + "." }
}

func tame() words {
	n := 0
	return func() string { n++; return fmt.Sprintf("w%d", n) }
}

// quote is JSON of s with its invalid UTF-8 as it is.
func quote(s string) string {
	var b strings.Builder
	for i, part := range strings.SplitAfter(s, "\xff") {
		valid := strings.TrimSuffix(part, "\xff")
		q, _ := json.Marshal(valid)
		b.Write(q[1 : len(q)-1])
		if valid != part {
			b.WriteByte(0xff)
		}
		_ = i
	}
	return `"` + b.String() + `"`
}

// wild is an input whose every free place is filled from w.
func wild(s *sign.Signer, w words) archive.Input {
	in := archive.Input{Request: request("bot"), Coverage: complete("bot"), Software: "dsr-server " + w(), Signer: s, Speech: speech}
	in.Request.Selectors = []dsr.Selector{{ConversationID: w()}, {Metadata: &dsr.Metadata{Key: w(), Value: w(), Match: dsr.Exact}}}
	in.Request.Reference = w()
	in.Coverage = incomplete(in.Coverage, "bot")
	in.Coverage.Sources[0].Reasons[0].Detail = w()
	in.Coverage.Sources[0].Assumes[0] = dsr.Assume("", w())
	f := newFound()
	id := "id" + w()
	conversation := fmt.Sprintf(`{"_id":%s,"startTime":1735703772,"locale":%s,"tags":[%s],"metadata":{%s:%s,"deep":{%s:[%s,{%s:null}]}},%s:1}`,
		quote(id), quote(w()), quote(w()), quote(w()), quote(w()), quote(w()), quote(w()), quote(w()), quote(w()))
	f.conversations["bot"] = []dsr.Record{{Source: "bot", ID: id, ConversationID: id, Start: at(1, 1, 0, 0), Raw: json.RawMessage(conversation), Why: []dsr.Why{{Selector: 1, Path: w()}}}}
	for i, raw := range []string{
		fmt.Sprintf(`{"type":"UserInput","userInput":%s,"userActionType":%s}`, quote(w()), quote("x"+w())),
		fmt.Sprintf(`{"type":"UserInput","userInput":{%s:%s,%s:{%s:[%s]}}}`, quote(w()), quote(w()), quote(w()), quote(w()), quote(w())),
		fmt.Sprintf(`{"type":%s,"outMsg":{"steps":[{"text":%s},{%s:%s}],"options":[{"txt":%s}],%s:1}}`, quote(w()), quote(w()), quote(w()), quote(w()), quote(w()), quote(w())),
		fmt.Sprintf(`{"type":%s,%s:%s,"time":%s}`, quote(w()), quote(w()), quote(w()), quote(w())),
	} {
		f.add(dsr.Record{Source: "bot", ID: fmt.Sprintf("m%d", i), ConversationID: id, Raw: json.RawMessage(raw)})
	}
	in.Contents = f
	return in
}

func TestHostileRecordsStayData(t *testing.T) {
	t.Parallel()
	key := signer(t)
	_, plain := unpack(t, write(t, wild(key, tame())))
	rapid.Check(t, func(rt *rapid.T) {
		in := wild(key, hostile(rt))
		b := write(t, in)
		if report, err := archive.Verify(save(t, b), nil, export.Named); err != nil {
			rt.Fatalf("verify: %v, %v", err, report)
		}
		names, content := unpack(t, b)
		for _, name := range names {
			if path.Clean(name) != name || strings.Contains(name, "..") || strings.ContainsAny(name, "\\:<>\"'\x00 ") || len(name) > 150 {
				rt.Fatalf("an entry is called %q", name)
			}
			if strings.HasSuffix(name, ".html") {
				checkPage(rt, names, name, tree(t, content[name]))
			}
			if strings.HasSuffix(name, ".csv") {
				checkTable(rt, name, content[name], content[strings.TrimSuffix(name, "csv")+"ndjson"])
			}
		}
		same(rt, "README.txt", strings.Count(string(plain["README.txt"]), "\n"), strings.Count(string(content["README.txt"]), "\n"))
		same(rt, "index.html", skeleton(tree(t, plain["index.html"])), skeleton(tree(t, content["index.html"])))
		same(rt, "transcript", skeleton(tree(t, transcript(plain))), skeleton(tree(t, transcript(content))))
		if bytes.ContainsAny(content["README.txt"], "\x00\x1b") || bytes.ContainsAny(transcript(content), "\x00\x1b\x07") {
			rt.Fatal("control characters are shown")
		}
	})
}

func transcript(content map[string][]byte) []byte {
	for name, text := range content {
		if strings.HasPrefix(name, "conversations/") {
			return text
		}
	}
	return nil
}

func same(t *rapid.T, what string, want, got any) {
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s has another shape than with tame words: %s", what, diff)
	}
}

// skeleton is a page without its words: what is nested in what.
func skeleton(root *html.Node) []string {
	var out []string
	for _, n := range elements(root) {
		depth := 0
		for range n.Ancestors() {
			depth++
		}
		line := fmt.Sprint(depth, n.Data)
		for _, a := range n.Attr {
			line += " " + a.Key
		}
		out = append(out, line)
	}
	return out
}

var allowedElements = strings.Fields("html head meta title style body header footer main nav section h1 h2 h3 p a b strong span bdi br wbr time code " +
	"ul ol li dl div dt dd table caption thead tbody tr th td details summary img figure figcaption")

// checkPage fails when a page could run, load or reach anything.
func checkPage(t *rapid.T, names []string, name string, root *html.Node) {
	policy, style := "", ""
	var ids []string
	for _, n := range elements(root) {
		ids = append(ids, attr(n, "id"))
	}
	for _, n := range elements(root) {
		if !slices.Contains(allowedElements, n.Data) {
			t.Fatalf("%s has an element %s", name, n.Data)
		}
		if n.Data == "style" {
			style = n.FirstChild.Data
		}
		if attr(n, "http-equiv") != "" {
			policy = attr(n, "content")
		}
		for _, a := range n.Attr {
			checkAttribute(t, names, ids, name, a)
		}
	}
	sum := sha256.Sum256([]byte(style))
	if want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src 'self'; base-uri 'none'; form-action 'none'"; policy != want {
		t.Fatalf("%s: policy %q, want %q", name, policy, want)
	}
	if strings.Contains(style, "url(") || strings.Contains(style, "@import") {
		t.Fatalf("%s: the style loads something", name)
	}
}

func checkAttribute(t *rapid.T, names, ids []string, name string, a html.Attribute) {
	switch {
	case a.Key == "src" && strings.HasPrefix(a.Val, "../../files/") && slices.Contains(names, path.Join(path.Dir(name), a.Val)):
	case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "src", a.Key == "srcset", a.Key == "action":
		t.Fatalf("%s has an attribute %s", name, a.Key)
	case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
		if !slices.Contains(ids, a.Val[1:]) {
			t.Fatalf("%s links to %q, which is nowhere on it", name, a.Val)
		}
	case a.Key == "href" && !slices.Contains(names, path.Join(path.Dir(name), a.Val)):
		t.Fatalf("%s links to %q", name, a.Val)
	}
}

// checkTable fails when a spreadsheet would read more cells than there are, or a formula,
// or when the last column is not the record, read back as README.txt says.
func checkTable(t *rapid.T, name string, text, records []byte) {
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\uFEFF")))).ReadAll()
	if err != nil || !utf8.Valid(text) {
		t.Fatalf("%s: %v, UTF-8 is %t", name, err, utf8.Valid(text))
	}
	for i, record := range bytes.Split(bytes.TrimSuffix(records, []byte("\n")), []byte("\n")) {
		got := strings.TrimPrefix(rows[i+1][len(rows[0])-1], "'")
		if want := strings.ToValidUTF8(string(record), "\uFFFD"); got != want {
			t.Fatalf("%s: row %d holds %q, the record is %q", name, i+1, got, want)
		}
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r\n\x00") {
				t.Fatalf("%s has the cell %q", name, cell)
			}
		}
	}
	if want := map[string]int{"conversations.csv": 2, "messages.csv": 5}[path.Base(name)]; len(rows) != want {
		t.Fatalf("%s has %d rows, want %d", name, len(rows), want)
	}
}

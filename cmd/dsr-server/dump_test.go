package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"dsr-server/internal/fake/vendor"
)

// dumpHouse boots the program with one source, bot, that is the folder dump in it.
func dumpHouse(t testing.TB, files map[string][]byte, keys string) *harness {
	t.Helper()
	h := prepareDump(t, files, keys)
	h.start(setup{})
	return h
}

// prepareDump is dumpHouse before anything is started.
func prepareDump(t testing.TB, files map[string][]byte, keys string) *harness {
	t.Helper()
	h := &harness{t: t, dir: t.TempDir(), log: &logBuffer{}}
	h.putFiles(files)
	h.write("token", testToken)
	h.write("dsr.yaml", fmt.Sprintf(`
listen: 127.0.0.1:0
data_dir: ./data
sources:
  - {name: bot, type: dump, path: ./dump%s}
bootstrap: {tokens: [{name: ci, role: admin, token_file: ./token}]}
`, keys))
	return h
}

func (h *harness) putFiles(files map[string][]byte) {
	h.t.Helper()
	if err := os.MkdirAll(filepath.Join(h.dir, "dump"), 0o700); err != nil {
		h.t.Fatal(err)
	}
	for name, body := range files {
		h.write(filepath.Join("dump", name), string(body))
	}
}

// soundMessages are the messages whose conversation is listed: a dump with others
// contradicts itself.
func soundMessages(data *vendor.Data) (messages []json.RawMessage) {
	listed := map[string]bool{}
	for _, c := range data.Conversations() {
		listed[field(c, "_id")] = true
	}
	for _, m := range data.Messages() {
		if listed[field(m, "conversationId")] {
			messages = append(messages, m)
		}
	}
	return messages
}

// field is a string in a record that may hold anything else; empty if it is none.
func field(record json.RawMessage, name string) (value string) {
	fields := map[string]json.RawMessage{}
	_ = json.Unmarshal(record, &fields)
	_ = json.Unmarshal(fields[name], &value)
	return value
}

func asLines(records []json.RawMessage) []byte {
	var b bytes.Buffer
	for _, r := range records {
		b.Write(bytes.TrimSpace(r))
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// asPage is a page as the vendor sends it; pretty puts white space between all tokens.
func asPage(t testing.TB, records []json.RawMessage, cursor string, pretty bool) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString(`{"data":[`)
	for i, r := range records {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(r)
	}
	b.WriteString(`],"cursor":` + cursor + `}`)
	if !pretty {
		return b.Bytes()
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b.Bytes(), "", "\t"); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func gzipped(t testing.TB, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstandard(t testing.TB, body []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return z.EncodeAll(body, nil)
}

// dumpForms are the forms in which the records of one dump may lie in its folder.
func dumpForms(t testing.TB, conversations, messages []json.RawMessage) map[string]map[string][]byte {
	t.Helper()
	c, m := asLines(conversations), asLines(messages)
	half, third := len(conversations)/2, len(messages)/3
	forms := map[string]map[string][]byte{
		"lines":           {"conversations.ndjson": c, "messages.ndjson": m, "README.md": []byte("about this export")},
		"lines gzip":      {"conversations.ndjson.gz": gzipped(t, c), "messages.ndjson.gz": gzipped(t, m)},
		"lines zstandard": {"conversations.ndjson.zst": zstandard(t, c), "messages.ndjson.zst": zstandard(t, m)},
		"one page each":   {"conversations.json": asPage(t, conversations, "null", true), "messages.json": asPage(t, messages, `""`, false)},
		"many pages":      {},
		"mixed": {
			"conversations-1.json.zst":   zstandard(t, asPage(t, conversations[:half], "null", false)),
			"conversations-2.ndjson":     bytes.TrimSpace(asLines(conversations[half:])), // no line end at its end
			"conversations-again.ndjson": asLines(conversations[:half/2]),
			"messages.2025.01.ndjson.gz": gzipped(t, asLines(messages[:third])),
			"messages.2025.02.json.gz":   gzipped(t, asPage(t, messages[third:2*third], "null", true)),
			"messages.2025.03.ndjson":    bytes.ReplaceAll(asLines(messages[2*third:]), []byte("\n"), []byte("\r\n\r\n")),
		},
	}
	for kind, records := range map[string][]json.RawMessage{"conversations": conversations, "messages": messages} {
		pages := slices.Collect(slices.Chunk(records, 50))
		for i, part := range pages {
			cursor := `"next"`
			if i == len(pages)-1 {
				cursor = "null"
			}
			forms["many pages"][fmt.Sprintf("%s-%04d.json", kind, i)] = asPage(t, part, cursor, i%2 == 0)
		}
	}
	return forms
}

func TestEveryRecordOfADump(t *testing.T) {
	t.Parallel()
	data := vendor.Sample()
	conversations, messages := data.Conversations(), soundMessages(data)
	c := readCorpus(t, conversations, messages)
	for name, files := range dumpForms(t, conversations, messages) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := dumpHouse(t, files, "")
			found, collected := h.answerAll(c, questions(c))
			if found < 5 || collected < 30 {
				t.Errorf("compared only %d conversations and %d messages", found, collected)
			}
		})
	}
}

func TestEveryRecordOfADumpOfRealDialogues(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "..", "shared", "data")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the real dialogues are not beside the project")
	}
	c := readCorpus(t, readGzip(t, filepath.Join(dir, "conversations.ndjson.gz")), readGzip(t, filepath.Join(dir, "messages.ndjson.gz")))
	files := map[string][]byte{}
	for _, name := range []string{"conversations.ndjson.gz", "messages.ndjson.gz", "README.md"} {
		body, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = body
	}
	h := dumpHouse(t, files, "")
	found, collected := h.answerAll(c, questions(c))
	t.Logf("compared %d conversations and %d messages with the reference, of %d and %d", found, collected, len(c.conversations), c.messageCount)
}

func TestADumpsCoverageNamesEachFile(t *testing.T) {
	t.Parallel()
	data := vendor.Sample()
	files := dumpForms(t, data.Conversations(), soundMessages(data))["mixed"]
	h := dumpHouse(t, files, ", earliest: 2023-01-01")
	id := h.submit(ofAna.body())
	h.until(id, "ready")
	var got struct {
		Sources []struct {
			Asked struct{ Start string }
			Read  []struct {
				File, SHA256 string
				Size         int
				Records      int
			}
		}
	}
	if err := json.Unmarshal(h.download(id).entries["coverage.json"], &got); err != nil {
		t.Fatal(err)
	}
	read := got.Sources[0].Read
	if len(read) != len(files) || got.Sources[0].Asked.Start != "2023-01-01T00:00:00Z" {
		t.Errorf("%d files are named, want %d; asked from %s", len(read), len(files), got.Sources[0].Asked.Start)
	}
	for _, f := range read {
		body := files[f.File]
		if f.Size != len(body) || f.SHA256 != sha256Hex(body) || f.Records == 0 {
			t.Errorf("%s: size %d and SHA-256 %s are not the file's", f.File, f.Size, f.SHA256)
		}
	}
}

// TestOnePassForAllRequests: whoever waits when a file is begun has it read for him.
func TestOnePassForAllRequests(t *testing.T) {
	t.Parallel()
	c := sampleCorpus(t)
	data := vendor.Sample()
	h := dumpHouse(t, dumpForms(t, data.Conversations(), soundMessages(data))["lines"], "")
	var ids []string
	qs := questions(c)
	for _, q := range qs {
		ids = append(ids, h.submit(q.body()))
	}
	for _, id := range ids {
		if r := h.until(id, "ready", "review"); r["complete"] != true { // a warning may hold it
			t.Errorf("a search of the dump is incomplete: %v", r["error"])
		}
	}
	read := strings.Count(h.log.String(), `"msg":"file read"`)
	if read == 0 || read >= len(qs) {
		t.Errorf("files were read %d times for %d requests", read, len(qs))
	}
	t.Logf("%d requests, %d files read", len(qs), read)
}

func sha256Hex(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// TestRetryReadsWhatWasBroken: a retry of an incomplete search reads the file that was
// mended, and nothing that had been read whole.
func TestRetryReadsWhatWasBroken(t *testing.T) {
	t.Parallel()
	c := sampleCorpus(t)
	data := vendor.Sample()
	conversations, half := data.Conversations(), len(data.Conversations())/2
	mended := asLines(conversations[half:])
	h := dumpHouse(t, map[string][]byte{
		"conversations-1.ndjson": asLines(conversations[:half]), "conversations-2.ndjson": mended[:len(mended)/2], "messages.ndjson": asLines(soundMessages(data)),
	}, "")
	id := h.submit(ofAna.body())
	h.until(id, "review")
	h.putFiles(map[string][]byte{"conversations-2.ndjson": mended})
	if a := h.call("POST", "/api/v1/requests/"+id+"/retry", "{}"); a.status != 200 {
		t.Fatalf("retry: %d %s", a.status, a.raw)
	}
	h.wantExact(c, ofAna, id)
	if n := strings.Count(h.log.String(), `"file":"conversations-1.ndjson"`); n != 1 {
		t.Errorf("the file that had been read whole was read %d times", n)
	}
	if n := len(h.coverage(id).Sources[0].Read); n != 3 {
		t.Errorf("the coverage names %d files, want 3", n)
	}
	if a := h.call("DELETE", "/api/v1/requests/"+id, ""); a.status != 204 {
		t.Fatalf("purge: %d %s", a.status, a.raw)
	}
	if n := h.number(`SELECT (SELECT count(*) FROM units) + (SELECT count(*) FROM unit_requests)`); n != 0 {
		t.Errorf("%d rows of the dump are left after the purge", n)
	}
}

// TestADumpBesideALiveSource: one request over both, with the live source's own rules.
func TestADumpBesideALiveSource(t *testing.T) {
	t.Parallel()
	h := extractHouse(t, vendor.Options{RateWindow: vendor.Off})
	h.start(setup{})
	id := h.submit(`{"selectors":[{"conversation_id":"` + sampleCorpus(t).conversations[3].id + `"}]}`)
	h.until(id, "ready")
	b, c := h.download(id), sampleCorpus(t)
	conversations, messages := c.expect(t, question{selectors: []selector{{ID: c.conversations[3].id}}})
	for _, source := range []string{"bot", "old"} {
		b.wantLines(t, "data/"+source+"/conversations.ndjson", conversations)
		b.wantLines(t, "data/"+source+"/messages.ndjson", messages)
	}
}

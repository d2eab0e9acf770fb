package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dsr-server/internal/dsr"
)

// An input is a small dump as people met it, with what has to come of it. All inputs
// with the same question are sources of one run of the program.
type input struct {
	name  string            // also of the source
	files map[string]string // of the dump's folder
	ask   string            // arguments of extract, one a line; empty: anasAddress
	extra string            // further settings of the source

	// conversations and messages are how many of the person's records there are, all of
	// which have to be in the archive of a complete search; anyNumber is not looked at.
	conversations, messages int
	reason                  string   // a code that has to be among the reasons; empty: complete
	anomaly                 string   // a rule that has to be counted
	pages                   []string // text that has to be in a transcript
	notPages                []string // text that must not be in one
	assumes                 string   // text that has to be in an assumption
	screen                  string   // text that has to be on the screen
}

const (
	anyNumber   = -1
	anasAddress = "--metadata\nemail=ana@example.com"
)

// reported is what one run said of one source.
type reported struct {
	coverage                dsr.SourceCoverage
	conversations, messages []string
	pages                   string // of all transcripts
	screen                  string
}

// answersTo runs extract once for each question and returns what it said of each input.
func answersTo(t *testing.T, inputs []input) map[string]reported {
	t.Helper()
	asked := map[string][]input{}
	for _, in := range inputs {
		ask := cmp.Or(in.ask, anasAddress)
		asked[ask] = append(asked[ask], in)
	}
	out := map[string]reported{}
	for _, ask := range slices.Sorted(maps.Keys(asked)) {
		maps.Copy(out, extractedFrom(t, strings.Split(ask, "\n"), asked[ask]))
	}
	return out
}

func extractedFrom(t *testing.T, args []string, inputs []input) map[string]reported {
	t.Helper()
	dir := t.TempDir()
	config := "sources:\n"
	for _, in := range inputs {
		config += fmt.Sprintf("  - {name: %s, type: dump, path: ./%s%s}\n", in.name, in.name, in.extra)
		for name, text := range in.files {
			put(t, filepath.Join(dir, in.name, name), text)
		}
	}
	put(t, filepath.Join(dir, "dsr.yaml"), config)
	screen := runsExtract(t, dir, args...)
	return reports(t, filepath.Join(dir, "A.zip"), screen)
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// runsExtract runs the real program in a process of its own and returns what it printed.
// It ends 0 or 3, for there is an archive either way.
func runsExtract(t *testing.T, dir string, args ...string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args = append([]string{"extract", "--config", "dsr.yaml", "--force", "--out", "A.zip"}, args...)
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Dir, cmd.Env = dir, []string{asProgram + "=1", "TMPDIR=" + t.TempDir()}
	printed, err := cmd.CombinedOutput()
	if ended, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || ended.ExitCode() != 3) {
		t.Fatalf("extract %q: %v\n%s", args, err, printed)
	}
	return string(printed)
}

// reports reads an archive by source.
func reports(t *testing.T, path, screen string) map[string]reported {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	content := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if content[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	var c dsr.Coverage
	if err := json.Unmarshal(content["coverage.json"], &c); err != nil {
		t.Fatal(err)
	}
	out := map[string]reported{}
	for _, s := range c.Sources {
		v := reported{coverage: s, screen: screen}
		v.conversations = linesOf(content["data/"+s.Name+"/conversations.ndjson"])
		v.messages = linesOf(content["data/"+s.Name+"/messages.ndjson"])
		for _, name := range slices.Sorted(maps.Keys(content)) {
			if strings.HasPrefix(name, "conversations/"+s.Name+"/") {
				v.pages += string(content[name])
			}
		}
		out[s.Name] = v
	}
	return out
}

func linesOf(text []byte) (lines []string) {
	for line := range bytes.Lines(text) {
		lines = append(lines, string(bytes.TrimSpace(line)))
	}
	return lines
}

// wantReports compares what was said with what has to be said.
func wantReports(t *testing.T, inputs []input) {
	t.Helper()
	got := answersTo(t, inputs)
	for _, in := range inputs {
		t.Run(in.name, func(t *testing.T) {
			v, is := got[in.name]
			if !is {
				t.Fatal("the archive says nothing of this source")
			}
			in.compare(t, v)
		})
	}
}

func (in input) compare(t *testing.T, v reported) {
	t.Helper()
	in.compareReasons(t, v)
	if in.conversations != anyNumber && len(v.conversations) != in.conversations {
		t.Errorf("%d conversations are in the archive, want %d", len(v.conversations), in.conversations)
	}
	if in.messages != anyNumber && len(v.messages) != in.messages {
		t.Errorf("%d messages are in the archive, want %d", len(v.messages), in.messages)
	}
	if in.anomaly != "" && !slices.ContainsFunc(v.coverage.Anomalies, func(a dsr.Anomaly) bool { return a.Rule == in.anomaly && a.Count > 0 }) {
		t.Errorf("%s is not counted: %v", in.anomaly, v.coverage.Anomalies)
	}
	for _, text := range in.pages {
		if !strings.Contains(v.pages, text) {
			t.Errorf("no transcript says %q", text)
		}
	}
	for _, text := range in.notPages {
		if strings.Contains(v.pages, text) {
			t.Errorf("a transcript says %q", text)
		}
	}
	if assumed := fmt.Sprint(v.coverage.Assumes); !strings.Contains(assumed, in.assumes) {
		t.Errorf("no assumption says %q: %s", in.assumes, assumed)
	}
	if !strings.Contains(v.screen, in.screen) {
		t.Errorf("the screen does not say %q:\n%s", in.screen, v.screen)
	}
}

func (in input) compareReasons(t *testing.T, v reported) {
	t.Helper()
	if in.reason == "" {
		if !v.coverage.Complete {
			t.Errorf("incomplete: %v", v.coverage.Reasons)
		}
		return
	}
	if v.coverage.Complete || !slices.ContainsFunc(v.coverage.Reasons, func(r dsr.Reason) bool { return r.Code == in.reason && r.Detail != "" }) {
		t.Errorf("complete %t with %v, want the reason %s", v.coverage.Complete, v.coverage.Reasons, in.reason)
	}
}

// talk is a conversation of Ana's: fields replace or, when they are null, take away those
// that it has.
func talk(id string, fields ...string) string {
	return object(append([]string{`"_id":` + quoted(id), `"startTime":1744750665`, `"metadata":{"email":"ana@example.com"}`,
		`"lastActionAt":"2025-04-15T20:58:15.384884"`}, fields...))
}

// spoke is a message of the user in a conversation.
func spoke(id, conversation string, fields ...string) string {
	return object(append([]string{`"_id":` + quoted(id), `"time":1744750670`, `"type":"UserInput"`, `"userInput":"hello"`,
		`"conversationId":` + quoted(conversation)}, fields...))
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// object joins "name":value pairs; of pairs with one name the last counts, and -"name"
// takes it away.
func object(pairs []string) string {
	var names []string
	values := map[string]string{}
	for _, pair := range pairs {
		if name, away := strings.CutPrefix(pair, "-"); away {
			delete(values, name)
			continue
		}
		name, value, _ := strings.Cut(pair, ":")
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		values[name] = value
	}
	var b strings.Builder
	for _, name := range names {
		if value, has := values[name]; has {
			fmt.Fprintf(&b, ",%s:%s", name, value)
		}
	}
	return "{" + strings.TrimPrefix(b.String(), ",") + "}"
}

// dump is a folder with one file of lines of each kind.
func dump(conversations, messages []string) map[string]string {
	return map[string]string{"conversations.ndjson": ndjson(conversations...), "messages.ndjson": ndjson(messages...)}
}

func ndjson(records ...string) string {
	if len(records) == 0 {
		return ""
	}
	return strings.Join(records, "\n") + "\n"
}

// vendorPage is a page as the vendor sends it.
func vendorPage(cursor string, records ...string) string {
	return `{"data":[` + strings.Join(records, ",") + `],"cursor":` + cursor + `}`
}

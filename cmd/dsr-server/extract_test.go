package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"dsr-server/internal/app"
	"dsr-server/internal/archive"
	"dsr-server/internal/config"
	"dsr-server/internal/export"
	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
	"dsr-server/internal/jobs"
	"dsr-server/internal/sign"
	"dsr-server/internal/store"
)

// extractHouse has a live source, bot, and a dump, old, with the same data.
func extractHouse(t *testing.T, options vendor.Options) *harness {
	t.Helper()
	h := &harness{t: t, dir: t.TempDir(), log: &logBuffer{}}
	data := vendor.Sample()
	options.Keys = []string{testKey, otherKey}
	h.vendor = chaos.New(data, options)
	server := httptest.NewServer(h.vendor)
	t.Cleanup(server.Close)
	h.configure(server.URL, setup{earliest: "2023-12-01", source: "}\n  - {name: old, type: dump, path: ./dump"})
	h.putFiles(dumpForms(t, data.Conversations(), soundMessages(data))["mixed"])
	return h
}

// ran is how a command ended.
type ran struct {
	status         int
	stdout, stderr string
}

// command prepares a run of the real program in the folder of the harness.
func (h *harness) command(args ...string) *exec.Cmd {
	h.t.Helper()
	self, err := os.Executable()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := os.MkdirAll(h.scratch(), 0o700); err != nil {
		h.t.Fatal(err)
	}
	cmd := exec.CommandContext(h.t.Context(), self, args...)
	cmd.Dir = h.dir
	cmd.Env = []string{asProgram + "=1", "TMPDIR=" + h.scratch()}
	return cmd
}

func (h *harness) runs(args ...string) (r ran) {
	h.t.Helper()
	cmd := h.command(args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		r.status = e.ExitCode()
	} else if err != nil {
		h.t.Fatal(err)
	}
	r.stdout, r.stderr = stdout.String(), stderr.String()
	return r
}

// unpacked reads and verifies an archive that a command wrote.
func (h *harness) unpacked(name string) bundle {
	h.t.Helper()
	path := filepath.Join(h.dir, name)
	raw, err := os.ReadFile(path)
	if err != nil {
		h.t.Fatal(err)
	}
	signer, err := sign.LoadOrCreate(filepath.Join(h.dir, "data", "signing.key"))
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := archive.Verify(path, []byte(signer.AllowedSigner()), export.Named); err != nil {
		h.t.Errorf("verify: %v", err)
	}
	return bundle{path: path, raw: raw, entries: unzip(h.t, raw)}
}

// wantNoTrace holds when a command has left no temporary file, lease or hidden file.
func (h *harness) wantNoTrace() {
	h.t.Helper()
	if stray, err := os.ReadDir(h.scratch()); err != nil || len(stray) > 0 {
		h.t.Errorf("left in the temporary folder: %v, %v", stray, err)
	}
	if hidden, _ := filepath.Glob(filepath.Join(h.dir, ".*")); len(hidden) > 0 {
		h.t.Errorf("left beside the archive: %v", hidden)
	}
	if n := h.number(`SELECT count(*) FROM jobs WHERE state = 'running'`); n != 0 {
		h.t.Errorf("%d leases are still held", n)
	}
	if n := h.number(`SELECT count(*) FROM requests`); n != 0 {
		h.t.Errorf("%d requests are in the configured database", n)
	}
}

func TestExtractFindsEveryRecordOfLiveSourcesAndDumps(t *testing.T) {
	t.Parallel()
	h := extractHouse(t, vendor.Options{RateWindow: vendor.Off})
	c := sampleCorpus(t)
	r := h.runs("extract", "--config", "dsr.yaml", "--metadata", "*="+vendor.SampleEmail, "--metadata", "locale=de_de", "--out", "F.zip")
	// The second selector is about many people, so that somebody has to look first.
	if r.status != 3 || !strings.Contains(r.stdout, "the search is complete") || !strings.Contains(r.stdout, "WARNING: several_identities") {
		t.Fatalf("status %d\n%s%s", r.status, r.stdout, r.stderr)
	}
	b := h.unpacked("F.zip")
	conversations, messages := c.expect(t, question{selectors: []selector{{Key: "*", Value: vendor.SampleEmail}, {Key: "locale", Value: "de_de"}}})
	for _, source := range []string{"bot", "old"} {
		b.wantLines(t, "data/"+source+"/conversations.ndjson", conversations)
		b.wantLines(t, "data/"+source+"/messages.ndjson", messages)
	}
	if v := h.runs("verify", "F.zip"); v.status != 0 {
		t.Errorf("verify: status %d\n%s%s", v.status, v.stdout, v.stderr)
	}
	h.wantNoTrace()
	if bad := h.vendor.Violations(); len(bad) > 0 {
		t.Errorf("the vendor complains: %v", bad)
	}
}

func TestExtractHoldsAResultThatMayNotBeOnePersons(t *testing.T) {
	t.Parallel()
	h := &harness{t: t, dir: t.TempDir(), log: &logBuffer{}}
	data := vendor.Sample()
	h.configure("http://127.0.0.1:1", setup{earliest: "2023-12-01", source: "}\n  - {name: old, type: dump, path: ./dump", top: "limits: {many_matches: 5}"})
	h.putFiles(dumpForms(t, data.Conversations(), soundMessages(data))["mixed"])
	r := h.runs("extract", "--config", "dsr.yaml", "--source", "old", "--metadata", "*="+vendor.SampleEmail, "--out", "F.zip")
	for _, words := range []string{"WARNING: many_matches: ", "the search is complete", "look at the result before you hand it out"} {
		if r.status != 3 || !strings.Contains(r.stdout, words) {
			t.Errorf("status %d, want 3 and %q in:\n%s%s", r.status, words, r.stdout, r.stderr)
		}
	}
	h.unpacked("F.zip")
}

func TestExtractTakesWhatItsFlagsSay(t *testing.T) {
	t.Parallel()
	h := extractHouse(t, vendor.Options{RateWindow: vendor.Off})
	c := sampleCorpus(t)
	id := c.conversations[3].id
	for name, test := range map[string]struct {
		flags []string
		q     question
	}{
		"ids":     {[]string{"--conversation-id", id, "--conversation-id", c.conversations[9].id}, question{selectors: []selector{{ID: id}, {ID: c.conversations[9].id}}}},
		"exact":   {[]string{"--metadata", "email=" + vendor.SampleEmail, "--match", "exact"}, question{selectors: []selector{{Key: "email", Value: vendor.SampleEmail, Mode: "exact"}}}},
		"window":  {[]string{"--metadata", "locale=en_us", "--start", "2025-02-10T12:00:00Z", "--end", "2025-02-20"}, question{selectors: []selector{{Key: "locale", Value: "en_us"}}, start: "2025-02-10T12:00:00Z", end: "2025-02-20T00:00:00Z"}},
		"equals":  {[]string{"--metadata", "k=a=b"}, question{selectors: []selector{{Key: "k", Value: "a=b"}}}},
		"a comma": {[]string{"--metadata", "locale=en_us,de_de"}, question{selectors: []selector{{Key: "locale", Value: "en_us,de_de"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := strings.ReplaceAll(name, " ", "-") + ".zip"
			r := h.runs(append([]string{"extract", "--config", "dsr.yaml", "--source", "old", "--out", out}, test.flags...)...)
			if r.status != 0 {
				t.Fatalf("status %d\n%s%s", r.status, r.stdout, r.stderr)
			}
			b := h.unpacked(out)
			conversations, messages := c.expect(t, test.q)
			b.wantLines(t, "data/old/conversations.ndjson", conversations)
			b.wantLines(t, "data/old/messages.ndjson", messages)
			if _, live := b.entries["data/bot/conversations.ndjson"]; live {
				t.Error("a source was searched that was not asked for")
			}
		})
	}
	if n := h.vendor.Count(""); n != 0 {
		t.Errorf("the vendor was called %d times", n)
	}
}

func TestExtractSaysIncompleteAndError(t *testing.T) {
	t.Parallel()
	h := extractHouse(t, vendor.Options{RateWindow: vendor.Off})
	h.write("dump/conversations-broken.ndjson", "{\n")
	r := h.runs("extract", "--config", "dsr.yaml", "--source", "old", "--metadata", "email="+vendor.SampleEmail, "--out", "F.zip")
	if r.status != 3 || !strings.Contains(r.stdout, "conversations-broken.ndjson, line 1") {
		t.Errorf("status %d, want 3\n%s%s", r.status, r.stdout, r.stderr)
	}
	var m struct{ Complete bool }
	if err := json.Unmarshal(h.unpacked("F.zip").entries["coverage.json"], &m); err != nil || m.Complete {
		t.Errorf("coverage.json says complete %v, %v", m.Complete, err)
	}
	for name, flags := range map[string][]string{
		"no selector":    {"--out", "E.zip"},
		"no out":         {"--metadata", "a=b"},
		"no equals sign": {"--metadata", "a", "--out", "E.zip"},
		"no such source": {"--source", "x", "--metadata", "a=b", "--out", "E.zip"},
		"no such mode":   {"--match", "x", "--metadata", "a=b", "--out", "E.zip"},
		"no time":        {"--start", "yesterday", "--metadata", "a=b", "--out", "E.zip"},
		"no such folder": {"--metadata", "a=b", "--out", "nowhere/E.zip"},
		"a folder":       {"--metadata", "a=b", "--out", "dump"},
	} {
		if r := h.runs(append([]string{"extract", "--config", "dsr.yaml"}, flags...)...); r.status != 1 || r.stderr == "" {
			t.Errorf("%s: status %d, want 1\n%s", name, r.status, r.stderr)
		}
		if _, err := os.Stat(filepath.Join(h.dir, "E.zip")); err == nil {
			t.Errorf("%s: there is an archive", name)
		}
	}
	h.wantNoTrace()
}

// TestExtractReplacesNothingUnasked: a file that is there stays as it was, unless --force.
func TestExtractReplacesNothingUnasked(t *testing.T) {
	t.Parallel()
	h := extractHouse(t, vendor.Options{RateWindow: vendor.Off})
	flags := []string{"extract", "--config", "dsr.yaml", "--source", "old", "--metadata", "email=nobody@example.org", "--out", "F.zip"}
	h.write("F.zip", "mine")
	if r := h.runs(flags...); r.status != 1 || !strings.Contains(r.stderr, "--force") {
		t.Errorf("status %d, want 1 and a word about --force\n%s", r.status, r.stderr)
	}
	if kept, err := os.ReadFile(filepath.Join(h.dir, "F.zip")); err != nil || string(kept) != "mine" {
		t.Errorf("the file that was there is now %.20q, %v", kept, err)
	}
	if r := h.runs(append(flags, "--force")...); r.status != 0 {
		t.Errorf("--force: status %d\n%s%s", r.status, r.stdout, r.stderr)
	}
	h.unpacked("F.zip")
}

// otherKey is a second one to the same account.
const otherKey = "vendor-key-9876543210"

// TestExtractBesideAServe: it waits for the host's lane, says so, and gives it back. The
// vendor tells the two apart by their keys.
func TestExtractBesideAServe(t *testing.T) {
	t.Parallel()
	g := &gate{}
	h := extractHouse(t, vendor.Options{RateWindow: vendor.Off, OnCall: g.onCall})
	h.start(setup{})
	h.write("key", otherKey)
	reached, release := g.hold(t, 2)
	id := h.submit(`{"sources":["bot"],"selectors":[{"metadata":{"key":"email","value":"` + vendor.SampleEmail + `"}}]}`)
	h.come("the serve's second call", reached)
	cmd := h.command("extract", "--config", "dsr.yaml", "--metadata", "email="+vendor.SampleEmail, "--out", "F.zip")
	said := &logBuffer{}
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	h.await("extract says that it waits", func() bool { return strings.Contains(said.String(), "another process is reading from") })
	release()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	h.until(id, "ready")
	c := sampleCorpus(t)
	b := h.unpacked("F.zip")
	conversations, messages := c.expect(t, question{selectors: []selector{{Key: "email", Value: vendor.SampleEmail}}})
	b.wantLines(t, "data/bot/conversations.ndjson", conversations)
	b.wantLines(t, "data/bot/messages.ndjson", messages)
	second := h.submit(`{"sources":["bot"],"selectors":[{"metadata":{"key":"email","value":"nobody@example.org"}}]}`)
	h.until(second, "ready")
	var callers []string
	for _, call := range h.vendor.Calls() {
		callers = append(callers, call.KeyHash)
	}
	serve, other := vendor.KeyHash(testKey), vendor.KeyHash(otherKey)
	if inTurn := slices.Compact(callers); !slices.Equal(inTurn, []string{serve, other, serve}) {
		t.Errorf("the serve (%s) and the extract (%s) called in the order %v", serve, other, inTurn)
	}
	if bad := h.vendor.Violations(); len(bad) > 0 {
		t.Errorf("the vendor complains: %v", bad)
	}
}

// TestExtractInterrupted: whenever Ctrl-C comes, nothing is left.
func TestExtractInterrupted(t *testing.T) {
	t.Parallel()
	for _, call := range []int{1, 5} {
		t.Run(fmt.Sprint("at call ", call), func(t *testing.T) {
			t.Parallel()
			g := &gate{}
			h := extractHouse(t, vendor.Options{RateWindow: vendor.Off, OnCall: g.onCall})
			reached, release := g.hold(t, call)
			cmd := h.command("extract", "--config", "dsr.yaml", "--metadata", "email="+vendor.SampleEmail, "--out", "F.zip")
			said := &logBuffer{}
			cmd.Stderr = said
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			h.come("the call", reached)
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			err := cmd.Wait()
			release()
			if e, ok := errors.AsType[*exec.ExitError](err); !ok || e.ExitCode() != 1 || !strings.Contains(said.String(), "interrupted") {
				t.Errorf("got %v, want status 1\n%s", err, said)
			}
			if _, err := os.Stat(filepath.Join(h.dir, "F.zip")); err == nil {
				t.Error("there is an archive")
			}
			h.wantNoTrace()
		})
	}
	t.Run("while it waits", func(t *testing.T) {
		t.Parallel()
		h := extractHouse(t, vendor.Options{RateWindow: vendor.Off})
		cfg, _, err := config.Load(filepath.Join(h.dir, "dsr.yaml"), nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := app.OpenBeside(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = p.Close() }()
		i := slices.IndexFunc(cfg.Sources, func(s config.Source) bool { return s.Type != "dump" })
		lease, err := p.Queue.Acquire(t.Context(), store.JobLane, cfg.Sources[i].Lane())
		if err != nil {
			t.Fatal(err)
		}
		cmd := h.command("extract", "--config", "dsr.yaml", "--metadata", "email=a@b", "--out", "F.zip")
		said := &logBuffer{}
		cmd.Stderr = said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		h.await("extract says that it waits", func() bool { return strings.Contains(said.String(), "another process is reading from") })
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case err := <-ended:
			if err == nil {
				t.Error("it ended as if it had written an archive")
			}
		case <-time.After(time.Minute):
			t.Fatal("it does not stop")
		}
		if err := lease.Release(t.Context()); err != nil && !errors.Is(err, jobs.ErrLost) {
			t.Fatal(err)
		}
		h.wantNoTrace()
	})
}

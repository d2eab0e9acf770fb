package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/app"
	"dsr-server/internal/config"
	"dsr-server/internal/dsr"
	"dsr-server/internal/fake/vendor"
	"dsr-server/internal/fulfil"
	"dsr-server/internal/jobs"
	"dsr-server/internal/report"
	"dsr-server/internal/store"
)

// hand takes one request through its steps without a queue, so that a test can be in
// between.
type hand struct {
	*harness
	p  *app.Program
	id string
}

// plant is what else is put into the folder.
func byHand(t *testing.T, files map[string][]byte, q question, plant ...func(dump string) error) hand {
	t.Helper()
	h := prepareDump(t, files, "")
	for _, put := range plant {
		if err := put(filepath.Join(h.dir, "dump")); err != nil {
			t.Fatal(err)
		}
	}
	cfg, _, err := config.Load(filepath.Join(h.dir, "dsr.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := app.OpenBeside(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	s := dsr.Submission{}
	for _, w := range q.selectors {
		if w.ID != "" {
			s.Selectors = append(s.Selectors, dsr.Selector{ConversationID: w.ID})
			continue
		}
		s.Selectors = append(s.Selectors, dsr.Selector{Metadata: &dsr.Metadata{Key: w.Key, Value: w.Value}})
	}
	if err := s.Validate(time.Now().UTC(), cfg.SourceNames(), cfg.SourceRegions()).Err(); err != nil {
		t.Fatal(err)
	}
	r, err := p.Store.Submit(t.Context(), dsr.Call{By: dsr.Principal{ID: "token:test", Role: dsr.Admin}}, s)
	if err != nil {
		t.Fatal(err)
	}
	x := hand{h, p, r.ID}
	if err := x.step(store.JobPlan, r.ID, func(ctx context.Context, w *store.Work) error { return p.Fulfil.Plan(ctx, w, r.ID) }); err != nil {
		t.Fatal(err)
	}
	return x
}

func (x hand) step(kind, key string, f func(context.Context, *store.Work) error) error {
	x.t.Helper()
	l, err := x.p.Queue.Acquire(x.t.Context(), kind, key)
	if err != nil {
		x.t.Fatal(err)
	}
	err = f(l.Context(), x.p.Store.Under(l))
	if failed := l.Release(x.t.Context()); failed != nil && !errors.Is(failed, jobs.ErrLost) {
		x.t.Fatal(failed)
	}
	return err
}

// read runs the dump's lane with something in its way.
func (x hand) read(onCommit func(d dsr.Commit, commit func() error) error) error {
	x.t.Helper()
	return x.step(store.JobLane, "dump:bot", func(ctx context.Context, w *store.Work) error {
		return x.p.Fulfil.Scan(ctx, &meddling{Work: w, onCommit: onCommit}, "dump:bot")
	})
}

// meddling is the store with a hook around the commits of a dump.
type meddling struct {
	*store.Work
	onCommit func(d dsr.Commit, commit func() error) error
}

var _ fulfil.Store = (*meddling)(nil)

func (m *meddling) Commit(ctx context.Context, c dsr.Commit) (needed []string, err error) {
	if m.onCommit == nil {
		return m.Work.Commit(ctx, c)
	}
	err = m.onCommit(c, func() (err error) {
		needed, err = m.Work.Commit(ctx, c)
		return err
	})
	return needed, err
}

// finish packages what was read.
func (x hand) finish() (dsr.Request, dsr.Coverage, bundle) {
	x.t.Helper()
	err := x.step(store.JobPackage, x.id, func(ctx context.Context, w *store.Work) error { return x.p.Fulfil.Package(ctx, w, x.id) })
	if err != nil {
		x.t.Fatal(err)
	}
	snap, err := x.p.Store.Snapshot(x.t.Context(), x.id)
	if err != nil {
		x.t.Fatal(err)
	}
	a, err := x.p.Store.Archive(x.t.Context(), dsr.Principal{ID: "token:test", Role: dsr.Admin}, x.id)
	if err != nil {
		x.t.Fatalf("%v; the request is %s", err, snap.Request.Status)
	}
	file, size, err := x.p.Vault.Open(a.FileName, a.Identity)
	if err != nil {
		x.t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	raw := make([]byte, size)
	if _, err := file.Read(raw[:0]); err != nil {
		x.t.Fatal(err)
	}
	for n := 0; n < len(raw); {
		m, err := file.Read(raw[n:])
		if n += m; err != nil && n < len(raw) {
			x.t.Fatal(err)
		}
	}
	return snap.Request, report.Coverage(snap, x.p.Fulfil.Reported()), bundle{raw: raw, entries: unzip(x.t, raw)}
}

// bulky is the sample between records of other people, several blocks of them.
func bulky(t testing.TB) (conversations, messages []json.RawMessage) {
	t.Helper()
	data := vendor.Sample()
	filler := strings.Repeat(`User:\tI would like to change my order, please.\nBot:\tSure, \"which\" one?\n`, 24)
	for i, r := range data.Conversations() {
		for j := range 50 {
			conversations = append(conversations, json.RawMessage(fmt.Sprintf(
				`{"_id":"other-%d-%d","startTime":%d,"lastActionAt":"2025-01-01T04:00:17.517000","metadata":{"email":"other%d@example.org","transcript":"%s"}}`,
				i, j, 1735703772+i, j, filler)))
		}
		conversations = append(conversations, r)
	}
	for i, r := range soundMessages(data) {
		for j := range 4 {
			messages = append(messages, json.RawMessage(fmt.Sprintf(`{"_id":"m-%d-%d","conversationId":"other-%d-%d","time":"2025-01-01T04:00:17.517000","text":"%s"}`, i, j, i%len(data.Conversations()), j, filler)))
		}
		messages = append(messages, r)
	}
	return conversations, messages
}

// TestADumpGoesOnWhereItWasKilled kills the work before and after commits: nothing is
// read twice but what was not committed, nothing is counted twice, nothing is lost.
func TestADumpGoesOnWhereItWasKilled(t *testing.T) {
	t.Parallel()
	conversations, messages := bulky(t)
	c := readCorpus(t, conversations, messages)
	forms := dumpForms(t, conversations, messages)
	for _, form := range []string{"lines", "lines gzip", "lines zstandard", "one page each"} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			files := forms[form]
			x := byHand(t, files, ofAna)
			killed := errors.New("killed")
			at := map[string]int64{}
			runs := 0
			for err := killed; errors.Is(err, killed); runs++ {
				n, before := 0, runs%3 == 1
				err = x.read(func(d dsr.Commit, commit func() error) error {
					if d.Unit.Position.Offset < at[d.Unit.File.Name] {
						t.Errorf("%s: reading went back from %d to %d", d.Unit.File.Name, at[d.Unit.File.Name], d.Unit.Position.Offset)
					}
					if n++; n == 2 && before {
						return killed
					}
					if err := commit(); err != nil {
						return err
					}
					at[d.Unit.File.Name] = d.Unit.Position.Offset
					if n == 2 || n == 1 && !before {
						return killed
					}
					return nil
				})
				if err != nil && !errors.Is(err, killed) {
					t.Fatal(err)
				}
				if runs > 500 {
					t.Fatal("it does not come to an end")
				}
			}
			delete(files, "README.md")
			if runs < 6 {
				t.Errorf("only %d runs: the dump is too small for this test", runs)
			}
			x.wantWhole(c, files, len(conversations), len(messages))
			t.Logf("%d runs", runs)
		})
	}
}

// wantWhole holds when the request is complete, exact, and every file was read once.
func (x hand) wantWhole(c corpus, files map[string][]byte, conversations, messages int) {
	x.t.Helper()
	r, coverage, b := x.finish()
	if r.Status != dsr.Ready || !coverage.Complete {
		x.t.Fatalf("the request is %s, coverage %+v", r.Status, coverage)
	}
	wantConversations, wantMessages := c.expect(x.t, ofAna)
	b.wantLines(x.t, "data/bot/conversations.ndjson", wantConversations)
	b.wantLines(x.t, "data/bot/messages.ndjson", wantMessages)
	if len(wantConversations) == 0 || len(wantMessages) == 0 {
		x.t.Error("nothing was compared")
	}
	records := int64(0)
	for _, f := range coverage.Sources[0].Read {
		records += f.Records
		if f.SHA256 != sha256Hex(files[f.File]) || f.Size != int64(len(files[f.File])) {
			x.t.Errorf("%s: size %d, SHA-256 %s are not the file's", f.File, f.Size, f.SHA256)
		}
	}
	if want := int64(conversations + messages); records != want || len(coverage.Sources[0].Read) != len(files) {
		x.t.Errorf("%d records in %d files are counted, want %d in %d", records, len(coverage.Sources[0].Read), want, len(files))
	}
}

// TestAProcessKilledOverADump kills the real program at any moment.
func TestAProcessKilledOverADump(t *testing.T) {
	t.Parallel()
	conversations, messages := bulky(t)
	c := readCorpus(t, conversations, messages)
	h := prepareDump(t, dumpForms(t, conversations, messages)["lines"], "")
	p := h.spawn()
	id := h.submit(ofAna.body())
	random := rand.New(rand.NewPCG(5, 5))
	for range 5 {
		pause(t, time.Duration(random.IntN(700))*time.Millisecond)
		p.kill()
		p = h.spawn()
	}
	h.wantExact(c, ofAna, id)
	if n := h.events("request.ready", id); n != 1 {
		t.Errorf("the request became ready %d times", n)
	}
	h.wantNoAttemptUsed()
}

// TestAFileThatChangesIsNoProof changes the file after its first block.
func TestAFileThatChangesIsNoProof(t *testing.T) {
	t.Parallel()
	conversations, messages := bulky(t)
	files := dumpForms(t, conversations, messages)["lines"]
	c := readCorpus(t, conversations, messages)
	for name, change := range map[string]func(path string) error{
		"grown": func(path string) error {
			return os.WriteFile(path, append(files["conversations.ndjson"], "{}\n"...), 0o600)
		},
		"cut short": func(path string) error { return os.Truncate(path, int64(len(files["conversations.ndjson"])-1)) },
		"touched":   func(path string) error { return os.Chtimes(path, time.Time{}, time.Now().Add(time.Second)) },
		"replaced": func(path string) error {
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			return errors.Join(os.WriteFile(path+".new", files["conversations.ndjson"], 0o600), os.Chtimes(path+".new", time.Time{}, info.ModTime()), os.Rename(path+".new", path))
		},
		"gone": os.Remove,
	} {
		for _, killed := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", killed ", killed), func(t *testing.T) {
				t.Parallel()
				x := byHand(t, files, ofAna)
				path := filepath.Join(x.dir, "dump", "conversations.ndjson")
				changed := false
				stop := errors.New("killed")
				err := x.read(func(_ dsr.Commit, commit func() error) error {
					err := commit()
					if err == nil && !changed {
						changed, err = true, change(path)
						if err == nil && killed {
							err = stop
						}
					}
					return err
				})
				if killed && errors.Is(err, stop) {
					err = x.read(nil)
				}
				if err != nil {
					t.Fatal(err)
				}
				r, coverage, b := x.finish()
				reasons := coverage.Sources[0].Reasons
				if r.Status != dsr.Review || coverage.Complete || len(reasons) == 0 || !strings.HasPrefix(reasons[0].Detail, "conversations.ndjson: ") {
					t.Fatalf("the request is %s, reasons %v", r.Status, reasons)
				}
				for _, f := range coverage.Sources[0].Read {
					if f.File == "conversations.ndjson" {
						t.Error("the changed file counts as read")
					}
				}
				x.wantSubset(c, b)
			})
		}
	}
}

// wantSubset holds when nothing is in the archive that does not belong there.
func (x hand) wantSubset(c corpus, b bundle) {
	x.t.Helper()
	conversations, messages := c.expect(x.t, ofAna)
	for name, want := range map[string][]string{"data/bot/conversations.ndjson": conversations, "data/bot/messages.ndjson": messages} {
		known := map[string]bool{}
		for _, line := range want {
			known[line] = true
		}
		for _, line := range b.lines(x.t, name) {
			if !known[line] {
				x.t.Errorf("%s holds a record that does not belong there", name)
			}
		}
	}
}

package scan_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dsr-server/internal/archive"
	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
	"dsr-server/internal/fulfil"
	"dsr-server/internal/jobs"
	"dsr-server/internal/match"
	"dsr-server/internal/record"
	"dsr-server/internal/report"
	"dsr-server/internal/scan"
	"dsr-server/internal/store"
)

const key = "the-key"

// bench is an engine over the real store, with a clock that tests move.
type bench struct {
	t   *testing.T
	dir string
	s   *store.Store
	f   *fulfil.Fulfiller
	q   *jobs.Queue

	mu    sync.Mutex
	ahead time.Duration // of the true time
}

func newBench(t *testing.T, sources ...scan.Source) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir()}
	var err error
	if b.s, err = store.Open(t.Context(), store.Options{Dir: b.dir, Now: b.now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.s.Close() })
	var all []fulfil.Source
	for _, s := range sources {
		all = append(all, fulfil.Source{Source: s})
	}
	b.f = fulfil.New(fulfil.Options{
		Sources: all, Now: b.now, JoinDelay: time.Millisecond, Backoff: func(int) time.Duration { return time.Millisecond },
		Found: func(id string) archive.Contents { return b.s.Contents(id) },
	})
	b.q = jobs.New(b.s.DB(), jobs.Options{Owner: jobs.Command, Now: b.now})
	return b
}

func (b *bench) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Now().Add(b.ahead)
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ahead += d
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// under runs a step of the story under a lease of its job.
func (b *bench) under(kind, name string, step func(context.Context, *store.Work) error) error {
	b.t.Helper()
	l, err := b.q.Acquire(b.t.Context(), kind, name)
	b.must(err)
	err = step(l.Context(), b.s.Under(l))
	if failed := l.Release(b.t.Context()); failed != nil && !errors.Is(failed, jobs.ErrLost) {
		b.t.Fatal(failed)
	}
	return err
}

// ask submits and plans a request.
func (b *bench) ask(sources []string, selectors ...dsr.Selector) string {
	b.t.Helper()
	r, err := b.s.Submit(b.t.Context(), dsr.Call{By: dsr.Principal{ID: "token:test", Role: dsr.Admin}}, dsr.Submission{
		Selectors: selectors, Sources: sources, ReceivedAt: b.now(), Language: "en",
	})
	b.must(err)
	b.must(b.under(store.JobPlan, r.ID, func(ctx context.Context, w *store.Work) error { return b.f.Plan(ctx, w, r.ID) }))
	return r.ID
}

// scan runs a lane, with something in the way of its commits.
func (b *bench) scan(lane string, onCommit func(dsr.Commit) error) error {
	b.t.Helper()
	return b.under(store.JobLane, lane, func(ctx context.Context, w *store.Work) error {
		return b.f.Scan(ctx, &watchedStore{Work: w, onCommit: onCommit}, lane)
	})
}

// scanKilledAt runs a lane until it ends of itself; each run before that is killed at a commit
// (0: none is).
func (b *bench) scanKilledAt(lane string, at int) {
	b.t.Helper()
	killed := errors.New("killed")
	for runs := 0; ; runs++ {
		n := 0
		err := b.scan(lane, func(dsr.Commit) error {
			if n++; at > 0 && n%at == 0 {
				return killed
			}
			return nil
		})
		if err == nil {
			return
		}
		if !errors.Is(err, killed) || runs > 500 {
			b.t.Fatal(err)
		}
	}
}

// watchedStore calls a hook before each commit.
type watchedStore struct {
	*store.Work
	mu       sync.Mutex
	onCommit func(dsr.Commit) error
}

func (w *watchedStore) Commit(ctx context.Context, c dsr.Commit) ([]string, error) {
	if w.onCommit != nil {
		w.mu.Lock()
		err := w.onCommit(c)
		w.mu.Unlock()
		if err != nil {
			return nil, err
		}
	}
	return w.Work.Commit(ctx, c)
}

func (b *bench) coverage(id string) dsr.Coverage {
	b.t.Helper()
	snap, err := b.s.Snapshot(b.t.Context(), id)
	b.must(err)
	return report.Coverage(snap, b.f.Reported())
}

// found are the records of a request in a source, by kind.
func (b *bench) found(id, source string) (conversations, messages []string) {
	b.t.Helper()
	c := b.s.Contents(id)
	for r, err := range c.Conversations(b.t.Context(), source) {
		b.must(err)
		conversations = append(conversations, string(r.Raw))
		for m, err := range c.Messages(b.t.Context(), source, r.ID) {
			b.must(err)
			messages = append(messages, string(m.Raw))
		}
	}
	slices.Sort(conversations)
	slices.Sort(messages)
	return conversations, messages
}

// wantSample holds when a request found the sample's person, all of it and nothing else.
func (b *bench) wantSample(id, source string) {
	b.t.Helper()
	b.wantThese(id, source, vendor.SampleConversations())
}

func (b *bench) wantThese(id, source string, ids []string) {
	b.t.Helper()
	data := vendor.Sample()
	var conversations, messages []string
	for _, c := range ids {
		raw, ok := data.Conversation(c)
		if !ok {
			b.t.Fatalf("the sample has no conversation %s", c)
		}
		conversations = append(conversations, compact(raw))
		for _, m := range data.MessagesOf(c) {
			messages = append(messages, compact(m))
		}
	}
	slices.Sort(conversations)
	slices.Sort(messages)
	gotConversations, gotMessages := b.found(id, source)
	if !slices.Equal(gotConversations, conversations) || !slices.Equal(gotMessages, slices.Compact(messages)) {
		b.t.Errorf("%s: found %d conversations and %d messages, want %d and %d", source, len(gotConversations), len(gotMessages), len(conversations), len(messages))
	}
}

func (b *bench) wantComplete(id string, complete bool, codes ...string) {
	b.t.Helper()
	c := b.coverage(id)
	var got []string
	for _, s := range c.Sources {
		for _, why := range s.Reasons {
			got = append(got, why.Code)
		}
	}
	if c.Complete != complete || !slices.Equal(slices.Compact(got), codes) {
		b.t.Errorf("complete %v for %v, want %v for %v", c.Complete, got, complete, codes)
	}
}

func compact(raw []byte) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return string(raw)
	}
	return b.String()
}

var ana = dsr.Selector{Metadata: &dsr.Metadata{Key: "*", Value: vendor.SampleEmail, Match: dsr.Normalized}}

// live is a Converse source over a fake.
func live(t *testing.T, o vendor.Options, faults ...chaos.Fault) (scan.Source, *chaos.Server) {
	t.Helper()
	o.Keys, o.RateWindow = []string{key}, vendor.Off
	fake := chaos.New(vendor.Sample(), o)
	for _, f := range faults {
		fake.Fault(f)
	}
	server := httptest.NewServer(fake)
	c := export.NewConverse(export.ConverseConfig{BaseURL: server.URL, BotName: vendor.DefaultBot, APIKey: key, Timeout: 2 * time.Second, Agent: "test"})
	t.Cleanup(func() { c.Close(); server.Close() })
	return scan.Source{Export: c, Pace: time.Millisecond, Source: dsr.Source{
		Name: "bot", Type: "converse", Lane: "host", Earliest: time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC), WindowField: dsr.FieldUnknown,
		Margin: 168 * time.Hour, PageSize: 50, GiveUpAfter: 72 * time.Hour, IngestLag: time.Minute,
	}}, fake
}

// folder is a Dump source over files.
func folder(t *testing.T, files map[string][]byte) scan.Source {
	t.Helper()
	return scan.Source{Export: export.NewDump(filesIn(t, files)), Source: dsr.Source{Name: "old", Type: "dump", Lane: "dump:old"}}
}

// filesIn is a new folder with files.
func filesIn(t *testing.T, files map[string][]byte) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, body := range files {
		if err := os.WriteFile(filepath.Join(dir, name), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func lines(records []json.RawMessage) []byte {
	var b bytes.Buffer
	for _, r := range records {
		b.WriteString(compact(r))
		b.WriteByte('\n')
	}
	return b.Bytes()
}

func sampleFiles() map[string][]byte {
	data := vendor.Sample()
	half := len(data.Conversations()) / 2
	return map[string][]byte{
		"conversations-1.ndjson": lines(data.Conversations()[:half]), "conversations-2.ndjson": lines(data.Conversations()[half:]),
		"messages.ndjson": lines(soundMessages(data)),
	}
}

// soundMessages are those whose conversation is listed.
func soundMessages(data *vendor.Data) (messages []json.RawMessage) {
	for _, c := range data.Conversations() {
		messages = append(messages, data.MessagesOf(match.Fields{ID: record.MustPath("_id")}.Facts(c).ID)...)
	}
	return messages
}

func TestALaneFindsEverythingUnderEveryReading(t *testing.T) {
	t.Parallel()
	for _, v := range chaos.Variants() {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			s, _ := live(t, vendor.Options{Choices: v.Choices})
			b := newBench(t, s)
			id := b.ask([]string{"bot"}, ana)
			b.must(b.scan("host", nil))
			b.wantComplete(id, true)
			b.wantSample(id, "bot")
		})
	}
}

func TestWhatALaneDoesAboutFaults(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		faults []chaos.Fault
		codes  []string
	}{
		"server errors":         {[]chaos.Fault{{Kind: chaos.StatusError, Times: 4}}, nil},
		"429":                   {[]chaos.Fault{{Kind: chaos.TooMany, Times: 3}}, nil},
		"a cut body":            {[]chaos.Fault{{Kind: chaos.TruncatedGzip, Times: 2}}, nil},
		"an error page":         {[]chaos.Fault{{Kind: chaos.HTML200, Times: 2}}, nil},
		"a circle, once":        {[]chaos.Fault{{Kind: chaos.RepeatCursor, Page: 2}}, nil},
		"a circle, for ever":    {[]chaos.Fault{{Kind: chaos.RepeatCursor, Endpoint: vendor.Conversations, Page: 1, Times: chaos.Always}}, []string{dsr.ReasonStuckCursor}},
		"a record that is none": {[]chaos.Fault{{Kind: chaos.BadRecord, Record: vendor.SampleConversations()[0], Times: chaos.Always}}, []string{dsr.ReasonUnreadable}},
		"a redirect":            {[]chaos.Fault{{Kind: chaos.Redirect, Endpoint: vendor.Conversations}}, []string{dsr.ReasonVendorRefused}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := live(t, vendor.Options{}, tc.faults...)
			b := newBench(t, s)
			id := b.ask([]string{"bot"}, ana)
			b.must(b.scan("host", nil))
			b.wantComplete(id, len(tc.codes) == 0, tc.codes...)
			if len(tc.codes) == 0 {
				b.wantSample(id, "bot")
			}
		})
	}
}

func TestARefusedKeyEndsTheSourceForAll(t *testing.T) {
	t.Parallel()
	s, fake := live(t, vendor.Options{})
	fake.RevokeKey(key)
	b := newBench(t, s)
	ids := []string{b.ask([]string{"bot"}, ana), b.ask([]string{"bot"}, ana)}
	b.must(b.scan("host", nil))
	for _, id := range ids {
		b.wantComplete(id, false, dsr.ReasonKeyRefused)
	}
}

// TestASourceThatIsSilentIsLeftAloneAndGivenUp: the lane comes back later, and in the end no more.
func TestASourceThatIsSilentIsLeftAloneAndGivenUp(t *testing.T) {
	t.Parallel()
	s, fake := live(t, vendor.Options{}, chaos.Fault{Kind: chaos.StatusError, Status: 503, Times: chaos.Always})
	b := newBench(t, s)
	id := b.ask([]string{"bot"}, ana)
	waits := 0
	for {
		err := b.scan("host", nil)
		later, waiting := errors.AsType[scan.Later](err)
		if !waiting {
			b.must(err)
			break
		}
		if waits++; waits == 1 && later.Until.Sub(b.now()) > time.Minute {
			t.Errorf("the first time it is left alone until %v", later.Until)
		}
		if waits > 500 {
			t.Fatal("it is not given up")
		}
		b.pass(later.Until.Sub(b.now()) + time.Second)
	}
	b.wantComplete(id, false, dsr.ReasonGaveUp)
	if waits < 100 || fake.Count("") < waits {
		t.Errorf("given up after %d waits and %d calls", waits, fake.Count(""))
	}
}

// untilDone runs the lane until nothing is left to wait for.
func (b *bench) untilDone(lane string) {
	b.t.Helper()
	for range 1000 {
		err := b.scan(lane, nil)
		later, waiting := errors.AsType[scan.Later](err)
		if !waiting {
			b.must(err)
			return
		}
		b.pass(later.Until.Sub(b.now()) + time.Second)
	}
	b.t.Fatal("the lane waits for ever")
}

// TestMessagesOfOneConversationThatNeverComeAreNamed: the source is not given up while its
// list can be read, whichever conversation it is and whatever comes instead.
func TestMessagesOfOneConversationThatNeverComeAreNamed(t *testing.T) {
	t.Parallel()
	ids := vendor.SampleConversations()
	for name, kind := range map[string]chaos.FaultKind{"server errors": chaos.StatusError, "an error object": chaos.JSONError200, "data is null": chaos.DataNull} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var faults []chaos.Fault
			for _, id := range ids[:2] {
				faults = append(faults, chaos.Fault{Kind: kind, Endpoint: vendor.Messages, ConversationID: id, Times: chaos.Always})
			}
			s, _ := live(t, vendor.Options{}, faults...)
			s.GiveUpAfter = time.Hour
			b := newBench(t, s)
			id := b.ask([]string{"bot"}, ana)
			b.untilDone("host")
			b.wantComplete(id, false, dsr.ReasonMessagesRefused)
			_, messages := b.found(id, "bot")
			var want []string
			for _, c := range ids[2:] {
				for _, m := range vendor.Sample().MessagesOf(c) {
					want = append(want, compact(m))
				}
			}
			slices.Sort(want)
			if !slices.Equal(messages, slices.Compact(want)) {
				t.Errorf("%d messages of the other conversations were found, want %d", len(messages), len(want))
			}
			snap, err := b.s.Snapshot(t.Context(), id)
			b.must(err)
			if told := fmt.Sprint(report.Staff(snap, b.f.Reported()).Warnings); !strings.Contains(told, ids[0]) || !strings.Contains(told, ids[1]) {
				t.Errorf("staff are not told which conversations: %s", told)
			}
		})
	}
}

// TestMessagesOfOneConversationThatAreTooMuchAreNamed: however little is asked for the vendor
// refuses it as too much. All other messages come, and as they would without it.
func TestMessagesOfOneConversationThatAreTooMuchAreNamed(t *testing.T) {
	t.Parallel()
	ids := vendor.SampleConversations()
	for _, status := range []int{400, 413} {
		for name, refused := range map[string][]string{"the first": ids[:1], "the last": ids[len(ids)-1:], "two": ids[:2]} {
			t.Run(fmt.Sprint(status, "/", name), func(t *testing.T) {
				t.Parallel()
				var faults []chaos.Fault
				for _, id := range refused {
					faults = append(faults, chaos.Fault{Kind: chaos.StatusError, Status: status, Endpoint: vendor.Messages, ConversationID: id, Times: chaos.Always})
				}
				s, fake := live(t, vendor.Options{}, faults...)
				b := newBench(t, s)
				id := b.ask([]string{"bot"}, ana)
				b.untilDone("host")
				b.wantComplete(id, false, dsr.ReasonMessagesRefused)
				var want []string
				for _, c := range ids {
					if slices.Contains(refused, c) {
						continue
					}
					for _, m := range vendor.Sample().MessagesOf(c) {
						want = append(want, compact(m))
					}
				}
				slices.Sort(want)
				if _, messages := b.found(id, "bot"); !slices.Equal(messages, slices.Compact(want)) {
					t.Errorf("%d messages of the other conversations were found, want %d", len(messages), len(want))
				}
				if n := fake.Count(vendor.Messages); n > 20*len(refused)+len(ids) {
					t.Errorf("%d calls for messages of %d conversations", n, len(ids))
				}
			})
		}
	}
}

// TestAConversationAskedForThatIsTooMuch costs the short cut only, as one that is not known
// does: whether there is such a conversation, the list tells.
func TestAConversationAskedForThatIsTooMuch(t *testing.T) {
	t.Parallel()
	for id, codes := range map[string][]string{"nobody": nil, vendor.SampleConversations()[0]: {dsr.ReasonMessagesRefused}} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			s, fake := live(t, vendor.Options{}, chaos.Fault{Kind: chaos.StatusError, Status: 400, Endpoint: vendor.Messages, ConversationID: id, Times: chaos.Always})
			b := newBench(t, s)
			request := b.ask([]string{"bot"}, dsr.Selector{ConversationID: id})
			b.untilDone("host")
			b.wantComplete(request, codes == nil, codes...)
			if conversations, _ := b.found(request, "bot"); len(conversations) != len(codes) {
				t.Errorf("%d conversations", len(conversations))
			}
			if n := fake.Count(vendor.Messages); n > 150 {
				t.Errorf("%d calls for messages", n)
			}
		})
	}
}

// TestAConversationAskedForWhoseMessagesNeverCome is found by its list.
func TestAConversationAskedForWhoseMessagesNeverCome(t *testing.T) {
	t.Parallel()
	id := vendor.SampleConversations()[0]
	s, _ := live(t, vendor.Options{}, chaos.Fault{Kind: chaos.StatusError, Endpoint: vendor.Messages, ConversationID: id, Times: chaos.Always})
	s.GiveUpAfter = time.Hour
	b := newBench(t, s)
	request := b.ask([]string{"bot"}, dsr.Selector{ConversationID: id})
	b.untilDone("host")
	b.wantComplete(request, false, dsr.ReasonMessagesRefused)
	if conversations, _ := b.found(request, "bot"); len(conversations) != 1 {
		t.Errorf("%d conversations", len(conversations))
	}
}

// TestAVendorThatIsDownIsNoConversationsFault: its list is asked for once to tell.
func TestAVendorThatIsDownIsNoConversationsFault(t *testing.T) {
	t.Parallel()
	var down atomic.Bool
	s, _ := live(t, vendor.Options{}, chaos.Fault{Kind: chaos.StatusError, Times: chaos.Always, Match: func(c vendor.Call) bool {
		if c.Endpoint == vendor.Messages {
			down.Store(true)
		}
		return down.Load()
	}})
	s.PageSize, s.GiveUpAfter = 1000, time.Hour
	b := newBench(t, s)
	id := b.ask([]string{"bot"}, ana)
	b.untilDone("host")
	snap, err := b.s.Snapshot(t.Context(), id)
	b.must(err)
	if reasons := report.Coverage(snap, b.f.Reported()).Sources[0].Reasons; !slices.ContainsFunc(reasons, func(r dsr.Reason) bool { return r.Code == dsr.ReasonGaveUp }) {
		t.Errorf("got %v", reasons)
	}
}

func TestTheShortCutSavesCalls(t *testing.T) {
	t.Parallel()
	s, fake := live(t, vendor.Options{})
	b := newBench(t, s)
	wanted := vendor.SampleConversations()[0]
	id := b.ask([]string{"bot"}, dsr.Selector{ConversationID: wanted})
	b.must(b.scan("host", nil))
	b.wantComplete(id, true)
	b.wantThese(id, "bot", []string{wanted})
	if n := fake.Count(""); n > 6 {
		t.Errorf("%d calls for one conversation", n)
	}
	nobody := b.ask([]string{"bot"}, dsr.Selector{ConversationID: "nobody"})
	b.must(b.scan("host", nil))
	b.wantComplete(nobody, true)
	b.wantThese(nobody, "bot", nil)
}

// TestRequestsShareAScan: what is read together is read once, and who comes in mid-scan
// joins what has not begun.
func TestRequestsShareAScan(t *testing.T) {
	t.Parallel()
	s, fake := live(t, vendor.Options{})
	b := newBench(t, s)
	alone := b.ask([]string{"bot"}, ana)
	b.must(b.scan("host", nil))
	b.wantComplete(alone, true)
	one := fake.Count(vendor.Conversations)

	var ids []string
	for range 5 {
		ids = append(ids, b.ask([]string{"bot"}, ana))
	}
	commits := 0
	b.must(b.scan("host", func(dsr.Commit) error {
		if commits++; commits == 3 {
			ids = append(ids, b.ask([]string{"bot"}, ana))
		}
		return nil
	}))
	for _, id := range ids {
		b.wantComplete(id, true)
		b.wantSample(id, "bot")
	}
	if n := fake.Count(vendor.Conversations) - one; n > 2*one {
		t.Errorf("%d calls for six requests, %d for one", n, one)
	}
}

// TestAScanGoesOnWhereItWasKilled kills the lanes at every third commit: everything is
// found once, and nothing twice, of pages and of files.
func TestAScanGoesOnWhereItWasKilled(t *testing.T) {
	t.Parallel()
	bot, _ := live(t, vendor.Options{})
	b := newBench(t, bot, folder(t, sampleFiles()))
	id := b.ask([]string{"bot", "old"}, ana)
	for _, lane := range []string{"host", "dump:old"} {
		b.scanKilledAt(lane, 3)
	}
	b.wantComplete(id, true)
	b.wantSample(id, "bot")
	b.wantSample(id, "old")
	for _, s := range b.coverage(id).Sources {
		for _, a := range s.Anomalies {
			if a.Rule == "Q7" {
				t.Errorf("%s: %d records are said to have changed", s.Name, a.Count)
			}
		}
	}
}

// TestAStopLosesNothing stops between two batches.
func TestAStopLosesNothing(t *testing.T) {
	t.Parallel()
	bot, fake := live(t, vendor.Options{})
	b := newBench(t, bot)
	id := b.ask([]string{"bot"}, ana)
	for runs := 0; ; runs++ {
		stopping := make(chan struct{})
		n := 0
		err := b.under(store.JobLane, "host", func(ctx context.Context, w *store.Work) error {
			return b.f.Scan(ctx, stoppingStore{&watchedStore{Work: w, onCommit: func(dsr.Commit) error {
				if n++; n == 4 {
					close(stopping)
				}
				return nil
			}}, stopping}, "host")
		})
		if err == nil {
			break
		}
		if !errors.Is(err, scan.ErrStopping) || runs > 100 {
			t.Fatal(err)
		}
	}
	b.wantComplete(id, true)
	b.wantSample(id, "bot")
	t.Logf("%d calls", fake.Count(""))
}

type stoppingStore struct {
	*watchedStore
	stopping chan struct{}
}

func (s stoppingStore) Stopping() <-chan struct{} { return s.stopping }

func TestAFolderIsReadOnceForAll(t *testing.T) {
	t.Parallel()
	b := newBench(t, folder(t, sampleFiles()))
	ids := []string{b.ask([]string{"old"}, ana), b.ask([]string{"old"}, ana), b.ask([]string{"old"}, dsr.Selector{ConversationID: "nobody"})}
	ends := map[string]int{}
	b.must(b.scan("dump:old", func(c dsr.Commit) error {
		if c.Unit.State == dsr.UnitDone {
			ends[c.Unit.File.Name]++
		}
		return nil
	}))
	for _, id := range ids[:2] {
		b.wantComplete(id, true)
		b.wantSample(id, "old")
	}
	b.wantComplete(ids[2], true)
	for name, n := range ends {
		if n != 1 {
			t.Errorf("%s was read %d times", name, n)
		}
	}
	if len(ends) != 3 || len(b.coverage(ids[0]).Sources[0].Read) != 3 || len(b.coverage(ids[2]).Sources[0].Read) != 3 {
		t.Errorf("read %v", ends)
	}
}

func TestWhatIsWrongWithAFolderIsNamed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(files map[string][]byte)
		code   string
		detail string
	}{
		"no conversations":  {func(f map[string][]byte) { delete(f, "conversations-1.ndjson"); delete(f, "conversations-2.ndjson") }, dsr.ReasonUnreadable, "no file conversations"},
		"no messages":       {func(f map[string][]byte) { delete(f, "messages.ndjson") }, dsr.ReasonUnreadable, "no file messages"},
		"another ending":    {func(f map[string][]byte) { f["messages.csv"] = nil }, dsr.ReasonFilesIgnored, "messages.csv"},
		"a broken line":     {func(f map[string][]byte) { f["conversations-3.ndjson"] = []byte("\n{\n") }, dsr.ReasonUnreadable, "conversations-3.ndjson, line 2"},
		"a broken gzip":     {func(f map[string][]byte) { f["conversations-3.ndjson.gz"] = []byte("no") }, dsr.ReasonUnreadable, "conversations-3.ndjson.gz"},
		"many broken lines": {func(f map[string][]byte) { f["conversations-3.ndjson"] = bytes.Repeat([]byte("{\n"), 50) }, dsr.ReasonUnreadable, "50 records cannot be read in all"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := sampleFiles()
			tc.change(files)
			b := newBench(t, folder(t, files))
			id := b.ask([]string{"old"}, ana)
			b.must(b.scan("dump:old", nil))
			b.wantComplete(id, false, tc.code)
			if said := fmt.Sprint(b.coverage(id).Sources[0].Reasons); !strings.Contains(said, tc.detail) {
				t.Errorf("reasons %s do not speak of %q", said, tc.detail)
			}
		})
	}
}

// TestUtterancesLeadToTheirConversations: a source that lists what was said.
func TestUtterancesLeadToTheirConversations(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		agent    string
		selector dsr.Selector
		codes    []string
		derived  bool
	}{
		"joined":           {agent: "agent", selector: layer(0)},
		"not joined":       {selector: layer(0), derived: true},
		"an id, joined":    {agent: "agent", selector: dsr.Selector{ConversationID: "nobody"}},
		"an id without it": {selector: dsr.Selector{ConversationID: "nobody"}, codes: []string{dsr.ReasonIDUnsupported}},
		"nobody":           {agent: "agent", selector: dsr.Selector{Metadata: &dsr.Metadata{Key: "user.layer_id", Value: "nobody", Match: dsr.Exact}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := chaos.NewAvaamo(vendor.AvaamoSample(), vendor.AvaamoOptions{UserTokens: []string{key}, AgentTokens: []string{"agent"}, RateWindow: vendor.Off})
			server := httptest.NewServer(fake)
			a := export.NewAvaamo(export.AvaamoConfig{BaseURL: server.URL, AgentID: vendor.DefaultAgent, AccessToken: key, AgentToken: tc.agent, Timeout: 2 * time.Second})
			t.Cleanup(func() { a.Close(); server.Close() })
			b := newBench(t, scan.Source{Export: a, Pace: time.Millisecond, Limit: scan.Limit{Calls: 1000, Per: time.Millisecond}, Source: dsr.Source{
				Name: "desk", Type: "avaamo", Lane: "host", Earliest: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), WindowField: dsr.FieldOverlap,
				PageSize: 100, MaxRange: 60 * 24 * time.Hour, GiveUpAfter: time.Hour, IngestLag: time.Minute,
			}})
			id := b.ask([]string{"desk"}, tc.selector)
			b.must(b.scan("host", nil))
			b.wantComplete(id, len(tc.codes) == 0, tc.codes...)
			conversations, messages := b.found(id, "desk")
			if tc.selector.Metadata == nil || tc.selector.Metadata.Value == "nobody" {
				if len(conversations) > 0 {
					t.Errorf("found %d conversations of nobody", len(conversations))
				}
				return
			}
			if len(conversations) == 0 || len(messages) == 0 {
				t.Fatalf("found %d conversations with %d messages", len(conversations), len(messages))
			}
			for _, raw := range conversations {
				if derived := strings.HasPrefix(raw, dsr.DerivedMark); derived != tc.derived {
					t.Errorf("derived %v: %.80s", derived, raw)
				}
			}
		})
	}
}

func layer(i int) dsr.Selector {
	return dsr.Selector{Metadata: &dsr.Metadata{Key: "user.layer_id", Value: vendor.SampleLayers()[i], Match: dsr.Exact}}
}

// TestNothingListedIsNoProof: a source for which an empty list proves nothing is searched
// back to its beginning, and then says so.
func TestNothingListedIsNoProof(t *testing.T) {
	t.Parallel()
	empty, err := vendor.NewAvaamoData(vendor.AvaamoRecords{})
	if err != nil {
		t.Fatal(err)
	}
	fake := chaos.NewAvaamo(empty, vendor.AvaamoOptions{UserTokens: []string{key}, RateWindow: vendor.Off})
	server := httptest.NewServer(fake)
	a := export.NewAvaamo(export.AvaamoConfig{BaseURL: server.URL, AgentID: vendor.DefaultAgent, AccessToken: key, Timeout: 2 * time.Second})
	t.Cleanup(func() { a.Close(); server.Close() })
	b := newBench(t, scan.Source{Export: a, Pace: time.Millisecond, Limit: scan.Limit{Calls: 1000, Per: time.Millisecond}, Source: dsr.Source{
		Name: "desk", Type: "avaamo", Lane: "host", Earliest: time.Now().AddDate(-1, 0, 0), WindowField: dsr.FieldOverlap,
		PageSize: 100, MaxRange: 60 * 24 * time.Hour, GiveUpAfter: time.Hour,
	}})
	id := b.ask([]string{"desk"}, layer(0))
	b.must(b.scan("host", nil))
	b.wantComplete(id, false, dsr.ReasonWindowUnproven)
}

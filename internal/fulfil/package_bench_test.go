package fulfil_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"dsr-server/internal/archive"
	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/fulfil"
	"dsr-server/internal/jobs"
	"dsr-server/internal/scan"
	"dsr-server/internal/sign"
	"dsr-server/internal/store"
	"dsr-server/internal/vault"
)

const conversations, messagesEach = 400, 20

// dialogues is a folder in which every conversation is the person's.
func dialogues(b *testing.B) fulfil.Source {
	b.Helper()
	dir := b.TempDir()
	var list, said strings.Builder
	for c := range conversations {
		fmt.Fprintf(&list, `{"_id":"c%d","startTime":%d,"lastActionAt":%d,"metadata":{"email":"ana@example.com"}}`+"\n", c, 1735703772+c, 1735703772+c)
		for m := range messagesEach {
			fmt.Fprintf(&said, `{"_id":"m%d","conversationId":"c%d","time":%d,"type":"UserInput","userInput":"I would like to take bus %d, please; it leaves at 7:30 am and has no transfers"}`+"\n", m, c, 1735703772+c+m, m)
		}
	}
	for name, text := range map[string]string{"conversations.ndjson": list.String(), "messages.ndjson": said.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	return fulfil.Source{Source: scan.Source{Export: export.NewDump(dir), Source: dsr.Source{Name: "old", Type: "dump", Lane: "dump:old"}}}
}

// packaging is what a request needs to be packaged: a database, a folder of archives, a key.
type packaging struct {
	b *testing.B
	s *store.Store
	f *fulfil.Fulfiller
	q *jobs.Queue
}

func newPackaging(b *testing.B) packaging {
	b.Helper()
	p, dir := packaging{b: b}, b.TempDir()
	var err error
	p.s, err = store.Open(b.Context(), store.Options{Dir: dir})
	p.must(err)
	b.Cleanup(func() { _ = p.s.Close() })
	archives, err := vault.Open(filepath.Join(dir, "archives"))
	p.must(err)
	signer, err := sign.LoadOrCreate(filepath.Join(dir, "signing.key"))
	p.must(err)
	p.q = jobs.New(p.s.DB(), jobs.Options{Owner: jobs.Command})
	p.f = fulfil.New(fulfil.Options{
		Sources: []fulfil.Source{dialogues(b)}, Vault: archives, Signer: signer, Software: "dsr-server", JoinDelay: time.Millisecond,
		Found: func(id string) archive.Contents { return p.s.Contents(id) },
	})
	return p
}

func (p packaging) must(err error) {
	p.b.Helper()
	if err != nil {
		p.b.Fatal(err)
	}
}

// under runs a step of a request under a lease of its job.
func (p packaging) under(kind, name string, step func(context.Context, *store.Work) error) {
	p.b.Helper()
	l, err := p.q.Acquire(p.b.Context(), kind, name)
	p.must(err)
	p.must(step(l.Context(), p.s.Under(l)))
	p.must(l.Release(p.b.Context()))
}

// searched is a request that has found everything.
func (p packaging) searched() string {
	p.b.Helper()
	r, err := p.s.Submit(p.b.Context(), dsr.Call{By: dsr.Principal{ID: "token:test", Role: dsr.Admin}}, dsr.Submission{
		Selectors: []dsr.Selector{{Metadata: &dsr.Metadata{Key: "email", Value: "ana@example.com", Match: dsr.Exact}}}, Sources: []string{"old"}, ReceivedAt: time.Now(), Language: "en",
	})
	p.must(err)
	p.under(store.JobPlan, r.ID, func(ctx context.Context, w *store.Work) error { return p.f.Plan(ctx, w, r.ID) })
	p.under(store.JobLane, "dump:old", func(ctx context.Context, w *store.Work) error { return p.f.Scan(ctx, w, "dump:old") })
	return r.ID
}

// used is the processor's time that this process has taken, which others on the machine change
// little.
func (p packaging) used() time.Duration {
	p.b.Helper()
	var u syscall.Rusage
	p.must(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkPackage is the whole way of an archive: records are opened, written, signed and
// encrypted. report.packagedPerSecond follows from it.
func BenchmarkPackage(b *testing.B) {
	p := newPackaging(b)
	var took time.Duration
	for b.Loop() {
		b.StopTimer()
		id := p.searched()
		begun := p.used()
		b.StartTimer()
		p.under(store.JobPackage, id, func(ctx context.Context, w *store.Work) error { return p.f.Package(ctx, w, id) })
		b.StopTimer()
		took += p.used() - begun
		snap, err := p.s.Snapshot(b.Context(), id)
		p.must(err)
		if found := snap.Request.Result; found.Messages != conversations*messagesEach {
			b.Fatalf("%d messages were packaged", found.Messages)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(b.N*conversations*(1+messagesEach))/took.Seconds(), "records/cpu-s")
}

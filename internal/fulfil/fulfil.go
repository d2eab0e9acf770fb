// Package fulfil tells the story of a request: plan, scan, collect, package. It
// keeps true that whatever could hide a record ends the search of that source as
// incomplete with a reason, that a page's effects are committed whole or not at all,
// and that a vendor's limit is kept by whoever reads.
//
// A request's way: Plan fixes as_of and what to read of each source; Lane reads the
// ranges of all sources on one vendor host, for every request that waits for them;
// Package turns what was found into the signed archive. Each is the handler of a job
// and safe to run again after a crash.
package fulfil

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"dsr-server/internal/archive"
	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/sign"
	"dsr-server/internal/vault"
)

// Store is the store as the holder of one job's lease sees it; every write is fenced
// and is one transaction.
type Store interface {
	Lease
	// Look notes what has been asked for so far; what comes later runs the job again.
	Look(ctx context.Context) error
	// TakenOver reports whether another holder may have been calling until just now;
	// Settled says that the distance to it has been kept.
	TakenOver() bool
	Settled()
	// Stopping is closed when the program is about to stop: pages under way are
	// finished, none is begun.
	Stopping() <-chan struct{}

	Lookup(ctx context.Context, id string) (dsr.Request, error)
	Snapshot(ctx context.Context, id string) (dsr.Snapshot, error)

	// Plan moves queued to running; a request that is not queued is left alone.
	Plan(ctx context.Context, id string, asOf time.Time, parts []dsr.Part, lanes []string) error
	Board(ctx context.Context, sources []string) (dsr.Board, error)
	BeginRange(ctx context.Context, g dsr.Range) (dsr.Range, error)
	// CommitPage returns who still needs the range; nobody: stop reading it.
	CommitPage(ctx context.Context, p dsr.PageRead) (needed []string, err error)
	RestartRange(ctx context.Context, g dsr.Range, cause string, perPage int) error
	SplitRange(ctx context.Context, g dsr.Range, mid int64, perPage int) error
	// DropMessages ends a short cut's range of messages that the vendor does not know.
	DropMessages(ctx context.Context, g dsr.Range) error
	FailRange(ctx context.Context, g dsr.Range, reason dsr.Reason) error
	WidenPart(ctx context.Context, id, source string, margin time.Duration, want dsr.Reach) error
	EndPart(ctx context.Context, id, source string, reasons []dsr.Reason) error
	Snooze(ctx context.Context, source string, until time.Time) error
	// BeginArchive names a file before it is begun and returns those of earlier tries.
	BeginArchive(ctx context.Context, id, name string) (abandoned []string, err error)
	Files
	// Finish moves running to ready or review and returns the archive file that is
	// needed no longer, if any.
	Finish(ctx context.Context, o dsr.Outcome) (unneeded string, err error)

	DumpStore
}

// Files is the record of the files in the archive folder.
type Files interface {
	ArchiveFiles(ctx context.Context) (dsr.ArchiveFiles, error)
	// ForgetFiles takes names off the record whose files are there no longer.
	ForgetFiles(ctx context.Context, names ...string) error
}

// Source is one configured source and how to read it.
type Source struct {
	dsr.Source
	Export   export.Source
	Dump     *export.Dump  // of a folder of files; then there is no Export
	Interval time.Duration // 1/rate of its endpoints
	// Window is the vendor's count of all calls to the host, where it counts them together
	// over a longer stretch. Zero: each endpoint has a pace of its own.
	Window Window
	// Information is what archives tell beside the source's data.
	Information dsr.Information
}

// Window is a number of calls in any stretch of a length.
type Window struct {
	Calls int
	Per   time.Duration
}

// Options configure a Fulfiller.
type Options struct {
	Sources   []Source
	Found     func(id string) archive.Contents // what has been found for a request
	Vault     *vault.Vault
	Signer    *sign.Signer
	Software  string // name and version, as the archive shows it
	Now       func() time.Time
	Log       *slog.Logger
	Backoff   func(failures int) time.Duration // export.Backoff
	JoinDelay time.Duration                    // how long a new range waits for company; 500 ms
	// ManyMatches is beyond how many conversations staff are warned; dsr.ManyMatches.
	ManyMatches int64
}

// Fulfiller handles the jobs of requests. Its pacers live as long as it does, so one
// process has one.
type Fulfiller struct {
	o       Options
	sources map[string]Source

	mu     sync.Mutex
	pacers map[pacerKey]*export.Pacer
	held   map[string]Lease // of the lanes that run in this process
}

type pacerKey struct {
	lane     string
	endpoint dsr.Endpoint
}

// New returns a Fulfiller for the sources; it makes no call.
func New(o Options) *Fulfiller {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Backoff == nil {
		o.Backoff = export.Backoff
	}
	if o.JoinDelay == 0 {
		o.JoinDelay = 500 * time.Millisecond
	}
	if o.ManyMatches == 0 {
		o.ManyMatches = dsr.ManyMatches
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	f := &Fulfiller{o: o, sources: map[string]Source{}, pacers: map[pacerKey]*export.Pacer{}, held: map[string]Lease{}}
	for _, s := range o.Sources {
		f.sources[s.Name] = s
	}
	return f
}

// pacer returns the one pacer of an endpoint on a host, at the lowest rate that any
// source on the host is configured with.
func (f *Fulfiller) pacer(lane string, e dsr.Endpoint) *export.Pacer {
	f.mu.Lock()
	defer f.mu.Unlock()
	interval, window := f.limit(lane)
	k := pacerKey{lane, e}
	if window.Calls > 0 {
		k.endpoint = "" // all of them together
	}
	if p, made := f.pacers[k]; made {
		return p
	}
	p := export.NewPacer(interval)
	if window.Calls > 0 {
		p.Within(window.Calls, window.Per)
	}
	f.pacers[k] = p
	return p
}

// limit is the slowest of what the sources on a host are configured with.
func (f *Fulfiller) limit(lane string) (interval time.Duration, window Window) {
	for _, s := range f.o.Sources {
		if s.Lane != lane {
			continue
		}
		interval = max(interval, s.Interval)
		if s.Window.Calls > 0 && (window.Calls == 0 || s.Window.Calls < window.Calls) {
			window = s.Window
		}
	}
	return interval, window
}

// Memory is how long the host may remember a call when it counts: who takes over from a
// holder that vanished waits it out first.
func (f *Fulfiller) Memory(lane string) time.Duration {
	_, window := f.limit(lane)
	return max(limiterWindow, window.Per)
}

// ErrStopping is returned by Lane when it stopped between two pages, as asked.
var ErrStopping = errors.New("the program is stopping")

// hold notes whose lease a lane runs under, until the returned func is called.
func (f *Fulfiller) hold(lane string, lease Lease) (release func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held[lane] = lease
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.held, lane)
	}
}

// rest lets the pacers of a host begin anew, because its lease has been with others.
func (f *Fulfiller) rest(lane string) {
	for _, e := range []dsr.Endpoint{dsr.Conversations, dsr.Messages} {
		f.pacer(lane, e).Rest()
	}
}

// Held returns the lease under which this process reads from the host, if it does.
func (f *Fulfiller) Held(lane string) (Lease, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	lease, held := f.held[lane]
	return lease, held
}

// SourcesOn lists the configured sources on a host.
func (f *Fulfiller) SourcesOn(lane string) (names []string) {
	for _, s := range f.o.Sources {
		if s.Lane == lane {
			names = append(names, s.Name)
		}
	}
	return names
}

// Source returns the configured source of that name.
func (f *Fulfiller) Source(name string) (Source, bool) {
	s, configured := f.sources[name]
	return s, configured
}

// Later is returned by Lane when all its work waits for a time.
type Later struct{ Until time.Time }

func (l Later) Error() string {
	return fmt.Sprintf("nothing to do before %s", l.Until.Format(time.RFC3339))
}

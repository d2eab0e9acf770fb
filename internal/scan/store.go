package scan

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// Source is one configured source and how to read it.
type Source struct {
	dsr.Source
	Export export.Source
	Pace   time.Duration // between calls to an endpoint: 1/rate. Zero: there is no limit
	// Limit is the vendor's count of all calls to the host, where it counts them together
	// over a longer time. Zero: each endpoint has a pace of its own.
	Limit Limit
}

// whole reports whether less than all that the unit is a part of cannot be asked for.
func (s Source) whole(u dsr.Unit) bool {
	if u.Endpoint == dsr.Messages {
		return s.WholeMessages
	}
	return s.Whole
}

// Limit is a number of calls in any period of a length.
type Limit struct {
	Calls int
	Per   time.Duration
}

// Lease is the right to read from a host.
type Lease interface {
	// Alive reports whether the lease holds; no vendor call starts when it does not.
	Alive() bool
}

// Store is the store as the holder of one lane's lease sees it; every write is fenced
// and is one transaction.
type Store interface {
	Lease
	// NoteWakes notes what has been asked for so far; what comes later runs the job again.
	NoteWakes(ctx context.Context) error
	// TakenOver reports whether another holder may have been calling until just now;
	// Settled says that the distance to it has been kept.
	TakenOver() bool
	Settled()
	// Stopping is closed when the program is about to stop: batches under way are
	// finished, none is begun.
	Stopping() <-chan struct{}

	Lookup(ctx context.Context, id string) (dsr.Request, error)
	// Runs says in which run each of the requests is.
	Runs(ctx context.Context, ids []string) ([]int64, error)
	Snapshot(ctx context.Context, id string) (dsr.Snapshot, error)
	OpenWork(ctx context.Context, sources []string) (dsr.OpenWork, error)
	// FoundConversations lists the ids of the conversations found for a request.
	FoundConversations(ctx context.Context, id, source string) ([]string, error)

	// MessagesMissing is how many conversations that were found count messages of which none was.
	MessagesMissing(ctx context.Context, id, source string) (int64, error)
	// Lacking counts the conversations that were found of which something is known to be
	// missing, by the code of the reason.
	Lacking(ctx context.Context, id, source string) (map[string]int64, error)

	// Orphans are the messages in the folder's files whose conversation none of them lists,
	// as far as they may be of the window.
	Orphans(ctx context.Context, id, source string, w dsr.Window) (dsr.Orphans, error)
	// Listed counts the different records in units that are files: conversations, and those
	// messages that are in pages.
	Listed(ctx context.Context, source string, units []int64) (int64, error)

	// Begin returns the unit with those who still need it; nobody: do not read it.
	Begin(ctx context.Context, u dsr.Unit) (dsr.Unit, error)
	// Commit returns who still needs the unit; nobody: stop reading it.
	Commit(ctx context.Context, c dsr.Commit) (needed []string, err error)
	// Restart, Split, Postpone and Drop keep u.Tally, which is what has been counted since the
	// last commit. Postpone notes since when there has been no good page.
	Postpone(ctx context.Context, u dsr.Unit) error
	Restart(ctx context.Context, u dsr.Unit, cause string, perPage int) error
	Split(ctx context.Context, u dsr.Unit, mid int64, perPage int) error
	// Drop reports whether u was a guide: of a conversation that had not been seen, nor been
	// asked for before.
	Drop(ctx context.Context, u dsr.Unit) (bool, error)

	Queue(ctx context.Context, s dsr.SourceSearch, stage dsr.Stage, p dsr.SearchPlan) error
	// Probe puts in line a look at whether the source lists anything at all in an interval.
	Probe(ctx context.Context, id, source string, interval dsr.Interval, perPage int) error
	Widen(ctx context.Context, s dsr.SourceSearch, margin time.Duration, want dsr.Interval) error
	// EndSearch ends one search, EndSearches those for which a unit is read, EndSource all of
	// a source. They return for which requests.
	EndSearch(ctx context.Context, s dsr.SourceSearch, why []dsr.Reason) (ended []string, err error)
	EndSearches(ctx context.Context, u dsr.Unit, why []dsr.Reason) (ended []string, err error)
	EndSource(ctx context.Context, source string, why []dsr.Reason) (ended []string, err error)
	Snooze(ctx context.Context, source string, until time.Time) error
}

// settings are what the parts of an engine share.
type settings struct {
	now       func() time.Time
	log       *slog.Logger
	backoff   func(failures int) time.Duration
	joinDelay time.Duration
	meter     Meter
}

// ErrStopping is returned by Lane when it stopped between two batches, as asked.
var ErrStopping = errors.New("the program is stopping")

// Later is returned by Lane when all its work waits for a time.
type Later struct{ Until time.Time }

func (l Later) Error() string {
	return fmt.Sprintf("nothing to do before %s", l.Until.Format(time.RFC3339))
}

// errReschedule: the unit has changed or must wait; not a failure. The lane decides anew.
var errReschedule = errors.New("the unit has changed or must wait")

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sooner is the earlier of two times, of which a zero one is none.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

package jobs

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// DefaultLease is how long a job stays with a worker that says nothing.
	DefaultLease = 15 * time.Second
	// DefaultPoll is how late a job may start that nobody called Wake for.
	DefaultPoll = time.Second
	// DefaultGrace leaves half of the 20 s in which a stop must be over to what comes
	// after the queue.
	DefaultGrace = 10 * time.Second
)

// ErrStopped is why work is cancelled when the grace is over. A handler that returns
// it after Lease.Stopping gives its job back without using up an attempt.
var ErrStopped = errors.New("jobs: the queue is stopping")

// Owner says which kind of process holds a lease.
type Owner string

const (
	Serve   Owner = "serve"   // one per database; its successor frees its leases
	Command Owner = "command" // extract, check: their leases end by themselves
)

// Handler does the work of one job. It may be run again after a crash, so it commits
// its steps through Step and carries on from them. It must end soon after ctx has.
// Returning
//   - nil finishes the job, unless it was woken after the last NoteWakes: then it is due;
//   - Snooze puts it back until a time;
//   - an error that is a StorageFault puts it back to try again after a while;
//   - any other error, or a panic, uses up an attempt.
type Handler func(ctx context.Context, l *Lease) error

// Work is how jobs of one kind are done.
type Work struct {
	Handle  Handler
	Workers int // how many at once in this process; zero: 1
	// OnDead runs in the transaction that gives a job up, after its last attempt; it
	// may be nil. If it fails, the job is not given up but tried again after a while.
	OnDead func(ctx context.Context, tx *sql.Tx, l *Lease, cause error) error
}

// Options of a queue; the zero value of each field is a default.
type Options struct {
	Work     map[string]Work         // by kind; other kinds are left to others
	Owner    Owner                   // Serve
	Worker   string                  // unique name of this process
	Now      func() time.Time        // of stored times; time.Now
	LeaseFor time.Duration           // DefaultLease
	Poll     time.Duration           // DefaultPoll
	Grace    time.Duration           // DefaultGrace; negative: none
	Backoff  func(int) time.Duration // wait after the nth failure in a row
	Log      *slog.Logger            // discarded
	// Attempt is told that an attempt begins, and returns the context of its handler; ended
	// is told how it ended and how long it took. It may be nil.
	Attempt func(ctx context.Context, l *Lease) (_ context.Context, ended func(outcome string, took time.Duration))
}

// Queue is one process's view of the table.
type Queue struct {
	db       *sql.DB
	work     map[string]Work
	slots    map[string]chan struct{}
	kinds    []string // sorted
	owner    Owner
	worker   string
	now      func() time.Time
	leaseFor time.Duration
	poll     time.Duration
	grace    time.Duration
	backoff  func(int) time.Duration
	log      *slog.Logger
	attempt  func(context.Context, *Lease) (context.Context, func(string, time.Duration))

	nudge   chan struct{} // holds one: a nudge that nobody waits for is kept
	running sync.WaitGroup
	started atomic.Bool
	health  atomic.Pointer[error]
}

// New returns a queue on a migrated database. Transactions of db must be immediate.
func New(db *sql.DB, o Options) *Queue {
	q := &Queue{
		db: db, work: o.Work, slots: make(map[string]chan struct{}), kinds: slices.Sorted(maps.Keys(o.Work)),
		owner: or(o.Owner, Serve), worker: or(o.Worker, fmt.Sprintf("%d-%s", os.Getpid(), rand.Text()[:8])),
		now: o.Now, leaseFor: or(o.LeaseFor, DefaultLease), poll: or(o.Poll, DefaultPoll),
		grace: or(o.Grace, DefaultGrace), backoff: o.Backoff, log: o.Log, attempt: o.Attempt,
		nudge: make(chan struct{}, 1),
	}
	if q.now == nil {
		q.now = time.Now
	}
	if q.backoff == nil {
		q.backoff = jittered
	}
	if q.attempt == nil {
		q.attempt = func(ctx context.Context, _ *Lease) (context.Context, func(string, time.Duration)) {
			return ctx, func(string, time.Duration) {}
		}
	}
	if q.log == nil {
		q.log = slog.New(slog.DiscardHandler)
	}
	for kind, w := range o.Work {
		q.slots[kind] = make(chan struct{}, max(w.Workers, 1))
	}
	q.setHealth(errors.New("jobs: the workers have not been started"))
	return q
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Run works on jobs until ctx ends and returns nil when the stop is complete: no new
// claims, then what is running has the grace to end, then it is cancelled with cause
// ErrStopped and given back without using up an attempt. Run waits for every handler.
// It fails at once if the table cannot be read. It may be called once.
func (q *Queue) Run(ctx context.Context) error {
	if q.started.Swap(true) {
		return errors.New("jobs: Run was called before")
	}
	if _, err := Count(ctx, q.db, q.now()); err != nil && ctx.Err() == nil {
		return err // a stop before the first look is a stop like any other
	}
	working, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	q.dispatch(ctx, working)
	q.setHealth(ErrStopped)
	q.drain(cancel)
	return nil
}

// Wake makes Run look for due jobs now. Call it after the commit of an Enqueue;
// without it the job is found at the next poll.
func (q *Queue) Wake() {
	select {
	case q.nudge <- struct{}{}:
	default: // one is waiting already, and it has not looked yet
	}
}

// Healthy returns nil while Run is taking jobs; else what keeps it from it.
func (q *Queue) Healthy() error { return *q.health.Load() }

func (q *Queue) setHealth(err error) { q.health.Store(&err) }

// dispatch claims jobs while slots are free, until stopping ends.
func (q *Queue) dispatch(stopping, working context.Context) {
	for stopping.Err() == nil {
		found, err := q.claimRound(stopping, working)
		q.setHealth(err)
		if err != nil {
			q.log.WarnContext(working, "no job can be claimed", slog.Any("err", err))
		}
		if found && err == nil {
			continue
		}
		select {
		case <-stopping.Done():
		case <-q.nudge:
		case <-time.After(q.poll):
		}
	}
}

// claimRound starts at most one job of each kind, so that none can starve another.
func (q *Queue) claimRound(stopping, working context.Context) (found bool, err error) {
	for _, kind := range q.kinds {
		select {
		case q.slots[kind] <- struct{}{}:
		default:
			continue // all workers of this kind are busy; each nudges when it is free
		}
		var l *Lease
		if stopping.Err() == nil {
			l, err = q.claim(stopping, kind)
		}
		if l == nil {
			<-q.slots[kind]
			if err != nil {
				return found, err
			}
			continue
		}
		found = true
		l.hold(working, stopping.Done())
		q.running.Go(func() { q.run(l) })
	}
	return found, nil
}

// drain waits for what is running, cancelling it when the grace is over.
func (q *Queue) drain(cancel context.CancelCauseFunc) {
	idle := make(chan struct{})
	go func() {
		q.running.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		return
	case <-time.After(q.grace):
	}
	cancel(ErrStopped)
	<-idle
}

func (q *Queue) inTx(ctx context.Context, f func(context.Context, *sql.Tx) error) error {
	tx, err := q.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() // after a commit there is nothing to roll back
	if err := f(ctx, tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

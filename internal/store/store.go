package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/uuid"
	_ "github.com/mattn/go-sqlite3" // the driver

	"dsr-server/internal/dsr"
	"dsr-server/internal/jobs"
	"dsr-server/internal/seal"
)

// Options configure a Store; all but Dir have defaults.
type Options struct {
	Dir         string           // data_dir: dsr.db and master.key live here
	KeyInMemory bool             // the master key is in memory alone: what is stored ends with the process
	Driver      string           // of database/sql; sqlite3
	Now         func() time.Time // time.Now
	// Elapsed is the time that has passed by a clock that nobody moves; that of the machine,
	// or, where Now is given, that of Now.
	Elapsed          func() time.Duration
	Deadlines        dsr.Deadlines    // Filled is applied
	Presentation     dsr.Presentation // of the archives of requests submitted from now on
	ArchiveRetention time.Duration    // how long an archive is kept after it became ready; 90 days
	RequestRetention time.Duration    // how long a request is kept after it was settled; a year
	MaxDownloads     int              // most downloads of one archive; 0: unlimited
	MaxOpen          int              // most requests queued or running; 1,000
	ReviewAll        bool             // release.review: required
	Mail             bool             // staff are told by mail
	// RemoveArchive removes an archive's file; the vault's. Nothing is removed without it.
	RemoveArchive func(name string) error
	Woken         func() // called after a commit that enqueued work
	// SignReceipt returns the armored SSH signature of a receipt; without it nothing
	// can be purged.
	SignReceipt func(text []byte) ([]byte, error)
}

// Store is safe for concurrent use. Close it.
type Store struct {
	opts     Options
	use      *flock.Flock // shared while the store is open, alone for a rotation of the master key
	home     fs.FileInfo  // the database's file as it was opened
	w        *sql.DB      // one connection: SQLite has one writer
	r        *sql.DB
	master   seal.Key
	lastUnit atomic.Int64 // the highest number a unit has or had
	first    bool         // the database was made by this start
	clock    *clock
	damaged  atomic.Bool // a page was read that SQLite has not written
	altered  atomic.Bool // the log, or a row that it speaks of, is not as it was written
	equal    seal.Key    // of equality on what belongs to no request
	group    together
}

// unanswered is the least time an archive is kept while its request has not been
// answered: the month of Art. 12(3) and the two it may be extended by.
const unanswered = 90 * 24 * time.Hour

func (o *Options) setDefaults() {
	if o.Now == nil {
		o.Now = time.Now
		if start := time.Now(); o.Elapsed == nil {
			o.Elapsed = func() time.Duration { return time.Since(start) }
		}
	}
	o.Deadlines = o.Deadlines.Filled()
	if o.Driver == "" {
		o.Driver = "sqlite3"
	}
	if o.ArchiveRetention == 0 {
		o.ArchiveRetention = unanswered
	}
	if o.RequestRetention == 0 {
		o.RequestRetention = 365 * 24 * time.Hour
	}
	if o.SignReceipt == nil {
		o.SignReceipt = func([]byte) ([]byte, error) { return nil, errors.New("there is no key to sign receipts with") }
	}
	if o.MaxOpen == 0 {
		o.MaxOpen = 1000
	}
	if o.RemoveArchive == nil {
		o.RemoveArchive = func(string) error { return nil }
	}
	if o.Woken == nil {
		o.Woken = func() {}
	}
}

func openDB(driver, path, mode string, conns int, seen func(error)) (*sql.DB, error) {
	// The driver is compiled with NORMAL as WAL's default: without FULL an
	// acknowledged commit could be lost with the power.
	q := url.Values{
		"mode": {mode}, "_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_busy_timeout": {"5000"},
		"_txlock": {"immediate"}, "_foreign_keys": {"on"}, "_secure_delete": {"on"},
		"_stmt_cache_size": {"128"}, // a search runs the same statements for every page
	}
	if mode == "ro" {
		q.Del("_journal_mode")
		q.Set("_txlock", "deferred")
	}
	registered, err := sql.Open(driver, "") // opens nothing yet
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db := sql.OpenDB(connector{registered.Driver(), fileURI(path, q), seen})
	db.SetMaxOpenConns(conns)
	return db, registered.Close()
}

// fileURI is the name under which SQLite opens the file of any path.
func fileURI(path string, q url.Values) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// Close closes the database; the Store must not be used afterwards.
func (s *Store) Close() error {
	var err error
	if s.r != nil {
		err = s.r.Close()
	}
	// The writer last: it empties the write-ahead log into the database, so that a
	// database which nobody has open is one file.
	return errors.Join(err, s.w.Close(), s.use.Close())
}

// DB is the writing connection, for the queue, which owns its own table.
func (s *Store) DB() *sql.DB { return s.w }

// tx is a transaction that carries the moment it is of; latest is the newest moment known
// of, which is another one when the clock was set back.
type tx struct {
	*sql.Tx
	s           *Store
	now, latest time.Time
	// keys are the data keys unwrapped so far, by request; nil where rows may change.
	keys map[string]seal.Key
}

// update runs f in one writing transaction; f's error rolls everything back.
func (s *Store) update(ctx context.Context, f func(tx) error) error {
	t, err := s.w.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = t.Rollback() }() // after a commit this does nothing
	if err := f(s.in(t)); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// view runs f in one reading transaction: all it sees is of one moment.
func (s *Store) view(ctx context.Context, f func(tx) error) error {
	t, err := s.r.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = t.Rollback() }()
	reading := s.in(t)
	reading.keys = map[string]seal.Key{}
	return f(reading)
}

// in is a transaction of this moment.
func (s *Store) in(t *sql.Tx) tx {
	return tx{Tx: t, s: s, now: s.now(), latest: s.clock.latest().UTC()}
}

// now is cut to the milliseconds that the tables hold.
func (s *Store) now() time.Time { return s.opts.Now().UTC().Truncate(time.Millisecond) }

// Now is the time as the store sees it.
func (s *Store) Now() time.Time { return s.now() }

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// translate turns a storage fault into one the caller may see and repeat.
func translate(err error) error {
	if jobs.StorageFault(err) {
		return errors.Join(dsr.Errorf(dsr.Unavailable, "storage_unavailable",
			"the database cannot be written at present (full, read-only, busy or refusing the write); nothing was stored; try again"), err)
	}
	return err
}

// millis is a time as the tables hold it; a zero time is NULL.
func millis(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}

func fromMillis(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.UnixMilli(n.Int64).UTC()
}

func text(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }

func (t tx) ids(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := t.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("select requests: %w", err)
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("select requests: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// nanos holds a time that fits in 64 bits. Times outside 1678-2262, such as a 9999
// placeholder, are stored as NULL.
func nanos(t time.Time) sql.NullInt64 {
	n := t.UnixNano()
	return sql.NullInt64{Int64: n, Valid: time.Unix(0, n).Equal(t)}
}

func fromNanos(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.Unix(0, n.Int64).UTC()
}

// together collects writes that arrive at the same time, to be committed in one transaction:
// a disk takes only so many commits a second. Each caller's part has a savepoint of its own,
// and succeeds or fails by itself.
type together struct {
	mu      sync.Mutex
	waiting []*part
	running bool
}

// part is what one caller wants to be committed.
type part struct {
	f     func(tx) error
	ended chan error // nil: committed
	fault any        // of f, if it panicked
}

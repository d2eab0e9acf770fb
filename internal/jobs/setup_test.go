package jobs

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"dsr-server/migrations"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(childDatabase); path != "" {
		os.Exit(child(path))
	}
	goleak.VerifyTestMain(m)
}

// database returns the path of a migrated database with a table for effects.
func database(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "jobs.db")
	db := open(t, path)
	files, err := migrations.NewProvider(db)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := files.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustExec(t, db, `CREATE TABLE effects (key TEXT NOT NULL, step INTEGER NOT NULL, PRIMARY KEY (key, step)) STRICT`)
	return path
}

func open(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := connect(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func connect(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", "file:"+path+
		"?_journal_mode=WAL&_synchronous=FULL&_busy_timeout=5000&_txlock=immediate&_foreign_keys=on&_secure_delete=on")
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

func fresh(t *testing.T) *sql.DB {
	t.Helper()
	return open(t, database(t))
}

func mustExec(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}

// inTx commits f, or returns its error.
func inTx(db *sql.DB, f func(tx *sql.Tx) error) error {
	q := &Queue{db: db}
	return q.inTx(context.Background(), func(_ context.Context, tx *sql.Tx) error { return f(tx) })
}

func enqueue(t *testing.T, db *sql.DB, jobs ...Job) {
	t.Helper()
	err := inTx(db, func(tx *sql.Tx) error {
		for _, j := range jobs {
			if err := Enqueue(t.Context(), tx, time.Now(), j); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func claim(t *testing.T, q *Queue, kind string) *Lease {
	t.Helper()
	l, err := q.claim(t.Context(), kind)
	if err != nil {
		t.Fatal(err)
	}
	if l == nil {
		t.Fatalf("no %s job is due", kind)
	}
	return l
}

func noClaim(t *testing.T, q *Queue, kind string) {
	t.Helper()
	if l, err := q.claim(t.Context(), kind); l != nil || err != nil {
		t.Fatalf("claimed %+v, %v; want nothing to be due", l, err)
	}
}

func acquire(t *testing.T, q *Queue, kind, key string) *Lease {
	t.Helper()
	l, err := q.Acquire(t.Context(), kind, key)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// only returns the one job of the table.
func only(t *testing.T, db *sql.DB, state State) Entry {
	t.Helper()
	entries, err := List(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].State != state {
		t.Fatalf("jobs %+v; want one, and that %s", entries, state)
	}
	return entries[0]
}

func count(t *testing.T, db *sql.DB) Stats {
	t.Helper()
	s, err := Count(t.Context(), db, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func wantEmpty(t *testing.T, db *sql.DB) {
	t.Helper()
	if s := count(t, db); s != (Stats{}) {
		t.Errorf("jobs %+v are left, want none", s)
	}
}

func effects(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM effects`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// start runs q until the returned function is called, which waits for its end.
func start(t *testing.T, q *Queue) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// one is the Work of a queue with a single kind, "k".
func one(h Handler) map[string]Work { return map[string]Work{"k": {Handle: h}} }

func job(key string) Job { return Job{Kind: "k", Key: key} }

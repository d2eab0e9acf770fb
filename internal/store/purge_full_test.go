package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"

	"dsr-server/internal/datadir"
	"dsr-server/internal/dsr"
)

// onFullDisk is the name of a driver that has no room for deleting what was found.
var onFullDisk = sync.OnceValue(func() string {
	const name = "sqlite3 on a full disk"
	sql.Register(name, fullDisk{&sqlite3.SQLiteDriver{}})
	return name
})

type fullDisk struct{ driver.Driver }

func (d fullDisk) Open(name string) (driver.Conn, error) {
	conn, err := d.Driver.Open(name)
	if err != nil {
		return nil, err
	}
	return fullDiskConn{conn.(fullConn)}, nil
}

type fullDiskConn struct{ fullConn }

func (c fullDiskConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if strings.HasPrefix(query, "DELETE FROM records") {
		return nil, sqlite3.Error{Code: sqlite3.ErrFull}
	}
	return c.fullConn.ExecContext(ctx, query, args)
}

// TestAPurgeThatIsCommittedHasSucceeded, whatever fails after that: the sweep, which it has
// made due, ends it.
func TestAPurgeThatIsCommittedHasSucceeded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		remove error
		spoil  func(l *life)
	}{
		"rows that stay":                    {},
		"an archive that cannot be removed": {remove: errors.New("stale file handle")},
		"a reserve that cannot be given back": {spoil: func(l *life) {
			l.must(os.MkdirAll(filepath.Join(l.dir, datadir.Reserve, "x"), 0o700))
		}},
	} {
		woken := 0
		l := newLife(t, func(o *Options) {
			o.Driver, o.RemoveArchive, o.Woken = onFullDisk(), func(string) error { return c.remove }, func() { woken++ }
		})
		id, due := l.ready("by hand"), l.ready("by plan")
		_, err := l.s.Answered(t.Context(), byAdmin, due, dsr.Answer{})
		l.must(err)
		if c.spoil != nil {
			c.spoil(l)
		}
		woken = 0
		if file, err := l.s.Purge(t.Context(), byAdmin, id); err != nil || file != id+".age" || woken != 1 || l.status(id) != dsr.Purged {
			t.Errorf("%s: purged by hand: file %q, error %v, woken %d times, now %s", name, file, err, woken, l.status(id))
		}
		l.pass(100 * time.Hour)
		if err := l.work().PurgeDue(t.Context()); err != nil || l.status(due) != dsr.Purged {
			t.Errorf("%s: purged by plan: %v, now %s", name, err, l.status(due))
		}
	}
}

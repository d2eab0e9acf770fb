package main

import (
	"database/sql"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/fake/vendor"
)

// spoil overwrites a page of the stopped program's database: the first of a table.
func (h *harness) spoil(table string) {
	h.t.Helper()
	db, err := sql.Open("sqlite3", h.data("dsr.db"))
	if err != nil {
		h.t.Fatal(err)
	}
	var root, size int64
	err = db.QueryRowContext(h.t.Context(), `SELECT rootpage, (SELECT page_size FROM pragma_page_size) FROM sqlite_master WHERE name = ?`, table).Scan(&root, &size)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		h.t.Fatal(err)
	}
	f, err := os.OpenFile(h.data("dsr.db"), os.O_WRONLY, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte(strings.Repeat("damage", int(size)/6)), (root-1)*size); err != nil {
		h.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		h.t.Fatal(err)
	}
}

// overdue is the data folder of a stopped service whose one request will be purged by plan
// when it is started some days later.
func overdue(t *testing.T) (h *harness, later setup) {
	t.Helper()
	h = build(t, vendor.Sample(), setup{earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}, top: "retention: {archive: 24h, request: 48h}"})
	id := h.submit(ofAna.body())
	h.until(id, "ready")
	h.do(http.MethodPost, "/api/v1/requests/"+id+"/answered", "", http.StatusOK)
	h.stop()
	clock := &movingClock{}
	clock.pass(5 * 24 * time.Hour)
	return h, setup{now: clock.now}
}

// TestADatabaseThatIsNotAsItWasWritten starts on one with a damaged page, and on one whose
// rows were changed past the program: the service says so by itself, deletes nothing, and
// the commands say what it is.
func TestADatabaseThatIsNotAsItWasWritten(t *testing.T) {
	t.Parallel()
	whole, later := overdue(t)
	t.Run("nothing is wrong", func(t *testing.T) {
		t.Parallel()
		h := whole.copied(t)
		h.start(later)
		h.await("what is due is purged", func() bool { return h.number(`SELECT count(*) FROM requests WHERE status = 'purged'`) == 1 })
	})
	for name, c := range map[string]struct {
		spoil       func(h *harness)
		code, check string
		verify      int
		names       string
	}{
		"damage": {func(h *harness) { h.spoil("sessions") }, "database_damaged", "BAD           database_damaged", 0, ""},
		"a planted administrator": {func(h *harness) {
			h.exec(`INSERT INTO people (id, login, name, role, password_hash, created_at) VALUES ('user:eve', 'eve', 'Eve', 'admin', '$argon2id$', 0)`)
		}, "log_altered", "the database was changed outside this program", 1, "person user:eve: it is in the database, but no event in the audit log created it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := whole.copied(t)
			c.spoil(h)
			status, said := h.program("check")
			if status != 1 || !strings.Contains(said, c.check) {
				t.Errorf("check ends with %d and says:\n%s", status, said)
			}
			if status, said := h.program("audit", "verify"); status != c.verify || !strings.Contains(said, c.names) {
				t.Errorf("audit verify ends with %d and says:\n%s", status, said)
			}
			h.start(later)
			h.await("/readyz is red and says why", func() bool {
				a := h.call(http.MethodGet, "/readyz", "")
				return a.status == http.StatusServiceUnavailable && a.json["code"] == c.code
			})
			h.stop()
			if n := h.number(`SELECT count(*) FROM requests WHERE status = 'purged'`); n != 0 {
				t.Errorf("%d requests were purged", n)
			}
			if c.names != "" && !strings.Contains(h.log.String(), c.names) {
				t.Errorf("the log does not say %q", c.names)
			}
		})
	}
}

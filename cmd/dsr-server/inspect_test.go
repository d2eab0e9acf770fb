package main

import (
	"database/sql"
	"net/http"
	"os"
	"strings"
	"testing"
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

// TestADatabaseThatIsNotAsItWasWritten starts on one with a damaged page, and on one whose
// rows were changed past the program: the service says so by itself, deletes nothing, and
// the commands say what it is.
func TestADatabaseThatIsNotAsItWasWritten(t *testing.T) {
	t.Parallel()
	whole, _ := lived(t)
	for name, c := range map[string]struct {
		spoil       func(h *harness)
		code, check string
		verify      int
		names       string
	}{
		"damage": {func(h *harness) { h.spoil("views") }, "database_damaged", "BAD           database_damaged", 0, ""},
		"a planted administrator": {func(h *harness) {
			h.exec(`INSERT INTO people (id, login, name, role, password_hash, created_at) VALUES ('user:eve', 'eve', 'Eve', 'admin', '$argon2id$', 0)`)
			h.exec(`UPDATE requests SET answered_at = 1, answer_outcome = 'given', answer_told_on = '1970-01-01'`) // it would be purged
		}, "log_altered", "rows or values are not as the audit log says", 1, "person user:eve: no event has made it"},
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
			h.start(setup{})
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

package main

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/fake/vendor"
)

// swept waits until a sweep that began after now has ended.
func (h *harness) swept() {
	h.t.Helper()
	h.exec(`UPDATE jobs SET run_at = 0 WHERE kind = 'sweep' AND state = 'due'`)
	h.p.Queue.Wake()
	h.await("the sweep has ended", func() bool {
		return h.number(`SELECT count(*) FROM jobs WHERE kind = 'sweep' AND state = 'due' AND run_at > 0`) == 1
	})
}

func sweepSetup() setup {
	return setup{earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}}
}

const anyRequest = `{"selectors":[{"metadata":{"key":"*","value":"ana@example.com"}}]}`

// wantUnknown holds when the service counts so many files that are not its own.
func (h *harness) wantUnknown(n string) {
	h.t.Helper()
	if text := string(h.do("GET", "/metrics", "", http.StatusOK).raw); !strings.Contains(text, "dsr_archive_files_unknown "+n+"\n") {
		i := strings.Index(text, "dsr_archive")
		h.t.Errorf("the figures do not show %s unknown files: %s", n, text[max(i, 0):min(max(i, 0)+200, len(text))])
	}
}

// TestASweepLeavesTheArchivesOfANewerDatabase: a database that was restored from a
// backup knows nothing of what came after it, and must not delete that.
func TestASweepLeavesTheArchivesOfANewerDatabase(t *testing.T) {
	t.Parallel()
	asItWasWhilePackaging := []string{ // of the second request: its file is named, and not yet its archive
		`DROP TRIGGER requests_status_moves`,
		`UPDATE archive_files SET finished = 0 WHERE name = (SELECT archive_name FROM requests ORDER BY created_at DESC LIMIT 1)`,
		`UPDATE requests SET status = 'failed', archive_name = NULL, archive_identity = NULL WHERE id = (SELECT id FROM requests ORDER BY created_at DESC LIMIT 1)`,
	}
	for name, c := range map[string]struct {
		late    bool // the backup is taken after the second request
		changes []string
		unknown string
	}{
		"from before the second request": {false, nil, "1"},
		"from while it was packaged":     {true, asItWasWhilePackaging, "1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := build(t, vendor.Sample(), sweepSetup())
			first := h.submit(anyRequest)
			h.until(first, "ready")
			h.idle()
			kept := h.backup()
			h.until(h.submit(anyRequest), "ready")
			h.idle()
			if c.late {
				kept = h.backup()
			}
			h.stop()
			before := h.archives()
			h.restore(kept, c.changes...)
			h.start(setup{})
			h.swept()
			if got := h.archives(); len(before) != 2 || !slices.Equal(got, before) {
				t.Errorf("of the archives %v there are left %v", before, got)
			}
			h.wantUnknown(c.unknown)
			h.download(first)
			h.stop()
			if _, said := h.program("check"); !strings.Contains(said, "1 file that this database has not made") {
				t.Errorf("check does not name the file: %s", said)
			}
			if !strings.Contains(h.log.String(), "files that this database has not made") {
				t.Error("the log does not name the file")
			}
		})
	}
}

// TestASweepTakesWhatACrashLeft: the files that this database has named and does not
// need, whole or half, and no others.
func TestASweepTakesWhatACrashLeft(t *testing.T) {
	t.Parallel()
	h := build(t, vendor.Sample(), sweepSetup())
	id := h.submit(anyRequest)
	h.until(id, "ready")
	h.stop()
	kept := h.archives()[0]
	for _, name := range []string{"whole.1", "old.1", "half.1", "linked.1", "never.1"} {
		h.exec(`INSERT INTO archive_files (name, request_id) SELECT '` + name + `', id FROM requests`)
	}
	for _, name := range []string{"whole.1.age", "old.1.age", ".tmp-half.1", "strange.1.age", ".tmp-strange.1", "notes.txt"} {
		h.write("data/archives/"+name, "x")
	}
	target := filepath.Join(h.dir, "elsewhere")
	h.write("elsewhere", "precious")
	if err := os.Symlink(target, h.data("archives/linked.1.age")); err != nil {
		t.Fatal(err)
	}
	past := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	if err := os.Chtimes(h.data("archives/old.1.age"), past, past); err != nil {
		t.Fatal(err)
	}
	h.start(setup{})
	h.swept()
	want := []string{kept, ".tmp-strange.1", "linked.1.age", "notes.txt", "old.1.age", "strange.1.age"}
	slices.Sort(want)
	if got := h.archives(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if body, err := os.ReadFile(target); err != nil || string(body) != "precious" {
		t.Errorf("the sweep followed a link: %v", err)
	}
	h.wantUnknown("5")
	if n := h.number(`SELECT count(*) FROM archive_files WHERE name IN ('whole.1', 'half.1', 'never.1')`); n != 0 {
		t.Errorf("%d names of files that are gone are kept", n)
	}
	h.download(id)
}

// TestNothingIsForgottenWhenTheFolderIsAnother: while the archive folder or the
// database's file is not the one from the start, the service is not ready, writes no
// archive, and the sweep neither deletes nor forgets.
func TestNothingIsForgottenWhenTheFolderIsAnother(t *testing.T) {
	t.Parallel()
	for _, away := range []string{"archives", "dsr.db"} {
		t.Run(away, func(t *testing.T) {
			t.Parallel()
			h := build(t, vendor.Sample(), sweepSetup())
			id := h.submit(anyRequest)
			h.until(id, "ready")
			h.idle()
			if err := os.Rename(h.data(away), h.data("away")); err != nil {
				t.Fatal(err)
			}
			if away == "archives" {
				h.mkdir("archives")
			} else {
				h.write("data/dsr.db", "")
			}
			if a := h.call(http.MethodGet, "/readyz", ""); a.status != http.StatusServiceUnavailable {
				t.Errorf("/readyz: %d", a.status)
			}
			if _, err := h.p.Store.Purge(t.Context(), asOperator, id); err != nil {
				t.Fatal(err)
			}
			h.await("the sweep says so", func() bool {
				return strings.Contains(h.log.String(), "is another folder than at the start") || strings.Contains(h.log.String(), "was deleted or replaced")
			})
			h.stop()
			if err := errors.Join(os.RemoveAll(h.data(away)), os.Rename(h.data("away"), h.data(away))); err != nil {
				t.Fatal(err)
			}
			if n := h.number(`SELECT count(*) FROM archive_files`); n != 1 || len(h.archives()) != 1 {
				t.Fatalf("%d names and the files %v are left", n, h.archives())
			}
			h.start(setup{})
			h.swept()
			if got := h.archives(); len(got) != 0 {
				t.Errorf("back in place the sweep leaves %v", got)
			}
		})
	}
}

// TestAFileIsNamedBeforeItIsBegun: at every moment of a life each file in the archive
// folder is one that the database names.
func TestAFileIsNamedBeforeItIsBegun(t *testing.T) {
	t.Parallel()
	h := build(t, vendor.Sample(), sweepSetup())
	id := h.submit(anyRequest)
	h.until(id, "ready")
	h.idle()
	if n := h.number(`SELECT count(*) FROM archive_files WHERE name || '.age' = ?`, h.archives()[0]); n != 1 {
		t.Errorf("the archive's file is named %d times", n)
	}
	h.do("DELETE", "/api/v1/requests/"+id, "", http.StatusNoContent)
	h.swept()
	if n := h.number(`SELECT count(*) FROM archive_files`); n != 0 || len(h.archives()) != 0 {
		t.Errorf("after a purge %d names and the files %v are left", n, h.archives())
	}
}

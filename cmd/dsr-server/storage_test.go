package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"dsr-server/internal/app"
	"dsr-server/internal/config"
	"dsr-server/internal/dsr"
	"dsr-server/internal/fake/vendor"
)

// tablesOfARun are those that a request's run writes, and what it does to them.
var tablesOfARun = map[string]string{
	"requests": "UPDATE", "request_sources": "UPDATE", "units": "UPDATE", "unit_requests": "INSERT", "records": "INSERT",
	"source_states": "UPDATE", "audit_events": "INSERT", "audit_hashes": "INSERT", "jobs": "UPDATE",
}

// TestATableThatRefusesWrites lets one table after the other refuse every write in the
// middle of a run: the request goes on when it takes them again, nothing is lost and
// no attempt is used up. All cases run at once, because each has to wait.
func TestATableThatRefusesWrites(t *testing.T) {
	t.Parallel()
	type trial struct {
		h       *harness
		table   string
		id      string
		release func()
	}
	var trials []trial
	for table, operation := range tablesOfARun {
		g := &gate{}
		h := open(t, vendor.Sample(), setup{pageSize: 30, earliest: "2023-12-01",
			options: vendor.Options{RateWindow: vendor.Off, OnCall: g.onCall}})
		reached, release := g.hold(t, 4)
		id := h.submit(ofAna.body())
		h.come("the fourth page", reached)
		h.exec(fmt.Sprintf(`CREATE TRIGGER refused BEFORE %s ON %s BEGIN SELECT RAISE(ABORT, 'refused by %s'); END`, operation, table, table))
		trials = append(trials, trial{h, table, id, release})
		release()
	}
	for _, try := range trials {
		try.h.await("a write to "+try.table+" is refused", func() bool { return strings.Contains(try.h.log.String(), "refused by "+try.table) })
		try.h.exec(`DROP TRIGGER refused`)
	}
	c := sampleCorpus(t)
	for _, try := range trials {
		t.Log(try.table)
		try.h.wantExact(c, ofAna, try.id)
		try.h.wantNoAttemptUsed()
		if n := try.h.events("request.ready", try.id); n != 1 {
			t.Errorf("%s: %d events say that the request is ready", try.table, n)
		}
		try.h.stop()
	}
}

// TestCallsThatCannotBeStored: a call whose effect, event or job is refused has no
// effect at all, says so, and works when the table takes writes again.
func TestCallsThatCannotBeStored(t *testing.T) {
	t.Parallel()
	h := open(t, vendor.Sample(), setup{options: vendor.Options{RateWindow: vendor.Off}})
	for _, table := range []string{"requests", "audit_events", "audit_hashes", "jobs", "idempotency_keys"} {
		h.exec(fmt.Sprintf(`CREATE TRIGGER refused BEFORE INSERT ON %s BEGIN SELECT RAISE(ABORT, 'refused by %s'); END`, table, table))
		body := fmt.Sprintf(`{"reference":"R-%s","selectors":[{"metadata":{"value":"nobody@example.com"}}]}`, table)
		a := h.call(http.MethodPost, "/api/v1/requests", body, "Idempotency-Key", table)
		if a.status != http.StatusServiceUnavailable || a.json["code"] != "storage_unavailable" {
			t.Errorf("%s refuses: %d %s", table, a.status, a.raw)
		}
		if n := h.number(`SELECT count(*) FROM requests WHERE reference = 'R-' || ?`, table); n != 0 {
			t.Errorf("%s refuses: the request is stored", table)
		}
		h.exec(`DROP TRIGGER refused`)
		if a := h.call(http.MethodPost, "/api/v1/requests", body, "Idempotency-Key", table); a.status != http.StatusCreated {
			t.Errorf("%s takes writes again: %d %s", table, a.status, a.raw)
		}
	}
	for _, id := range h.listAllIDs() {
		h.until(id, "ready")
	}
	if a := h.call(http.MethodGet, "/readyz", ""); a.status != http.StatusOK {
		t.Errorf("/readyz: %d %s", a.status, a.raw)
	}
	h.exec(`CREATE TRIGGER refused BEFORE UPDATE ON meta BEGIN SELECT RAISE(ABORT, 'refused by meta'); END`)
	if a := h.call(http.MethodGet, "/readyz", ""); a.status != http.StatusServiceUnavailable {
		t.Errorf("/readyz while the database refuses writes: %d", a.status)
	}
}

// mount puts a file system of its own on a folder of the harness.
func (h *harness) mount(folder, options string, flags uintptr) {
	h.t.Helper()
	dir := filepath.Join(h.dir, folder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		h.t.Fatal(err)
	}
	err := syscall.Mount("tmpfs", dir, "tmpfs", flags, options)
	if errors.Is(err, syscall.EPERM) {
		h.t.Skip("NOT TESTED: a disk that is full or read-only; this needs the right to mount (root)")
	}
	if err != nil {
		h.t.Fatal(err)
	}
	if flags&syscall.MS_REMOUNT == 0 {
		h.t.Cleanup(func() {
			if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
				h.t.Error(err)
			}
		})
	}
}

func TestAReadOnlyDataFolderIsNamedAtStart(t *testing.T) {
	t.Parallel()
	for name, used := range map[string]bool{"empty": false, "used before": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := prepare(t, vendor.Sample(), setup{})
			h.mount("data", "size=8m,mode=700", 0)
			if used {
				h.start(setup{})
				h.await("it is ready", func() bool { return h.call(http.MethodGet, "/readyz", "").status == http.StatusOK })
				h.stop()
			}
			h.mount("data", "size=8m,mode=700", syscall.MS_REMOUNT|syscall.MS_RDONLY)
			cfg, _, err := config.Load(filepath.Join(h.dir, "dsr.yaml"), nil)
			if err != nil {
				t.Fatal(err)
			}
			p, err := app.Open(t.Context(), cfg, app.Env{})
			if err == nil {
				_ = p.Close()
				t.Fatal("the program starts on a folder that it cannot write")
			}
			for _, want := range []string{"data_dir", "read-only"} {
				if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "another dsr-server") {
					t.Errorf("got %q, want it to say %q and nothing of another program", err, want)
				}
			}
		})
	}
}

// TestAFullDisk: what was accepted stays, what cannot be stored is refused, /readyz is
// red, and the work goes on when there is room.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	g := &gate{}
	s := setup{pageSize: 20, earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off, OnCall: g.onCall}}
	h := prepare(t, vendor.Sample(), s)
	h.mount("data", "size=12m,mode=700", 0)
	h.start(s)
	reached, release := g.hold(t, 4)
	accepted := []string{h.submit(ofAna.body())}
	h.come("the fourth page", reached)
	filler := filepath.Join(h.dir, "data", "filler")
	h.fill(filler)
	for notes := 16 << 10; ; { // what is left in the files that are there already
		a := h.call(http.MethodPost, "/api/v1/requests", fmt.Sprintf(`{"notes":%q,"selectors":[{"metadata":{"value":"nobody@example.com"}}]}`, strings.Repeat("n", notes)))
		if a.status == http.StatusCreated {
			accepted = append(accepted, a.json["id"].(string))
			continue
		}
		if a.status != http.StatusServiceUnavailable || a.json["code"] != "storage_unavailable" || len(accepted) > 40 {
			t.Fatalf("POST on a full disk: %d %s after %d", a.status, a.raw, len(accepted))
		}
		if notes == 0 {
			break
		}
		notes = 0
	}
	if a := h.call(http.MethodGet, "/readyz", ""); a.status != http.StatusServiceUnavailable {
		t.Errorf("/readyz on a full disk: %d", a.status)
	}
	release()
	h.await("the work meets the full disk", func() bool { return strings.Contains(h.log.String(), "heartbeat failed") })
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	h.wantExact(sampleCorpus(t), ofAna, accepted[0])
	for _, id := range accepted {
		h.until(id, "ready")
	}
	h.await("/readyz is green", func() bool { return h.call(http.MethodGet, "/readyz", "").status == http.StatusOK })
	h.wantNoAttemptUsed()
}

// fill writes until there is no room left.
func (h *harness) fill(path string) {
	h.t.Helper()
	f, err := os.Create(path)
	if err != nil {
		h.t.Fatal(err)
	}
	for size := 1 << 20; size > 0; { // ever smaller pieces, down to the last byte
		if _, err := f.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			h.t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		h.t.Fatal(err)
	}
}

// TestNoRoomForTheArchive: packaging waits for room, however often it fails.
func TestNoRoomForTheArchive(t *testing.T) {
	t.Parallel()
	s := setup{options: vendor.Options{RateWindow: vendor.Off}}
	h := prepare(t, vendor.Sample(), s)
	h.mount("data/archives", "size=8k,mode=700", 0)
	h.start(s)
	id := h.submit(ofAna.body())
	h.await("packaging meets the full disk", func() bool { return strings.Contains(h.log.String(), `"outcome":"stalled"`) })
	if r := h.call(http.MethodGet, "/api/v1/requests/"+id, "").json; r["status"] != "running" || r["error"] != nil {
		t.Errorf("meanwhile the request is %v, error %v", r["status"], r["error"])
	}
	h.mount("data/archives", "size=8m,mode=700", syscall.MS_REMOUNT)
	h.wantExact(sampleCorpus(t), ofAna, id)
	h.wantNoAttemptUsed()
}

// TestAPurgeOnAFullDisk: what is to be deleted is, and makes room.
func TestAPurgeOnAFullDisk(t *testing.T) {
	t.Parallel()
	s := setup{earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}}
	h := prepare(t, vendor.Sample(), s)
	h.mount("data", "size=40m,mode=700", 0)
	h.start(s)
	id := h.submit(ofAna.body())
	h.until(id, "ready")
	// As much as a purge cannot write at once.
	h.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
		INSERT INTO records (request_id, source, kind, vendor_key, conversation_key, vendor_id, body)
		SELECT '` + id + `', 'bot', 'message', CAST('k' || i AS BLOB), x'01', x'02', randomblob(7000) FROM n`)
	h.exec(`PRAGMA wal_checkpoint(TRUNCATE)`)
	h.fill(filepath.Join(h.dir, "data", "filler"))
	if a := h.call(http.MethodPost, "/api/v1/requests", ofAna.body()); a.status != http.StatusServiceUnavailable {
		t.Fatalf("the disk is not full: %d", a.status)
	}
	if a := h.call(http.MethodDelete, "/api/v1/requests/"+id, ""); a.status != http.StatusNoContent {
		t.Fatalf("the purge answers %d %s\n%s", a.status, a.raw, h.log)
	}
	for _, table := range []string{"records", "request_sources", "unit_requests", "attachments"} {
		if n := h.number(`SELECT count(*) FROM `+table+` WHERE request_id = ?`, id); n != 0 {
			t.Errorf("%s has %d rows of the purged request", table, n)
		}
	}
	if h.call(http.MethodGet, "/api/v1/requests/"+id, "").status != http.StatusGone || len(h.archives()) != 0 {
		t.Errorf("the request or its archive is there: %v", h.archives())
	}
	if err := os.Remove(filepath.Join(h.dir, "data", "filler")); err != nil {
		t.Fatal(err)
	}
	h.await("/readyz is green", func() bool { return h.call(http.MethodGet, "/readyz", "").status == http.StatusOK })
}

// TestFilesGoAlthoughRowsCannot: on a full disk it is the files that make room for deleting
// the rest.
func TestFilesGoAlthoughRowsCannot(t *testing.T) {
	t.Parallel()
	h := build(t, vendor.Sample(), setup{earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}})
	id := h.submit(ofAna.body())
	h.until(id, "ready")
	if n := len(h.archives()); n != 1 {
		t.Fatalf("there are %d archives", n)
	}
	h.exec(`CREATE TRIGGER stray AFTER UPDATE OF status ON requests WHEN NEW.status = 'purged' BEGIN
		INSERT INTO records (request_id, source, kind, vendor_key, conversation_key, vendor_id, body) VALUES (NEW.id, 'bot', 'message', x'01', x'01', x'02', x'03'); END`)
	h.exec(`CREATE TRIGGER refused BEFORE DELETE ON records WHEN OLD.body = x'03' BEGIN SELECT RAISE(ABORT, 'refused by records'); END`)
	if _, err := h.p.Store.Purge(t.Context(), dsr.Call{By: dsr.Principal{ID: "token:admin", Role: dsr.Admin}}, id); err != nil {
		t.Fatal(err)
	}
	h.await("the sweep meets rows that stay", func() bool { return strings.Contains(h.log.String(), "refused by records") })
	if left := h.archives(); len(left) != 0 {
		t.Errorf("files are left: %v", left)
	}
	h.exec(`DROP TRIGGER refused`)
	h.await("the rest goes", func() bool { return h.number(`SELECT count(*) FROM records WHERE request_id = ?`, id) == 0 })
}

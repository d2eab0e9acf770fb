package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/fake/vendor"
)

// archiveFile is the file of the only archive.
func (h *harness) archiveFile() string {
	h.t.Helper()
	files, err := filepath.Glob(h.data("archives/*.age"))
	if err != nil || len(files) != 1 {
		h.t.Fatalf("archives: %v, %v", files, err)
	}
	return files[0]
}

// repackaged asks for the archive to be made again and waits until that is done.
func (h *harness) repackaged(id string) map[string]any {
	h.t.Helper()
	path := "/api/v1/requests/" + id
	h.do(http.MethodPost, path+"/repackage", "", http.StatusOK)
	h.await("the archive is made again", func() bool { return h.do(http.MethodGet, path, "", http.StatusOK).json["repackaging"] == false })
	return h.do(http.MethodGet, path, "", http.StatusOK).json
}

// TestAnArchiveIsMadeAgain: lost, damaged and expired ones have the same bytes again; others
// have to be looked at; and none is made of less than was found.
func TestAnArchiveIsMadeAgain(t *testing.T) {
	t.Parallel()
	clock := &movingClock{}
	h := build(t, vendor.Sample(), setup{earliest: "2023-12-01", now: clock.now, options: vendor.Options{RateWindow: vendor.Off},
		top: "retention: {archive: 24h, request: 100000h}"})
	id := h.submit(`{"selectors":[{"metadata":{"key":"*","value":"ana@example.com"}}]}`)
	path := "/api/v1/requests/" + id
	h.until(id, "ready")
	h.do(http.MethodPost, path+"/answered", "", http.StatusOK)
	before := h.do(http.MethodGet, path+"/archive", "", http.StatusOK).raw
	calls := h.vendor.Count("")
	for name, lose := range map[string]func(){
		"missing": func() { _ = os.Remove(h.archiveFile()) },
		"cut":     func() { _ = os.Truncate(h.archiveFile(), 400) },
		"another": func() {
			file := h.archiveFile()
			_ = os.Remove(file)
			put(t, file, strings.Repeat("x", 5000))
		},
	} {
		lose()
		if a := h.call(http.MethodGet, path+"/archive", ""); a.status != http.StatusConflict || a.json["code"] != "archive_lost" {
			t.Errorf("%s: the download answers %d %s", name, a.status, a.raw)
		}
		if r := h.repackaged(id); r["status"] != "ready" {
			t.Errorf("%s: the request is %v", name, r["status"])
		}
		if after := h.do(http.MethodGet, path+"/archive", "", http.StatusOK).raw; string(after) != string(before) {
			t.Errorf("%s: other bytes", name)
		}
	}

	clock.pass(48 * time.Hour)
	h.await("it expires", func() bool { return h.do(http.MethodGet, path, "", http.StatusOK).json["status"] == "expired" })
	if r := h.repackaged(id); r["status"] != "ready" {
		t.Errorf("expired: the request is %v", r["status"])
	}
	if after := h.do(http.MethodGet, path+"/archive", "", http.StatusOK).raw; string(after) != string(before) {
		t.Error("expired: other bytes")
	}

	h.exec(`UPDATE requests SET presentation = '{"zone":"Asia/Tokyo"}'`) // as if another program packaged
	if r := h.repackaged(id); r["status"] != "review" || r["complete"] != true {
		t.Errorf("other bytes: the request is %v", r["status"])
	}
	if n := h.vendor.Count(""); n != calls {
		t.Errorf("%d calls to the vendor", n-calls)
	}
	if status, said := h.program("audit", "verify"); status != 0 {
		t.Errorf("audit verify ends with %d and says:\n%s", status, said)
	}

	h.exec(`CREATE TABLE kept AS SELECT id, body FROM records`)
	h.exec(`UPDATE records SET body = zeroblob(60)`)
	version := h.do(http.MethodGet, path, "", http.StatusOK).json["version"].(float64)
	if r := h.repackaged(id); r["repackaging_failed"] != true || r["status"] != "review" || r["version"].(float64) <= version {
		t.Errorf("of records that cannot be read: %v, failed %v", r["status"], r["repackaging_failed"])
	}
	if n := h.events("request.repackaging_failed", id); n != 1 {
		t.Errorf("%d events say so", n)
	}
	h.exec(`UPDATE records SET body = (SELECT k.body FROM kept k WHERE k.id = records.id); DROP TABLE kept`)
	if r := h.repackaged(id); r["repackaging_failed"] != false || r["status"] != "review" {
		t.Errorf("of those that were there before: %v, failed %v", r["status"], r["repackaging_failed"])
	}
	h.exec(`DELETE FROM records WHERE id = (SELECT min(id) FROM records)`)
	if a := h.call(http.MethodPost, path+"/repackage", ""); a.status != http.StatusConflict || a.json["code"] != "records_gone" {
		t.Errorf("of less than was found: %d %s", a.status, a.raw)
	}
	h.do(http.MethodDelete, path, "", http.StatusNoContent)
	h.do(http.MethodPost, path+"/repackage", "", http.StatusGone)
}

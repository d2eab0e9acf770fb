package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"dsr-server/internal/fake/vendor"
)

// TestDeadLaneFailsItsRequests: a fault of the program that no attempt mends must not leave a
// request running for ever.
func TestDeadLaneFailsItsRequests(t *testing.T) {
	t.Parallel()
	h := build(t, vendor.Sample(), setup{pageSize: 1, rate: "50/s", options: vendor.Options{RateWindow: vendor.Off}})
	id := h.submit(`{"selectors":[{"metadata":{"value":"ana@example.com"}}]}`)
	for h.until(id, "running")["progress"].(map[string]any)["pages"].(float64) == 0 {
		pause(t, 0)
	}
	for _, statement := range []string{`CREATE TABLE kept AS SELECT source, data_key FROM source_keys`, `UPDATE source_keys SET data_key = zeroblob(60)`} {
		if _, err := h.p.Store.DB().ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	r := h.until(id, "failed", "ready", "review")
	if r["status"] != "failed" || r["error"].(map[string]any)["code"] != "internal" {
		t.Fatalf("got %v, %v", r["status"], r["error"])
	}
	if r["complete"] != nil {
		t.Errorf("complete is %v", r["complete"])
	}
	if _, err := h.p.Store.DB().ExecContext(t.Context(), `UPDATE source_keys SET data_key = (SELECT data_key FROM kept k WHERE k.source = source_keys.source); DROP TABLE kept`); err != nil {
		t.Fatal(err)
	}
	h.revive(id)
}

// revive lets the dead job be tried again by the command, beside the running service; the
// request that failed with it is answered.
func (h *harness) revive(request string) {
	h.t.Helper()
	listed := h.runs("jobs", "--config", filepath.Join(h.dir, "dsr.yaml"))
	dead := regexp.MustCompile(`(?m)^(\d+) +lane +\S+ +dead +.* 5 of 5 `).FindStringSubmatch(listed.stdout)
	if listed.status != 0 || dead == nil {
		h.t.Fatalf("jobs: status %d\n%s%s", listed.status, listed.stdout, listed.stderr)
	}
	for _, want := range []ran{{status: 0, stdout: "job " + dead[1] + " is tried again; requests retried: " + request}, {status: 1, stderr: "there is no dead job with the number " + dead[1]}} {
		got := h.runs("jobs", "revive", "--config", filepath.Join(h.dir, "dsr.yaml"), dead[1])
		if got.status != want.status || !strings.Contains(got.stdout, want.stdout) || !strings.Contains(got.stderr, want.stderr) {
			h.t.Fatalf("jobs revive: status %d\n%s%s\nwant %+v", got.status, got.stdout, got.stderr, want)
		}
	}
	if r := h.until(request, "ready", "failed", "review"); r["status"] != "ready" || r["complete"] != true {
		h.t.Errorf("got %v, complete %v", r["status"], r["complete"])
	}
	if n := h.events("request.retried", request); n != 1 {
		h.t.Errorf("%d events of the retry, want 1", n)
	}
	if n := h.number(`SELECT count(*) FROM audit_events WHERE kind = 'job.revived'`); n != 1 {
		h.t.Errorf("%d events of the job, want 1", n)
	}
}

package main

import (
	"bytes"
	"context"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"dsr-server/internal/app"
	"dsr-server/internal/audit"
	"dsr-server/internal/fake/vendor"
)

// movingClock is the time as the service sees it, which the test moves.
type movingClock struct {
	mu  sync.Mutex
	off time.Duration
}

func (c *movingClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.off)
}

func (c *movingClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off += d
}

// untilGone polls until the request has been purged.
func (h *harness) untilGone(id string) {
	h.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for h.call(http.MethodGet, "/api/v1/requests/"+id, "").status != http.StatusGone {
		if time.Now().After(deadline) {
			h.t.Fatalf("request %s was not purged\n%s", id, h.log)
		}
		pause(h.t, 50*time.Millisecond)
	}
}

// do is call for one that must answer with this status.
func (h *harness) do(method, path, body string, status int) answer {
	h.t.Helper()
	a := h.call(method, path, body)
	if a.status != status {
		h.t.Fatalf("%s %s: got %d, want %d: %s", method, path, a.status, status, a.raw)
	}
	return a
}

// filesWith lists the files of the data folder that hold the text.
func (h *harness) filesWith(text string) (found []string) {
	h.t.Helper()
	err := filepath.WalkDir(filepath.Join(h.dir, "data"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		if bytes.Contains(body, []byte(text)) {
			found = append(found, filepath.Base(path))
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return found
}

func (h *harness) archives() []string {
	h.t.Helper()
	entries, err := os.ReadDir(filepath.Join(h.dir, "data", "archives"))
	if err != nil {
		h.t.Fatal(err)
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names
}

const canaryRequest = `{"reference":"CANARY-REF-93F1","notes":"CANARY-NOTE-93F1","selectors":[{"metadata":{"key":"*","value":"ana@example.com"}},
	{"metadata":{"key":"email","value":"CANARY-VALUE-93F1@example.com"}}]}`

func TestLifeOfARequestFromItsArchiveToItsReceipt(t *testing.T) {
	t.Parallel()
	clock := &movingClock{}
	h := build(t, vendor.Sample(), setup{earliest: "2023-12-01", now: clock.now, options: vendor.Options{RateWindow: vendor.Off},
		top: "retention: {archive: 24h, request: 48h}\nlimits: {max_downloads: 2}"})
	id := h.submit(canaryRequest)
	path := "/api/v1/requests/" + id
	h.until(id, "ready")
	size := len(h.download(id).raw)
	h.download(id)
	h.do("GET", path+"/archive", "", http.StatusConflict)
	h.endedDownload(id, size)
	h.do("POST", path+"/extend", `{"months":1,"reason":"CANARY-REASON-93F1"}`, http.StatusOK)
	h.do("POST", path+"/answered", "", http.StatusOK)
	if len(h.filesWith("CANARY-REF-93F1")) == 0 || len(h.archives()) != 1 {
		t.Fatalf("before the purge the reference is in %v, and there are the archives %v", h.filesWith("CANARY-REF-93F1"), h.archives())
	}
	clock.pass(24 * time.Hour)
	h.until(id, "expired")
	h.do("GET", path+"/archive", "", http.StatusConflict)
	h.do("POST", path+"/hold", `{"reason":"CANARY-HOLD-93F1"}`, http.StatusOK)
	clock.pass(48 * time.Hour)
	if a := h.do("DELETE", path, "", http.StatusConflict); !strings.Contains(string(a.raw), "CANARY-HOLD-93F1") {
		t.Errorf("the refusal does not give the reason: %s", a.raw)
	}
	h.do("DELETE", path+"/hold", "", http.StatusOK)
	h.untilGone(id)
	h.leavesNothing("93F1")
	h.checkAudit()
	h.checkReceipt(id) // last: it may skip
}

// endedDownload asserts that the end of a whole download of so many bytes is on record.
func (h *harness) endedDownload(id string, size int) {
	h.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for { // the answer is out before its end is written
		log := string(h.do("GET", "/api/v1/audit?limit=1000", "", http.StatusOK).raw)
		if strings.Contains(log, `"bytes":"`+strconv.Itoa(size)+`","finished":"true"`) {
			return
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("no end of a download of %s with %d bytes in %s", id, size, log)
		}
		pause(h.t, 20*time.Millisecond)
	}
}

// leavesNothing waits until the sweep has removed the last trace.
func (h *harness) leavesNothing(canary string) {
	h.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		found, archives := h.filesWith(canary), h.archives()
		if len(found)+len(archives) == 0 {
			return
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("%q is in %v; archives %v", canary, found, archives)
		}
		pause(h.t, 50*time.Millisecond)
	}
}

func (h *harness) checkReceipt(id string) {
	h.t.Helper()
	h.checkSigned(h.do("GET", "/api/v1/requests/"+id+"/receipt", "", http.StatusOK).json, "dsr-receipt")
}

// checkSigned has ssh-keygen verify an answer that has a text and its signature; without
// ssh-keygen it skips.
func (h *harness) checkSigned(r map[string]any, namespace string) {
	h.t.Helper()
	key := h.do("GET", "/api/v1/signing-key", "", http.StatusOK).raw
	for name, text := range map[string]string{"allowed": string(key), "sig": r["signature"].(string)} {
		h.write(name, text)
	}
	path, err := exec.LookPath("ssh-keygen")
	if err != nil {
		if os.Getenv("DSR_TEST_REQUIRE") == "all" {
			h.t.Fatal("ssh-keygen is not installed")
		}
		h.t.Skip("ssh-keygen is not installed: the signature is not checked")
	}
	cmd := exec.Command(path, "-Y", "verify", "-f", "allowed", "-I", "dsr-archive", "-n", namespace, "-s", "sig")
	cmd.Dir, cmd.Stdin = h.dir, strings.NewReader(r["text"].(string))
	if out, err := cmd.CombinedOutput(); err != nil {
		h.t.Errorf("ssh-keygen refuses the signature in %s: %v %s", namespace, err, out)
	}
}

// checkAudit verifies the log from the database, and its checkpoint by the public key
// that the service shows.
func (h *harness) checkAudit() {
	h.t.Helper()
	signed := h.do("GET", "/api/v1/audit/checkpoint", "", http.StatusOK).raw
	key := h.call("GET", "/api/v1/signing-key", "", "Accept", "application/json").json["checkpoint_verifier"].(string)
	v, err := note.NewVerifier(key)
	if err != nil {
		h.t.Fatal(err)
	}
	n, err := note.Open(signed, note.VerifierList(v))
	if err != nil {
		h.t.Fatal(err)
	}
	if _, _, err := audit.ParseCheckpoint([]byte(n.Text)); err != nil {
		h.t.Error(err)
	}
	h.write("checkpoint", string(signed))
	cfg := filepath.Join(h.dir, "dsr.yaml")
	if got := run(h.t.Context(), []string{"audit", "verify", "--config", cfg, "--checkpoint", filepath.Join(h.dir, "checkpoint")}); got != 0 {
		h.t.Errorf("audit verify ends with %d", got)
	}
}

func TestPurgeOnDemandLeavesNothingAtOnce(t *testing.T) {
	t.Parallel()
	h := build(t, vendor.Sample(), setup{earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}})
	id := h.submit(canaryRequest)
	h.until(id, "ready")
	h.do("DELETE", "/api/v1/requests/"+id, "", http.StatusNoContent)
	if found, archives := h.filesWith("93F1"), h.archives(); len(found)+len(archives) > 0 {
		t.Errorf("after 204 the canary is in %v, and there are the archives %v", found, archives)
	}
	if a := h.do("GET", "/api/v1/requests/"+id, "", http.StatusGone); a.json["receipt"].(map[string]any)["reason"] != "on_demand" {
		t.Errorf("got %s", a.raw)
	}
	if again := h.submit(canaryRequest); again == id {
		t.Error("the reference of a purged request is not free again")
	}
}

func TestPurgeStopsARunningSearch(t *testing.T) {
	t.Parallel()
	h := build(t, vendor.Sample(), setup{earliest: "2023-12-01", pageSize: 5, rate: "20/s", options: vendor.Options{RateWindow: vendor.Off}})
	id := h.submit(canaryRequest)
	h.until(id, "running")
	other := h.submit(`{"selectors":[{"metadata":{"key":"*","value":"ana@example.com"}}]}`)
	h.do("DELETE", "/api/v1/requests/"+id, "", http.StatusNoContent)
	h.until(other, "ready")
	h.download(other)
	if found := h.filesWith("93F1"); len(found) > 0 {
		t.Errorf("the canary is in %v", found)
	}
	if n := len(h.archives()); n != 1 {
		t.Errorf("got %d archives, want that of the other request", n)
	}
}

func TestArchivesOpenAfterTheMasterKeyWasRotated(t *testing.T) {
	t.Parallel()
	h := build(t, vendor.Sample(), setup{earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}})
	id := h.submit(canaryRequest)
	h.until(id, "ready")
	before := h.download(id).raw
	cfg := filepath.Join(h.dir, "dsr.yaml")
	if got := run(t.Context(), []string{"key", "rotate", "--config", cfg}); got != 1 {
		t.Errorf("beside a service key rotate ends with %d, want 1", got)
	}
	h.stop()
	old, err := os.ReadFile(filepath.Join(h.dir, "data", "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"key", "rotate"}, {"migrate"}, {"audit", "verify"}, {"key", "public"}} {
		if got := run(context.WithoutCancel(t.Context()), append(command, "--config", cfg)); got != 0 {
			t.Fatalf("%v ends with %d", command, got)
		}
	}
	if now, err := os.ReadFile(filepath.Join(h.dir, "data", "master.key")); err != nil || bytes.Equal(now, old) {
		t.Errorf("the master key has not changed; %v", err)
	}
	h.start(setup{})
	if !bytes.Equal(h.download(id).raw, before) {
		t.Error("the archive is another one")
	}
	again := h.submit(`{"selectors":[{"metadata":{"key":"*","value":"ana@example.com"}}]}`)
	h.until(again, "ready")
}

func TestSweepAtStartFinishesAPurgeThatWasCutShort(t *testing.T) {
	t.Parallel()
	h := build(t, vendor.Sample(), setup{earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}})
	id, kept := h.submit(canaryRequest), h.submit(`{"selectors":[{"metadata":{"key":"*","value":"ana@example.com"}}]}`)
	h.until(id, "ready")
	h.until(kept, "ready")
	h.stop()
	p, err := app.OpenAlone(t.Context(), h.p.Config) // its commit alone, without what follows
	if err != nil {
		t.Fatal(err)
	}
	file, err := p.Store.Purge(t.Context(), asOperator, id)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if got := h.archives(); file == "" || len(got) != 2 {
		t.Fatalf("got archives %v, want the purged one to be there still", got)
	}
	h.start(setup{})
	deadline := time.Now().Add(time.Minute)
	for len(h.archives()) != 1 {
		if time.Now().After(deadline) {
			t.Fatalf("got archives %v", h.archives())
		}
		pause(t, 20*time.Millisecond)
	}
	if found := h.filesWith("93F1"); len(found) > 0 {
		t.Errorf("the canary is in %v", found)
	}
	h.download(kept)
}

// TestAClockThatJumpsDeletesNothing: ten years on, and set right again.
func TestAClockThatJumpsDeletesNothing(t *testing.T) {
	t.Parallel()
	clock, start := &movingClock{}, time.Now()
	h := build(t, vendor.Sample(), setup{earliest: "2023-12-01", now: clock.now, elapsed: func() time.Duration { return time.Since(start) },
		options: vendor.Options{RateWindow: vendor.Off}, top: "retention: {archive: 24h, request: 24h}"})
	id := h.submit(`{"selectors":[{"metadata":{"key":"*","value":"ana@example.com"}}]}`)
	h.until(id, "ready")
	h.do(http.MethodPost, "/api/v1/requests/"+id+"/answered", "", http.StatusOK)
	clock.pass(87600 * time.Hour)
	h.await("the sweep doubts the clock", func() bool { return strings.Contains(h.log.String(), "the clock is in doubt") })
	if text := string(h.do(http.MethodGet, "/metrics", "", http.StatusOK).raw); !strings.Contains(text, "dsr_clock_doubted 1") {
		t.Error("the figures do not say that the clock is in doubt")
	}
	clock.pass(-87600 * time.Hour)
	h.do(http.MethodGet, "/api/v1/requests/"+id+"/archive", "", http.StatusOK)
	if n := h.events("request.expired", id) + h.events("request.purged", id); n != 0 {
		t.Errorf("%d events say that something was deleted", n)
	}
}

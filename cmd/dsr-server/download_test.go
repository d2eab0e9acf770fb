package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"testing"
	"time"

	"dsr-server/internal/fake/vendor"
)

func TestDownloadsInPartsAndWhole(t *testing.T) {
	t.Parallel()
	h := open(t, vendor.Sample(), setup{options: vendor.Options{RateWindow: vendor.Off}})
	id := h.submit(ofAna.body())
	path := "/api/v1/requests/" + id + "/archive"
	h.until(id, "ready")
	whole := h.call(http.MethodGet, path, "")
	sum := sha256.Sum256(whole.raw)
	etag := `"` + hex.EncodeToString(sum[:]) + `"`
	wantHeaders := func(a answer) {
		t.Helper()
		for name, want := range map[string]string{
			"ETag": etag, "Repr-Digest": "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":", "Cache-Control": "no-store", "Accept-Ranges": "bytes",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
	}
	wantHeaders(whole)
	head := h.call(http.MethodHead, path, "")
	wantHeaders(head)
	if head.status != http.StatusOK || len(head.raw) != 0 || head.header.Get("Content-Length") != fmt.Sprint(len(whole.raw)) {
		t.Errorf("HEAD: %d with %d bytes, Content-Length %q", head.status, len(head.raw), head.header.Get("Content-Length"))
	}
	half := len(whole.raw) / 2
	first := h.call(http.MethodGet, path, "", "Range", fmt.Sprintf("bytes=0-%d", half-1))
	rest := h.call(http.MethodGet, path, "", "Range", fmt.Sprintf("bytes=%d-", half), "If-Range", etag)
	wantHeaders(first)
	if first.status != http.StatusPartialContent || rest.status != http.StatusPartialContent || !bytes.Equal(append(first.raw, rest.raw...), whole.raw) {
		t.Errorf("two parts: %d with %d bytes, %d with %d", first.status, len(first.raw), rest.status, len(rest.raw))
	}
	if a := h.call(http.MethodGet, path, "", "If-None-Match", etag); a.status != http.StatusNotModified || len(a.raw) != 0 {
		t.Errorf("a copy that is still good: %d", a.status)
	}
	if a := h.call(http.MethodGet, path, "", "Range", "bytes=99999999-"); a.status != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("behind the end: %d", a.status)
	}
	if digest := h.call(http.MethodGet, "/api/v1/requests/"+id, "").json["result"].(map[string]any)["archive"].(map[string]any)["sha256"]; `"`+fmt.Sprint(digest)+`"` != etag {
		t.Errorf("the request shows the digest %v, the archive has %s", digest, etag)
	}
}

// TestNoDownloadWithoutAnEvent: every download is on record before its first byte; what
// cannot be recorded is not handed out.
func TestNoDownloadWithoutAnEvent(t *testing.T) {
	t.Parallel()
	h := open(t, vendor.Sample(), setup{options: vendor.Options{RateWindow: vendor.Off}})
	id := h.submit(ofAna.body())
	h.until(id, "ready")
	path := "/api/v1/requests/" + id + "/archive"
	for n := range 3 {
		if n == 2 {
			h.call(http.MethodGet, path, "", "Range", "bytes=5-9")
		} else {
			h.call(http.MethodGet, path, "")
		}
		if got := h.events("archive.downloaded", id); got != n+1 {
			t.Errorf("%d events for %d downloads", got, n+1)
		}
	}
	h.call(http.MethodHead, path, "")
	if got := h.events("archive.downloaded", id); got != 3 {
		t.Errorf("%d events after 3 downloads and a HEAD", got)
	}
	h.exec(`CREATE TRIGGER no_log BEFORE INSERT ON audit_events BEGIN SELECT RAISE(ABORT, 'no log today'); END`)
	if a := h.call(http.MethodGet, path, ""); a.status < 500 || bytes.Contains(a.raw, []byte("PK")) {
		t.Errorf("without a log: %d with %d bytes", a.status, len(a.raw))
	}
	h.exec(`DROP TRIGGER no_log`)
	if a := h.call(http.MethodGet, path, ""); a.status != http.StatusOK || h.events("archive.downloaded", id) != 4 {
		t.Errorf("with the log again: %d, %d events", a.status, h.events("archive.downloaded", id))
	}
}

// TestViewsAreRecordedOncePerHour, for each principal.
func TestViewsAreRecordedOncePerHour(t *testing.T) {
	t.Parallel()
	c := &clock{}
	c.set(time.Now().Truncate(time.Hour).Add(time.Hour + time.Minute)) // far from the end of an hour
	h := open(t, vendor.Sample(), setup{now: c.now, options: vendor.Options{RateWindow: vendor.Off}})
	id := h.submit(ofAna.body())
	look := func() {
		h.call(http.MethodGet, "/api/v1/requests/"+id, "")
		h.call(http.MethodGet, "/api/v1/requests/"+id, "")
		h.call(http.MethodGet, "/api/v1/requests", "") // a list is no view
	}
	want := func(n int, when string) {
		t.Helper()
		if got := h.events("request.viewed", id); got != n {
			t.Errorf("%s: %d views are on record, want %d", when, got, n)
		}
	}
	want(0, "before anybody looked")
	look()
	want(1, "after one looked twice")
	h.as("auditor", http.MethodGet, id)
	h.as("auditor", http.MethodGet, id+"/coverage")
	want(2, "after two looked")
	c.advance(30 * time.Minute)
	look()
	want(2, "half an hour later")
	c.advance(30 * time.Minute)
	look()
	want(3, "an hour later")
}

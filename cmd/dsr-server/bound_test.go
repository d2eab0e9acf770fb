package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"dsr-server/internal/dsr"
	"dsr-server/internal/fake/vendor"
)

// reviewed boots the program with a complete result that is held in review.
func reviewed(t *testing.T, top string) (h *harness, id string) {
	t.Helper()
	h = open(t, vendor.Sample(), setup{top: top, options: unlimitedFake()})
	id = h.submit(anaRequest)
	h.until(id, "review")
	return h, id
}

// asOperator is a call from the command line.
var asOperator = dsr.Call{By: operator}

// in is a value within a JSON object.
func in(body map[string]any, path ...string) any {
	var v any = body
	for _, name := range path {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

// TestWhatIsApprovedIsWhatWasLookedAt: a retry between looking and approving must not
// release what nobody has seen.
func TestWhatIsApprovedIsWhatWasLookedAt(t *testing.T) {
	t.Parallel()
	h, id := reviewed(t, "limits: {many_matches: 5}")
	path := "/api/v1/requests/" + id
	seen := h.call("GET", path, "")
	etag := seen.header.Get("ETag")
	if etag != fmt.Sprintf("%q", fmt.Sprint(seen.json["version"])) {
		t.Errorf("ETag %s of version %v", etag, seen.json["version"])
	}
	if a := h.as("approver", "POST", id+"/retry"); a.status != http.StatusOK || a.json["status"] != "queued" || a.header.Get("ETag") == etag {
		t.Fatalf("retry: %d, %v, ETag %s", a.status, a.json["status"], a.header.Get("ETag"))
	}
	h.until(id, "review")
	approver := []string{"Authorization", "Bearer " + tokenOf("approver"), "Content-Type", "application/json"}
	for _, action := range []string{"approve", "reject"} {
		if a := h.call("POST", path+"/"+action, "{}", append(approver, "If-Match", etag)...); a.status != http.StatusPreconditionFailed || a.json["code"] != "precondition_failed" {
			t.Errorf("%s the version of before the retry: %d %s", action, a.status, a.raw)
		}
		other := `{"archive_sha256":"` + strings.Repeat("0", 64) + `"}`
		if a := h.call("POST", path+"/"+action, other, approver...); a.status != http.StatusConflict || a.json["code"] != "archive_changed" {
			t.Errorf("%s another archive: %d %s", action, a.status, a.raw)
		}
		if a := h.call("POST", path+"/"+action, `{"archive_sha256":"short"}`, approver...); a.status != http.StatusUnprocessableEntity || a.json["field"] != "archive_sha256" {
			t.Errorf("%s no digest at all: %d %s", action, a.status, a.raw)
		}
	}
	now := h.call("GET", path, "")
	sum := fmt.Sprint(in(now.json, "result", "archive", "sha256"))
	a := h.call("POST", path+"/approve", `{"archive_sha256":"`+strings.ToUpper(sum)+`"}`, append(approver, "If-Match", `"0", `+now.header.Get("ETag"))...)
	if a.status != http.StatusOK || a.json["status"] != "ready" || in(a.json, "released", "sha256") != sum {
		t.Errorf("approve what was looked at: %d %s", a.status, a.raw)
	}
	for what, body := range map[string]string{"links": "", "answered": "", "extend": `{"months":1,"reason":"r"}`, "hold": `{"reason":"r"}`} {
		if a := h.call("POST", path+"/"+what, body, "Content-Type", "application/json", "If-Match", etag); a.status != http.StatusPreconditionFailed {
			t.Errorf("%s with an old version: %d %s", what, a.status, a.raw)
		}
		if what == "links" || what == "answered" {
			other := `{"archive_sha256":"` + strings.Repeat("0", 64) + `"}`
			if a := h.call("POST", path+"/"+what, other, "Content-Type", "application/json"); a.status != http.StatusConflict || a.json["code"] != "archive_changed" {
				t.Errorf("%s with another archive: %d %s", what, a.status, a.raw)
			}
		}
	}
	if a := h.call("DELETE", path, "", "If-Match", etag); a.status != http.StatusPreconditionFailed {
		t.Errorf("purge with an old version: %d %s", a.status, a.raw)
	}
	for _, body := range []string{"null", "{}", ""} {
		if a := h.call("POST", path+"/links", body, "Content-Type", "application/json", "If-Match", "*"); a.status != http.StatusCreated {
			t.Errorf("a link with the body %q: %d %s", body, a.status, a.raw)
		}
	}
}

// TestThePageDecidesAboutTheArchiveThatItShows.
func TestThePageDecidesAboutTheArchiveThatItShows(t *testing.T) {
	t.Parallel()
	h, id := reviewed(t, "limits: {many_matches: 5}")
	browser := h.signedIn(t, dsr.Approver)
	page := get(t, browser, h.url+"/requests/"+id)
	hidden := regexp.MustCompile(`name="archive_sha256" value="([0-9a-f]{64})"`).FindStringSubmatch(page)
	if hidden == nil {
		t.Fatal("the page does not say which archive it is about")
	}
	press := func(sum string) string {
		t.Helper()
		resp, err := browser.PostForm(h.url+"/requests/"+id+"/approve", url.Values{"archive_sha256": {sum}})
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return fmt.Sprint(h.call("GET", "/api/v1/requests/"+id, "").json["status"])
	}
	for _, sum := range []string{"", strings.Repeat("0", 64)} {
		if got := press(sum); got != "review" {
			t.Errorf("pressed on a page about the archive %q: %s", sum, got)
		}
	}
	if got := press(hidden[1]); got != "ready" {
		t.Errorf("pressed on the page of the archive that there is: %s", got)
	}
}

// TestAnAnswerWithoutDataIsNoDownload: what did not send bytes is neither counted nor on
// record; what sent some is.
func TestAnAnswerWithoutDataIsNoDownload(t *testing.T) {
	t.Parallel()
	h := open(t, vendor.Sample(), setup{top: "limits: {max_downloads: 2}", options: unlimitedFake()})
	id := h.submit(anaRequest)
	h.until(id, "ready")
	path := "/api/v1/requests/" + id + "/archive"
	head := h.call(http.MethodHead, path, "")
	etag := head.header.Get("ETag")
	if sum, err := hex.DecodeString(strings.Trim(etag, `"`)); err != nil || head.header.Get("Repr-Digest") != "sha-256=:"+base64.StdEncoding.EncodeToString(sum)+":" {
		t.Errorf("ETag %s with Repr-Digest %s", etag, head.header.Get("Repr-Digest"))
	}
	counted := func() any {
		return in(h.call("GET", "/api/v1/requests/"+id, "").json, "result", "archive", "downloads")
	}
	for _, c := range []struct {
		name, value string
		status      int
	}{
		{"If-None-Match", etag, http.StatusNotModified}, {"If-None-Match", "*", http.StatusNotModified},
		{"If-Match", `"other"`, http.StatusPreconditionFailed},
		{"Range", "bytes=-0", http.StatusRequestedRangeNotSatisfiable}, {"Range", "bytes=-00, -0", http.StatusRequestedRangeNotSatisfiable},
		{"Range", "bytes=99999999-", http.StatusRequestedRangeNotSatisfiable}, {"Range", "bytes=9-1", http.StatusRequestedRangeNotSatisfiable},
	} {
		if a := h.call(http.MethodGet, path, "", c.name, c.value); a.status != c.status {
			t.Errorf("%s: %s: %d, want %d", c.name, c.value, a.status, c.status)
		}
	}
	if n, events := counted(), h.events("archive.downloaded", id); n != 0.0 || events != 0 {
		t.Errorf("nothing was sent, and %v downloads are counted and %d on record", n, events)
	}
	whole := h.call(http.MethodGet, path, "")
	if sum := sha256.Sum256(whole.raw); whole.status != http.StatusOK || etag != `"`+hex.EncodeToString(sum[:])+`"` {
		t.Fatalf("whole: %d, ETag %s", whole.status, etag)
	}
	for i, want := range []int{http.StatusPartialContent, http.StatusConflict, http.StatusConflict} {
		if a := h.call(http.MethodGet, path, "", "Range", "bytes=1-"); a.status != want {
			t.Errorf("all but the first byte, for the %d. time: %d, want %d", i+1, a.status, want)
		}
	}
	if a := h.call(http.MethodGet, path, "", "Range", "bytes=0-0,-0"); a.status != http.StatusPartialContent || len(a.raw) != 1 {
		t.Errorf("the byte that is left: %d with %d bytes", a.status, len(a.raw))
	}
	if n, events := counted(), h.events("archive.download_finished", id); n != 2.0 || events != 3 {
		t.Errorf("%v downloads are counted and the end of %d is on record, want 2 and 3", n, events)
	}
	if a := h.call(http.MethodGet, path, "", "If-None-Match", etag); a.status != http.StatusNotModified {
		t.Errorf("beyond the limit, a copy that is still good: %d", a.status)
	}
}

package http

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/dsr"
)

// archived is a rig with one finished request and what its archive is.
type archived struct {
	*rig
	id, path     string
	zip          []byte
	etag, digest string
}

func newArchived(t *testing.T, complete bool) *archived {
	t.Helper()
	g := newRig(t, unlimited)
	zip := bytes.Repeat([]byte("0123456789abcdef"), 8<<10) // 128 KiB: more than one write
	sum := sha256.Sum256(zip)
	id := g.submit(minimal)
	g.svc.finish(id, complete, zip)
	return &archived{g, id, "/api/v1/requests/" + id + "/archive", zip,
		`"` + hex.EncodeToString(sum[:]) + `"`, "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"}
}

// checkHeaders asserts what every successful answer about the archive carries.
func (g *archived) checkHeaders(a answer, contentType string) {
	g.t.Helper()
	want := map[string]string{"Etag": g.etag, "Repr-Digest": g.digest, "Content-Type": contentType, "Cache-Control": "no-store",
		"Content-Disposition": "attachment; filename=dsr-" + g.id + ".zip", "Accept-Ranges": "bytes"}
	got := map[string]string{}
	for name := range want {
		got[name] = a.header.Get(name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		g.t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestArchiveIsDownloadedWhole(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	a := g.call("GET", g.path, "auditor", "").want(200)
	if !bytes.Equal(a.body, g.zip) {
		t.Errorf("got %d bytes that differ from the archive", len(a.body))
	}
	g.checkHeaders(a, "application/zip")
	if want := []string{"downloaded " + g.id + " by token:auditor"}; !cmp.Equal(g.svc.events, want) {
		t.Errorf("got events %v, want %v", g.svc.events, want)
	}
}

func TestHeadDescribesTheArchiveAndIsNoDownload(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	a := g.call("HEAD", g.path, "requester", "").want(200)
	g.checkHeaders(a, "application/zip")
	if got := a.header.Get("Content-Length"); got != fmt.Sprint(len(g.zip)) || len(a.body) != 0 {
		t.Errorf("got length %s and %d bytes of body", got, len(a.body))
	}
	if len(g.svc.events) != 0 {
		t.Errorf("got events %v, want none", g.svc.events)
	}
}

func TestPartsOfTheArchive(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	n := len(g.zip)
	for spec, want := range map[string]struct{ from, to int }{"bytes=0-0": {0, 1}, "bytes=100-199": {100, 200},
		"bytes=131000-": {131000, n}, "bytes=-5": {n - 5, n}, "bytes=0-99999999": {0, n}} {
		for _, method := range []string{"GET", "HEAD"} {
			a := g.call(method, g.path, "admin", "", "Range", spec).want(http.StatusPartialContent)
			g.checkHeaders(a, "application/zip")
			if got, want := a.header.Get("Content-Range"), fmt.Sprintf("bytes %d-%d/%d", want.from, want.to-1, n); got != want {
				t.Errorf("%s: got Content-Range %q, want %q", spec, got, want)
			}
			if method == "GET" && !bytes.Equal(a.body, g.zip[want.from:want.to]) {
				t.Errorf("%s: got %d bytes, not the part asked for", spec, len(a.body))
			}
		}
	}
	g.call("GET", g.path, "admin", "", "Range", "lines=1-2").want(http.StatusOK)
	for _, spec := range []string{"bytes=five", "bytes=9-1", "bytes=200000-"} {
		a := g.call("GET", g.path, "admin", "", "Range", spec)
		a.problem(http.StatusRequestedRangeNotSatisfiable, "range_not_satisfiable")
		if got, want := a.header.Get("Content-Range"), fmt.Sprintf("bytes */%d", n); got != want {
			t.Errorf("%s: got Content-Range %q, want %q", spec, got, want)
		}
	}
}

func TestSeveralPartsAtOnce(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	a := g.call("GET", g.path, "admin", "", "Range", "bytes=0-3,16-19").want(http.StatusPartialContent)
	kind, params, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil || kind != "multipart/byteranges" {
		t.Fatalf("got %q", a.header.Get("Content-Type"))
	}
	if got := a.header.Get("Repr-Digest"); got != g.digest {
		t.Errorf("got Repr-Digest %q, want that of the whole", got)
	}
	r := multipart.NewReader(bytes.NewReader(a.body), params["boundary"])
	for range 2 {
		p, err := r.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := io.ReadAll(p); string(b) != "0123" {
			t.Errorf("got part %q", b)
		}
	}
}

func TestResumedDownloadIsTheSameArchiveOrTheWhole(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	same := g.call("GET", g.path, "admin", "", "Range", "bytes=100-", "If-Range", g.etag).want(206)
	if !bytes.Equal(same.body, g.zip[100:]) {
		t.Error("If-Range with the archive's ETag did not give the rest")
	}
	other := g.call("GET", g.path, "admin", "", "Range", "bytes=100-", "If-Range", `"`+strings.Repeat("0", 64)+`"`).want(200)
	if !bytes.Equal(other.body, g.zip) {
		t.Error("If-Range with another ETag did not give the whole archive")
	}
}

func TestConditionsOnTheArchive(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	if a := g.call("GET", g.path, "admin", "", "If-None-Match", g.etag).want(304); len(a.body) != 0 {
		t.Errorf("304 has a body of %d bytes", len(a.body))
	}
	g.call("GET", g.path, "admin", "", "If-None-Match", `"other"`).want(200)
	g.call("GET", g.path, "admin", "", "If-Match", g.etag).want(200)
	g.call("GET", g.path, "admin", "", "If-Match", `"other"`).problem(412, "precondition_failed")
	a := g.call("GET", g.path, "admin", "", "Range", "bytes=200000-")
	a.problem(416, "range_not_satisfiable")
	for _, name := range []string{"Content-Disposition", "Repr-Digest", "Etag"} {
		if got := a.header.Get(name); got != "" {
			t.Errorf("the problem carries the archive's %s %q", name, got)
		}
	}
	g.call("HEAD", g.path, "admin", "", "Range", "bytes=200000-").want(416)
}

func TestArchiveBeforeItIsReadyIsAConflict(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	id := g.submit(minimal)
	for _, status := range []dsr.Status{dsr.Queued, dsr.Running, dsr.Failed, dsr.Cancelled, dsr.Rejected, dsr.Expired} {
		g.svc.set(id, func(r *dsr.Request) { r.Status = status })
		g.call("GET", "/api/v1/requests/"+id+"/archive", "admin", "").problem(409, "not_ready")
	}
	if len(g.svc.events) != 0 {
		t.Errorf("got events %v, want none", g.svc.events)
	}
}

func TestArchiveInReviewIsForApprovers(t *testing.T) {
	t.Parallel()
	g := newArchived(t, false)
	for token, status := range map[string]int{"requester": 409, "auditor": 409, "approver": 200, "admin": 200} {
		if got := g.call("GET", g.path, token, "").status; got != status {
			t.Errorf("%s: got %d, want %d", token, got, status)
		}
	}
}

func TestDownloadThatCannotBeRecordedSendsNoData(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	g.svc.fault = func(method string) error {
		if method == "OpenArchive" {
			return dsr.Errorf(dsr.Unavailable, "storage", "the event could not be written")
		}
		return nil
	}
	if a := g.call("GET", g.path, "admin", ""); a.problem(503, "storage").Detail == "" || bytes.Contains(a.body, g.zip[:16]) {
		t.Errorf("got %s", a.body)
	}
}

func TestArchiveThatBreaksWhileItIsReadIsCutShortAndLogged(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	g.svc.readErr = errors.New("block 7 does not decrypt")
	if _, err := g.try("GET", g.path, "admin", ""); err == nil {
		t.Error("the caller takes the broken download for whole")
	}
	log := g.log.String()
	calls := strings.Count(log, `"msg":"call"`) - 1 // but the submission; the client repeats a GET that was cut
	if causes := strings.Count(log, "block 7 does not decrypt"); calls < 1 || causes != calls {
		t.Errorf("the cause of %d cut calls is in the log %d times:\n%s", calls, causes, log)
	}
}

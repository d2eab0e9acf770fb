package api_test

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

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// archived is a rig with one finished request and what its archive is.
type archived struct {
	*apptest.Rig
	t            *testing.T
	id, path     string
	zip          []byte
	etag, digest string
}

func newArchived(t *testing.T, complete bool) *archived {
	t.Helper()
	g := apptest.NewRig(t)
	zip := bytes.Repeat([]byte("0123456789abcdef"), 8<<10) // 128 KiB: more than one write
	sum := sha256.Sum256(zip)
	id := g.Submit(apptest.Minimal)
	g.Finish(id, complete, zip)
	return &archived{g, t, id, "/api/v1/requests/" + id + "/archive", zip,
		`"` + hex.EncodeToString(sum[:]) + `"`, "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"}
}

// checkHeaders asserts what every successful answer about the archive carries.
func (g *archived) checkHeaders(a apptest.Answer, contentType string) {
	g.t.Helper()
	want := map[string]string{"Etag": g.etag, "Repr-Digest": g.digest, "Content-Type": contentType, "Cache-Control": "no-store",
		"Content-Disposition": "attachment; filename=access-request-" + g.id + ".zip", "Accept-Ranges": "bytes"}
	got := map[string]string{}
	for name := range want {
		got[name] = a.Header.Get(name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		g.t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestArchiveIsDownloadedWhole(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	a := g.Call("GET", g.path, "auditor", "").Want(200)
	if !bytes.Equal(a.Body, g.zip) {
		t.Errorf("got %d bytes that differ from the archive", len(a.Body))
	}
	g.checkHeaders(a, "application/zip")
	if begun := g.Events(audit.ArchiveDownloaded); len(begun) != 1 || begun[0].Request != g.id || begun[0].Actor != "token:auditor" {
		t.Errorf("got events %v, want one download by the auditor", begun)
	}
}

func TestHeadDescribesTheArchiveAndIsNoDownload(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	a := g.Call("HEAD", g.path, "requester", "").Want(200)
	g.checkHeaders(a, "application/zip")
	if got := a.Header.Get("Content-Length"); got != fmt.Sprint(len(g.zip)) || len(a.Body) != 0 {
		t.Errorf("got length %s and %d bytes of body", got, len(a.Body))
	}
	if begun := g.Events(audit.ArchiveDownloaded); len(begun) != 0 {
		t.Errorf("got events %v, want none", begun)
	}
}

func TestPartsOfTheArchive(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	n := len(g.zip)
	for spec, want := range map[string]struct{ from, to int }{"bytes=0-0": {0, 1}, "bytes=100-199": {100, 200},
		"bytes=131000-": {131000, n}, "bytes=-5": {n - 5, n}, "bytes=0-99999999": {0, n}} {
		for _, method := range []string{"GET", "HEAD"} {
			a := g.Call(method, g.path, "admin", "", "Range", spec).Want(http.StatusPartialContent)
			g.checkHeaders(a, "application/zip")
			if got, want := a.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-%d/%d", want.from, want.to-1, n); got != want {
				t.Errorf("%s: got Content-Range %q, want %q", spec, got, want)
			}
			if method == "GET" && !bytes.Equal(a.Body, g.zip[want.from:want.to]) {
				t.Errorf("%s: got %d bytes, not the part asked for", spec, len(a.Body))
			}
		}
	}
	g.Call("GET", g.path, "admin", "", "Range", "lines=1-2").Want(http.StatusOK)
	for _, spec := range []string{"bytes=five", "bytes=9-1", "bytes=200000-"} {
		a := g.Call("GET", g.path, "admin", "", "Range", spec)
		a.Problem(http.StatusRequestedRangeNotSatisfiable, "range_not_satisfiable")
		if got, want := a.Header.Get("Content-Range"), fmt.Sprintf("bytes */%d", n); got != want {
			t.Errorf("%s: got Content-Range %q, want %q", spec, got, want)
		}
	}
}

func TestSeveralPartsAtOnce(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	a := g.Call("GET", g.path, "admin", "", "Range", "bytes=0-3,16-19").Want(http.StatusPartialContent)
	kind, params, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/byteranges" {
		t.Fatalf("got %q", a.Header.Get("Content-Type"))
	}
	if got := a.Header.Get("Repr-Digest"); got != g.digest {
		t.Errorf("got Repr-Digest %q, want that of the whole", got)
	}
	r := multipart.NewReader(bytes.NewReader(a.Body), params["boundary"])
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
	same := g.Call("GET", g.path, "admin", "", "Range", "bytes=100-", "If-Range", g.etag).Want(206)
	if !bytes.Equal(same.Body, g.zip[100:]) {
		t.Error("If-Range with the archive's ETag did not give the rest")
	}
	other := g.Call("GET", g.path, "admin", "", "Range", "bytes=100-", "If-Range", `"`+strings.Repeat("0", 64)+`"`).Want(200)
	if !bytes.Equal(other.Body, g.zip) {
		t.Error("If-Range with another ETag did not give the whole archive")
	}
}

func TestConditionsOnTheArchive(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	if a := g.Call("GET", g.path, "admin", "", "If-None-Match", g.etag).Want(304); len(a.Body) != 0 {
		t.Errorf("304 has a body of %d bytes", len(a.Body))
	}
	g.Call("GET", g.path, "admin", "", "If-None-Match", `"other"`).Want(200)
	g.Call("GET", g.path, "admin", "", "If-Match", g.etag).Want(200)
	g.Call("GET", g.path, "admin", "", "If-Match", `"other"`).Problem(412, "precondition_failed")
	a := g.Call("GET", g.path, "admin", "", "Range", "bytes=200000-")
	a.Problem(416, "range_not_satisfiable")
	for _, name := range []string{"Content-Disposition", "Repr-Digest", "Etag"} {
		if got := a.Header.Get(name); got != "" {
			t.Errorf("the problem carries the archive's %s %q", name, got)
		}
	}
	g.Call("HEAD", g.path, "admin", "", "Range", "bytes=200000-").Want(416)
}

func TestArchiveBeforeItIsReadyIsAConflict(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for _, status := range []dsr.Status{dsr.Queued, dsr.Running, dsr.Failed, dsr.Cancelled, dsr.Rejected, dsr.Expired} {
		id := g.Submit(apptest.Minimal)
		g.Move(id, status, true)
		g.Call("GET", "/api/v1/requests/"+id+"/archive", "admin", "").Problem(409, "not_ready")
	}
	if begun := g.Events(audit.ArchiveDownloaded); len(begun) != 0 {
		t.Errorf("got events %v, want none", begun)
	}
}

func TestArchiveInReviewIsForApprovers(t *testing.T) {
	t.Parallel()
	g := newArchived(t, false)
	for token, status := range map[string]int{"requester": 409, "auditor": 409, "approver": 200, "admin": 200} {
		if got := g.Call("GET", g.path, token, "").Status; got != status {
			t.Errorf("%s: got %d, want %d", token, got, status)
		}
	}
}

func TestDownloadThatCannotBeRecordedSendsNoData(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	g.Intercept.Fail(func(method string) error {
		if method == "OpenArchive" {
			return dsr.Errorf(dsr.Unavailable, "storage_unavailable", "the event could not be written")
		}
		return nil
	})
	if a := g.Call("GET", g.path, "admin", ""); a.Problem(503, "storage_unavailable").Detail == "" || bytes.Contains(a.Body, g.zip[:16]) {
		t.Errorf("got %s", a.Body)
	}
}

func TestArchiveThatBreaksWhileItIsReadIsCutShortAndLogged(t *testing.T) {
	t.Parallel()
	g := newArchived(t, true)
	g.Intercept.ChangeArchives(func(a *edge.Archive) { a.ReadSeekCloser = &broken{ReadSeekCloser: a.ReadSeekCloser} })
	if _, err := g.Try("GET", g.path, "admin", ""); err == nil {
		t.Error("the caller takes the broken download for whole")
	}
	log := g.Log.String()
	calls := strings.Count(log, `"msg":"call"`) - 1 // but the submission; the client repeats a GET that was cut
	if causes := strings.Count(log, "block 7 does not decrypt"); calls < 1 || causes != calls {
		t.Errorf("the cause of %d cut calls is in the log %d times:\n%s", calls, causes, log)
	}
}

// broken gives one byte and then fails.
type broken struct {
	io.ReadSeekCloser
	read bool
}

func (b *broken) Read(p []byte) (int, error) {
	if b.read {
		return 0, errors.New("block 7 does not decrypt")
	}
	b.read = true
	return b.ReadSeekCloser.Read(p[:1])
}

// TestADownloadEndsWithItsRequest: what is under way when the request is purged is not sent
// to its end.
func TestADownloadEndsWithItsRequest(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	id := g.Submit(apptest.Minimal)
	g.Finish(id, true, bytes.Repeat([]byte("PK"), 1<<20))
	service, by := g.Service(), dsr.Principal{ID: "token:admin", Role: dsr.Admin}
	archive, err := service.OpenArchive(t.Context(), by, id)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = archive.Close() }()
	if _, err := io.ReadFull(archive, make([]byte, 200<<10)); err != nil {
		t.Fatal(err)
	}
	if err := service.Purge(t.Context(), dsr.Call{By: by}, id); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(archive)
	if dsr.KindOf(err) != dsr.Gone || len(rest) > 128<<10 {
		t.Errorf("after the purge %d bytes were read, then: %v", len(rest), err)
	}
}

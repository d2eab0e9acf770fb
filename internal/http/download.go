package http

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Archive is a finished archive open for reading.
type Archive struct {
	io.ReadSeekCloser
	Name   string // suggested file name
	Size   int64
	SHA256 [32]byte
	// Begin counts that so many bytes are about to be sent and puts it on record: without
	// it, or after an error, none may be. Finish then says how many of them were sent.
	Begin  func(ctx context.Context, bytes int64) error
	Finish func(ctx context.Context, asked, sent int64) error
}

// Download answers with the archive that open returns: whole, in parts (Range), or its
// headers alone (HEAD, which reads no data and is no download). What counts is what is
// about to be sent: conditions and ranges are judged before, so that an answer without
// data is no download.
func (s *Server) Download(w http.ResponseWriter, r *http.Request, open func(context.Context) (*Archive, error)) error {
	archive, err := open(r.Context())
	if err != nil {
		return err
	}
	defer s.closeArchive(r, archive)
	return s.serveArchive(w, r, archive)
}

// closeArchive closes the archive; the answer is out by then, so that an error is
// only logged.
func (s *Server) closeArchive(r *http.Request, archive *Archive) {
	if err := archive.Close(); err != nil {
		s.log.ErrorContext(r.Context(), "archive could not be closed",
			slog.String("request_id", CallID(r.Context())), slog.Any("err", err))
	}
}

func (s *Server) serveArchive(w http.ResponseWriter, r *http.Request, archive *Archive) error {
	setDownload(w.Header(), archive.Name, archive.SHA256)
	cleanRange(r.Header)
	content := &readWatch{ReadSeeker: archive}
	out := &downloadWriter{ResponseWriter: w, begin: func(bytes int64) error {
		if r.Method == http.MethodHead {
			return nil
		}
		KeepConnection(r.Context()) // a one-time link is used up now
		return archive.Begin(r.Context(), bytes)
	}}
	// The time zero leaves out Last-Modified: the ETag says it better.
	http.ServeContent(out, r, "", time.Time{}, content)
	if out.begun && r.Method != http.MethodHead {
		s.finishDownload(r, archive, out)
	}
	if content.err != nil {
		return fmt.Errorf("read archive: %w", content.err)
	}
	return out.refusal(archive.Size)
}

// noBytes is a range of the last 0 bytes, which nothing satisfies; http.ServeContent
// would answer it with a part that has no bytes.
var noBytes = regexp.MustCompile(`^\s*-0+\s*$`)

// cleanRange leaves out what no answer satisfies. A unit that is not understood is
// ignored (RFC 9110, 14.2).
func cleanRange(h http.Header) {
	specs, bytes := strings.CutPrefix(h.Get("Range"), "bytes=")
	if !bytes {
		h.Del("Range")
		return
	}
	left := slices.DeleteFunc(strings.Split(specs, ","), noBytes.MatchString)
	if len(left) == 0 {
		left = []string{strconv.FormatInt(math.MaxInt64, 10) + "-"}
	}
	h.Set("Range", "bytes="+strings.Join(left, ","))
}

// finishDownload puts on record how the download ended, also when the caller has
// gone. The answer is out by then, so that an error is only logged.
func (s *Server) finishDownload(r *http.Request, archive *Archive, out *downloadWriter) {
	if err := archive.Finish(context.WithoutCancel(r.Context()), out.asked, out.sent); err != nil {
		s.log.ErrorContext(r.Context(), "the end of a download was not recorded",
			slog.String("request_id", CallID(r.Context())), slog.Any("err", err))
	}
}

// readWatch remembers why reading failed: http.ServeContent can only cut the answer
// short, which only the caller would notice.
type readWatch struct {
	io.ReadSeeker
	err error
}

func (c *readWatch) Read(p []byte) (int, error) {
	n, err := c.ReadSeeker.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}

// downloadWriter begins the download once http.ServeContent has judged conditions and
// ranges, holds back its text/plain errors, and gives a caller who keeps reading all the
// time it takes.
type downloadWriter struct {
	http.ResponseWriter
	begin   func(bytes int64) error
	begun   bool  // data may be sent
	asked   int64 // bytes of the answer's body
	sent    int64
	refused int
	denied  error // why begin did not let the download begin
}

// errRefused ends http.ServeContent's copying.
var errRefused = errors.New("the answer is another one")

func (d *downloadWriter) WriteHeader(status int) {
	switch {
	case status >= 400:
		d.refused = status
		return
	case status < 300:
		// An answer with data always has the length of it.
		d.asked, d.denied = strconv.ParseInt(d.Header().Get("Content-Length"), 10, 64)
		if d.denied == nil {
			d.denied = d.begin(d.asked)
		}
		if d.denied != nil {
			return
		}
		d.begun = true
	}
	d.ResponseWriter.WriteHeader(status)
}

func (d *downloadWriter) Write(p []byte) (int, error) {
	if !d.begun {
		return 0, errRefused
	}
	// A deadline of the connection follows the real clock. Where the writer has none
	// there is nothing to move.
	_ = http.NewResponseController(d.ResponseWriter).SetWriteDeadline(time.Now().Add(writeTimeout))
	n, err := d.ResponseWriter.Write(p)
	d.sent += int64(n)
	return n, err
}

// refusal is the error that the download did not begin with, or that http.ServeContent
// wanted to answer with, or nil.
func (d *downloadWriter) refusal(size int64) error {
	if d.refused == 0 && d.denied == nil {
		return nil
	}
	unsetDownload(d.Header())
	if d.denied != nil {
		return d.denied
	}
	switch d.refused {
	case http.StatusRequestedRangeNotSatisfiable:
		d.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", size))
		return &edgeError{status: d.refused, code: "range_not_satisfiable", detail: "the Range header asks for nothing that the archive has; Content-Range has its size"}
	case http.StatusPreconditionFailed:
		return &edgeError{status: d.refused, code: "precondition_failed", detail: "the archive is not the one that If-Match names"}
	}
	return fmt.Errorf("serve archive: status %d", d.refused)
}

package http

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"dsr-server/internal/dsr"
)

// Archive is a finished archive open for reading.
type Archive struct {
	io.ReadSeekCloser
	Name   string // suggested file name
	Size   int64
	SHA256 [32]byte
	// Finish puts on record how the download ended; nil for one that was described.
	Finish func(ctx context.Context, sent int64, finished bool) error
}

// Download answers with the archive that open returns: whole, in parts (Range), or its
// headers alone (HEAD, which reads no data and is no download).
func (s *Server) Download(w http.ResponseWriter, r *http.Request, open func(context.Context, dsr.Access) (*Archive, error)) error {
	archive, err := open(r.Context(), accessOf(r))
	if err != nil {
		return err
	}
	defer s.closeArchive(r, archive)
	return s.serveArchive(w, r, archive)
}

// laterPart is a Range that does not begin at the first byte, as when a download is
// carried on.
var laterPart = regexp.MustCompile(`^bytes=0*[1-9][0-9]*-[0-9]*$`)

func accessOf(r *http.Request) dsr.Access {
	switch {
	case r.Method == http.MethodHead:
		return dsr.Describe
	case laterPart.MatchString(r.Header.Get("Range")):
		return dsr.Resume
	}
	return dsr.FromStart
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
	if !strings.HasPrefix(r.Header.Get("Range"), "bytes=") {
		r.Header.Del("Range") // a unit that is not understood is ignored (RFC 9110, 14.2)
	}
	content := &readWatch{ReadSeeker: archive}
	out := &downloadWriter{ResponseWriter: w}
	// The time zero leaves out Last-Modified: the ETag says it better.
	http.ServeContent(out, r, "", time.Time{}, content)
	s.finishDownload(r, archive, out, content.err)
	if content.err != nil {
		return fmt.Errorf("read archive: %w", content.err)
	}
	return out.refusal(archive.Size)
}

// finishDownload puts on record how the download ended, also when the caller has
// gone. The answer is out by then, so that an error is only logged.
func (s *Server) finishDownload(r *http.Request, archive *Archive, out *downloadWriter, broken error) {
	if archive.Finish == nil {
		return
	}
	asked := out.Header().Get("Content-Length")
	all := asked == "" || asked == strconv.FormatInt(out.sent, 10) // none: the caller has the archive (304)
	err := archive.Finish(context.WithoutCancel(r.Context()), out.sent, all && out.refused == 0 && broken == nil)
	if err != nil {
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

// downloadWriter holds back the text/plain errors of http.ServeContent, and gives a
// caller who keeps reading all the time it takes.
type downloadWriter struct {
	http.ResponseWriter
	refused int
	sent    int64
}

func (d *downloadWriter) WriteHeader(status int) {
	if status >= 400 {
		d.refused = status
		return
	}
	d.ResponseWriter.WriteHeader(status)
}

func (d *downloadWriter) Write(p []byte) (int, error) {
	if d.refused != 0 {
		return len(p), nil
	}
	// A deadline of the connection follows the real clock. Where the writer has none
	// there is nothing to move.
	_ = http.NewResponseController(d.ResponseWriter).SetWriteDeadline(time.Now().Add(writeTimeout))
	n, err := d.ResponseWriter.Write(p)
	d.sent += int64(n)
	return n, err
}

// refusal is the error that http.ServeContent wanted to answer with, or nil.
func (d *downloadWriter) refusal(size int64) error {
	if d.refused == 0 {
		return nil
	}
	unsetDownload(d.Header())
	switch d.refused {
	case http.StatusRequestedRangeNotSatisfiable:
		d.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", size))
		return &edgeError{d.refused, "range_not_satisfiable", "the Range header asks for nothing that the archive has; Content-Range has its size"}
	case http.StatusPreconditionFailed:
		return &edgeError{d.refused, "precondition_failed", "the archive is not the one that If-Match names"}
	}
	return fmt.Errorf("serve archive: status %d", d.refused)
}

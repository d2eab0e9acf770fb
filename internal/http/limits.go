package http

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"dsr-server/internal/dsr"
)

// MaxBody is the most bytes of a request body that are read, MaxBatchBody of one that holds
// many submissions.
const (
	MaxBody      = 1 << 20
	MaxBatchBody = 8 << 20
)

// Timeouts of a connection. An answer that streams moves writeTimeout along as it
// goes, so it bounds how long a caller may stall, not how long a download takes.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 60 * time.Second
	writeTimeout      = 60 * time.Second
	idleTimeout       = 120 * time.Second
	maxHeaderBytes    = 64 << 10
)

// NewHTTPServer returns a server for h with a limit on every phase of a call.
func NewHTTPServer(addr string, h http.Handler) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
	}
}

// BodyType is which of the media types the body has. There is one character encoding.
func BodyType(r *http.Request, types ...string) (string, error) {
	t, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := parameters["charset"]
	if err != nil || !slices.Contains(types, t) || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return "", &edgeError{http.StatusUnsupportedMediaType, "unsupported_type", "send the body, in UTF-8, with Content-Type: " + strings.Join(types, " or "), "Accept", strings.Join(types, ", ")}
	}
	return t, nil
}

// ReadBody reads the whole body, or says that it is larger than most or packed.
func ReadBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return nil, &edgeError{http.StatusUnsupportedMediaType, "unsupported_coding", "send the body as it is, without Content-Encoding", "Accept-Encoding", "identity"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, dsr.Errorf(dsr.TooLarge, "body_too_large", "the body is larger than %d bytes (%d MiB); this limit is fixed, split the request", most, most>>20)
	}
	if err != nil {
		return nil, dsr.Errorf(dsr.Malformed, "malformed", "the body could not be read to its end")
	}
	return body, nil
}

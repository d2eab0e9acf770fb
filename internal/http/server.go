// Package http is the edge that the REST API (api) and the pages (ui) are mounted on. It
// keeps true that every answer carries the security headers, that errors show what a
// person may read and nothing more, that every phase of a call has a limit, and that no
// status code is known outside of these three packages.
//
// In reading order: server.go, router.go, system.go, download.go, stream.go, problem.go,
// limits.go, headers.go, call.go.
package http

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
)

// Options is what the edge needs to know of the rest. The zero value of every field but
// Ready works.
type Options struct {
	// BaseURL is the address people reach the service under. With https the answers
	// carry Strict-Transport-Security.
	BaseURL string
	// Ready returns nil when database and blobs are writable, the schema is current and
	// the workers run; else what is wrong, for the operator.
	Ready func(context.Context) error
	// Log takes one line per call and one per internal error; nil discards them.
	Log *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Server answers every HTTP call of the service. Make one with New, then mount the API
// and the pages on it.
type Server struct {
	opts    Options
	log     *slog.Logger
	now     func() time.Time
	base    *url.URL
	mux     *chi.Mux
	openAPI []byte

	// pageFail shows an error of a browser's call as a page; nil: as a problem.
	pageFail func(w http.ResponseWriter, r *http.Request, err error)
}

// New makes a server with the health checks. It fails when the base URL cannot be read.
func New(opts Options) (*Server, error) {
	s := &Server{opts: opts, log: opts.Log, now: opts.Now, mux: chi.NewRouter()}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	var err error
	if s.base, err = parseBaseURL(opts.BaseURL); err != nil {
		return nil, err
	}
	s.mux.Use(withCallID, s.securityHeaders, s.logCalls, s.recoverPanics)
	s.mux.NotFound(s.notFound)
	s.mux.MethodNotAllowed(s.methodNotAllowed)
	return s, s.mountSystem()
}

// ServeHTTP answers one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Router is where the API and the pages are mounted.
func (s *Server) Router() chi.Router { return s.mux }

// ShowErrors makes the errors of browsers' calls be shown by fail.
func (s *Server) ShowErrors(fail func(w http.ResponseWriter, r *http.Request, err error)) {
	s.pageFail = fail
}

func parseBaseURL(base string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil {
		// The text of a url.Error repeats the URL, which may hold a password.
		return nil, errors.New("base_url is not a URL")
	}
	return u, nil
}

// Now is the clock of the server.
func (s *Server) Now() time.Time { return s.now() }

// HTTPS reports whether people reach the service over TLS.
func (s *Server) HTTPS() bool { return strings.EqualFold(s.base.Scheme, "https") }

// Path puts the prefix of the base URL, if it has one, before a path of ours.
func (s *Server) Path(p string) string { return strings.TrimSuffix(s.base.Path, "/") + p }

// URL is the address of a path of ours as it is sent to somebody.
func (s *Server) URL(elem ...string) string { return s.base.JoinPath(elem...).String() }

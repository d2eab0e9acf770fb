package http

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"golang.org/x/sync/singleflight"
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
	// Proxies are the networks whose X-Forwarded-For counts.
	Proxies []netip.Prefix
	// Limits are of one person or token.
	Limits Limits
	// Refused is told of every call that was refused or came too often; nil: nobody is.
	Refused func(context.Context, Refusal)
	// Answered is told of every call when it has been answered; nil: nobody is.
	Answered func(context.Context, Answered)
	// Trace begins a call's part of a trace: that of parent, which is the zero value where the
	// caller names none. nil: calls are part of their callers' traces alone.
	Trace func(ctx context.Context, method string, parent Trace) (context.Context, Trace)
	// Log takes one line per call and one per internal error; nil discards them.
	Log *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Answered is a call that has been answered: what may be counted of it.
type Answered struct {
	Method string // "other" for a word that the caller made up
	Route  string // the pattern, never the address; "unmatched" where there is none
	Status int
	Took   time.Duration
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
	limits  *admission
	looks   singleflight.Group // whether the service is ready

	// pageFail shows an error of a browser's call as a page; nil: as a problem.
	pageFail func(w http.ResponseWriter, r *http.Request, err error)
}

// ServeHTTP answers one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Router is where the API and the pages are mounted.
func (s *Server) Router() chi.Router { return s.mux }

// ShowErrors makes the errors of browsers' calls be shown by fail.
func (s *Server) ShowErrors(fail func(w http.ResponseWriter, r *http.Request, err error)) {
	s.pageFail = fail
}

// Now is the clock of the server.
func (s *Server) Now() time.Time { return s.now() }

// HTTPS reports whether people reach the service over TLS.
func (s *Server) HTTPS() bool { return strings.EqualFold(s.base.Scheme, "https") }

// Path puts the prefix of the base URL, if it has one, before a path of this service.
func (s *Server) Path(p string) string { return strings.TrimSuffix(s.base.Path, "/") + p }

// Host is the name of the machine that people call.
func (s *Server) Host() string { return s.base.Hostname() }

// URL is the full address of a path, for sending to somebody.
func (s *Server) URL(elem ...string) string { return s.base.JoinPath(elem...).String() }

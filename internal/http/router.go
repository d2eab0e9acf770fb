package http

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"dsr-server/internal/dsr"
)

// Options is what the edge needs to know of the configuration. The zero value of
// every field but Sources works.
type Options struct {
	// BaseURL is the address people reach the service under. With https the answers
	// carry Strict-Transport-Security.
	BaseURL string
	// Sources are the names of the configured sources.
	Sources []string
	// Regions are those of the sources that have one, by name (ISO 3166).
	Regions map[string]string
	// Limits per token.
	Limits Limits
	// Pages is what the web form needs; without people there are no pages.
	Pages PageOptions
	// Metrics serves figures for machines at /metrics, to callers with a token; nil: it
	// is not served here.
	Metrics http.Handler
	// Log takes one line per call and one per internal error; nil discards them.
	Log *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Server answers every HTTP call of the service. Make one with New.
type Server struct {
	svc     Service
	opts    Options
	log     *slog.Logger
	now     func() time.Time
	base    *url.URL
	mux     *chi.Mux
	openAPI []byte
	routes  []route // of the API, as registered

	// pageFail shows an error of a browser's call as a page; nil: as a problem.
	// mountPages sets it.
	pageFail func(w http.ResponseWriter, r *http.Request, err error)
}

// New joins the REST API, the pages and the health checks. It fails when the base
// URL cannot be read or a route states no right that any role has.
func New(svc Service, opts Options) (*Server, error) {
	s := &Server{svc: svc, opts: opts, log: opts.Log, now: opts.Now, mux: chi.NewRouter()}
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
	s.mux.Use(withRequestID, s.securityHeaders, s.logCalls, s.recoverPanics)
	s.mux.NotFound(s.notFound)
	s.mux.MethodNotAllowed(s.methodNotAllowed)
	if err := s.mountSystem(s.mux); err != nil {
		return nil, err
	}
	if err := s.mountAPI(s.mux); err != nil {
		return nil, err
	}
	if err := s.mountPages(s.mux); err != nil {
		return nil, err
	}
	return s, nil
}

// ServeHTTP answers one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func parseBaseURL(base string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil {
		// The text of a url.Error repeats the URL, which may hold a password.
		return nil, errors.New("base_url is not a URL")
	}
	return u, nil
}

// https reports whether people reach the service over TLS.
func (s *Server) https() bool { return strings.EqualFold(s.base.Scheme, "https") }

// path puts the prefix of the base URL, if it has one, before a path of ours.
func (s *Server) path(p string) string { return strings.TrimSuffix(s.base.Path, "/") + p }

// isAPI reports whether the call is a program's, which reads problems, not pages.
func isAPI(r *http.Request) bool {
	p := r.URL.Path
	return strings.HasPrefix(p, "/api/") || slices.Contains([]string{"/healthz", "/readyz", "/openapi.json", "/metrics"}, p)
}

// fail answers with the error, once, in the form the caller can read.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if s.pageFail != nil && !isAPI(r) {
		s.pageFail(w, r, err)
		return
	}
	s.problem(w, r, err)
}

func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, dsr.Errorf(dsr.NotFound, "not_found", "there is nothing at this address"))
}

// methodNotAllowed is also called for methods that the router does not know, at
// addresses where there is nothing.
func (s *Server) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	allowed := s.allowed(r)
	if len(allowed) == 0 {
		s.notFound(w, r)
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	s.fail(w, r, &edgeError{http.StatusMethodNotAllowed, "method_not_allowed", "the Allow header lists the methods of this address"})
}

func (s *Server) allowed(r *http.Request) []string {
	path := r.URL.RawPath
	if path == "" {
		path = r.URL.Path
	}
	var found []string
	for _, m := range []string{http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodPatch, http.MethodPost, http.MethodPut} {
		if s.mux.Match(chi.NewRouteContext(), m, path) {
			found = append(found, m)
		}
	}
	return found
}

// logCalls writes one line per call: the route's pattern, never the address, which
// may hold what somebody typed.
func (s *Server) logCalls(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		start := s.now()
		defer func() {
			s.log.InfoContext(r.Context(), "call", slog.String("request_id", requestIDOf(r.Context())), slog.String("method", knownMethod(r.Method)),
				slog.String("route", routeOf(r)), slog.Int("status", ww.Status()), slog.Int("bytes", ww.BytesWritten()),
				slog.Duration("took", s.now().Sub(start)))
		}()
		next.ServeHTTP(ww, r)
	})
}

// routeOf is the pattern of the route that answers the call, or "unmatched".
func routeOf(r *http.Request) string {
	if c := chi.RouteContext(r.Context()); c != nil && c.RoutePattern() != "" && c.RoutePattern() != "/*" {
		return c.RoutePattern()
	}
	return "unmatched"
}

// knownMethod keeps words that a caller made up out of the log.
func knownMethod(m string) string {
	known := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodConnect, http.MethodOptions, http.MethodTrace}
	if slices.Contains(known, m) {
		return m
	}
	return "other"
}

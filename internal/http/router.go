package http

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"dsr-server/internal/dsr"
)

// isAPI reports whether the call is a program's, which reads problems, not pages.
func isAPI(r *http.Request) bool {
	p := r.URL.Path
	return strings.HasPrefix(p, "/api/") || slices.Contains([]string{"/healthz", "/readyz", "/openapi.json", "/metrics"}, p)
}

// Fail answers with the error, once, in the form the caller can read.
func (s *Server) Fail(w http.ResponseWriter, r *http.Request, err error) {
	if s.pageFail != nil && !isAPI(r) {
		s.pageFail(w, r, err)
		return
	}
	s.Problem(w, r, err)
}

func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	s.Fail(w, r, dsr.Errorf(dsr.NotFound, "not_found", "there is nothing at this address"))
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
	s.Fail(w, r, &edgeError{http.StatusMethodNotAllowed, "method_not_allowed", "the Allow header lists the methods of this address"})
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
			s.log.InfoContext(r.Context(), "call", slog.String("request_id", CallID(r.Context())), slog.String("method", knownMethod(r.Method)),
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

package http

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"dsr-server/internal/dsr"
)

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
			line := []slog.Attr{slog.String("request_id", CallID(r.Context())), slog.String("method", knownMethod(r.Method)),
				slog.String("route", routeOf(r)), slog.Int("status", ww.Status()), slog.Int("bytes", ww.BytesWritten()),
				slog.Duration("took", s.now().Sub(start))}
			line = append(line, s.reportRefusal(r.Context(), ww.Status())...)
			s.log.LogAttrs(r.Context(), slog.LevelInfo, "call", line...)
		}()
		next.ServeHTTP(ww, r)
	})
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

// recoverPanics answers a panic like any internal error; the server goes on.
func (s *Server) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler {
				panic(v)
			}
			s.Fail(w, r, panicError(v))
		}()
		next.ServeHTTP(w, r)
	})
}

// panicError describes a panic for the log. The value of a panic may hold anything,
// so its text is taken only when it comes from the Go runtime.
func panicError(v any) error {
	what := fmt.Sprintf("%T", v)
	if e, ok := v.(runtime.Error); ok {
		what = e.Error()
	}
	return fmt.Errorf("panic: %s\n%s", what, debug.Stack())
}

package http

import (
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/go-chi/chi/v5"

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
	s.Fail(w, r, &edgeError{http.StatusMethodNotAllowed, "method_not_allowed", "the Allow header lists the methods of this address", "Allow", strings.Join(allowed, ", ")})
}

func (s *Server) allowed(r *http.Request) []string {
	path := r.URL.RawPath
	if path == "" {
		path = r.URL.Path
	}
	var found []string
	for _, m := range []string{http.MethodDelete, http.MethodGet, http.MethodPatch, http.MethodPost, http.MethodPut} {
		if s.mux.Match(chi.NewRouteContext(), m, path) {
			found = append(found, m)
			if m == http.MethodGet {
				found = append(found, http.MethodHead) // GET implies it
			}
		}
	}
	return found
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

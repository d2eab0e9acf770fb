package http

import (
	"log/slog"
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5/middleware"
)

// logCalls writes one line per call, and has it counted: who made it, and the route's pattern,
// never the address, which may hold what somebody typed.
func (s *Server) logCalls(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		start := s.now()
		defer func() {
			a := Answered{Method: knownMethod(r.Method), Route: routeOf(r), Status: ww.Status(), Took: s.now().Sub(start)}
			s.opts.Answered(a)
			line := append(named(r.Context()), slog.String("method", a.Method), slog.String("route", a.Route),
				slog.Int("status", a.Status), slog.Int("bytes", ww.BytesWritten()), slog.Duration("took", a.Took))
			line = append(line, s.reportRefusal(r.Context(), a.Status)...)
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

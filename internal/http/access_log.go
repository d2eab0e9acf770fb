package http

import (
	"context"
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
			s.opts.Answered(r.Context(), a)
			line := append(named(r.Context()), slog.String("method", a.Method), slog.String("route", a.Route),
				slog.Int("status", a.Status), slog.Int("bytes", ww.BytesWritten()), slog.Duration("took", a.Took))
			line = append(line, s.reportRefusal(r.Context(), a.Status)...)
			s.log.LogAttrs(r.Context(), slog.LevelInfo, "call", line...)
		}()
		next.ServeHTTP(ww, r)
	})
}

// withTrace keeps the trace of whoever calls: the log names it, and the answer says under
// which span the call stands in it. The state that vendors of tracing add (tracestate) is
// dropped, since it may hold anything.
func (s *Server) withTrace(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		parent, sent := parseTrace(r.Header.Values("Traceparent"))
		ctx, own := r.Context(), parent
		switch {
		case s.opts.Trace != nil:
			ctx, own = s.opts.Trace(ctx, knownMethod(r.Method), parent)
		case sent:
			own.Span = newSpanID()
		default:
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Traceparent", own.String())
		next.ServeHTTP(w, r.WithContext(context.WithValue(ctx, traceKey{}, own)))
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

package http

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"

	"github.com/go-chi/chi/v5/middleware"

	"dsr-server/internal/dsr"
)

// statusOf is the one table from kinds of errors to status codes.
var statusOf = map[dsr.Kind]int{
	dsr.Malformed:       http.StatusBadRequest,
	dsr.Unauthenticated: http.StatusUnauthorized,
	dsr.Forbidden:       http.StatusForbidden,
	dsr.NotFound:        http.StatusNotFound,
	dsr.Conflict:        http.StatusConflict,
	dsr.Gone:            http.StatusGone,
	dsr.TooLarge:        http.StatusRequestEntityTooLarge,
	dsr.Invalid:         http.StatusUnprocessableEntity,
	dsr.TooMany:         http.StatusTooManyRequests,
	dsr.Unavailable:     http.StatusServiceUnavailable,
}

// edgeError is an error that exists in HTTP alone, such as a method that an address
// does not have. Its detail is a constant.
type edgeError struct {
	status       int
	code, detail string
}

func (e *edgeError) Error() string { return e.code + ": " + e.detail }

// problem is the body of every error, as in RFC 9457.
type problem struct {
	Type       string `json:"type"`
	Title      string `json:"title"`
	Status     int    `json:"status"`
	Code       string `json:"code"`
	Detail     string `json:"detail"`
	Field      string `json:"field,omitempty"`
	RequestID  string `json:"request_id"`
	ExistingID string `json:"existing_id,omitempty"`
	// Receipt of a purged request.
	Receipt json.RawMessage `json:"receipt,omitempty"`
}

// problemOf says of an error what the caller may read. Of an error that is not
// made for readers that is one fixed sentence.
func problemOf(err error) problem {
	p := problem{Type: "about:blank", Status: http.StatusInternalServerError, Code: "internal",
		Detail: "something went wrong on our side; the log has more under this request_id"}
	if e, ok := errors.AsType[*edgeError](err); ok {
		p.Status, p.Code, p.Detail = e.status, e.code, e.detail
	} else if e, ok := errors.AsType[*dsr.Error](err); ok && statusOf[e.Kind] != 0 {
		p.Status, p.Code, p.Detail, p.Field, p.ExistingID = statusOf[e.Kind], e.Code, e.Detail, e.Field, e.ID
		p.Receipt = e.Receipt
	}
	p.Title = http.StatusText(p.Status)
	return p
}

// problem answers with err as problem+json, and logs it if it is our fault.
func (s *Server) problem(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	p.RequestID = requestIDOf(r.Context())
	s.logFault(r, p.Status, err)
	if begun(w) {
		// Part of another answer is out; cutting it short is all that can be said.
		panic(http.ErrAbortHandler)
	}
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", challenge(r))
	}
	writeJSON(w, p.Status, "application/problem+json", p)
}

// logFault logs errors that are ours, once. A caller who has gone away is no fault.
func (s *Server) logFault(r *http.Request, status int, err error) {
	if status < 500 || errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return
	}
	s.log.ErrorContext(r.Context(), "call failed", slog.String("request_id", requestIDOf(r.Context())),
		slog.String("route", routeOf(r)), slog.Any("err", err))
}

// begun reports whether the answer's status is out already.
func begun(w http.ResponseWriter) bool {
	ww, ok := w.(middleware.WrapResponseWriter)
	return ok && ww.Status() != 0
}

// writeJSON writes v as the answer. It leaves < > & as they are: the answer is data
// with its own type and nosniff.
func writeJSON(w http.ResponseWriter, status int, contentType string, v any) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // our own types always encode; what remains is a caller who has gone
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
			s.fail(w, r, panicError(v))
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

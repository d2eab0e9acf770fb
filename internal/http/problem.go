package http

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

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
	dsr.Changed:         http.StatusPreconditionFailed,
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
	header, says string // of the answer; empty: none
}

func (e *edgeError) Error() string { return e.code + ": " + e.detail }

// Problem is the body of every error, as in RFC 9457.
type Problem struct {
	Type       string `json:"type"`
	Title      string `json:"title"`
	Status     int    `json:"status"`
	Code       string `json:"code"`
	Detail     string `json:"detail"`
	Field      string `json:"field,omitempty"`
	RequestID  string `json:"request_id"`
	ExistingID string `json:"existing_id,omitempty"`
	Row        int    `json:"row,omitempty"` // of a batch, from 1
	// Problems are those of the rows, where a batch is refused for them.
	Problems []Problem `json:"problems,omitempty"`
	// Receipt of a purged request.
	Receipt json.RawMessage `json:"receipt,omitempty"`
}

// ProblemOf says of an error what the caller may read. Of an error that is not
// made for readers that is one fixed sentence.
func ProblemOf(err error) Problem {
	p := Problem{Status: http.StatusInternalServerError, Code: "internal",
		Detail: "something went wrong on our side; the log has more under this request_id"}
	if e, ok := errors.AsType[*edgeError](err); ok {
		p.Status, p.Code, p.Detail = e.status, e.code, e.detail
	} else if e, ok := errors.AsType[*dsr.Error](err); ok && statusOf[e.Kind] != 0 {
		p.Status, p.Code, p.Detail, p.Field, p.ExistingID = statusOf[e.Kind], e.Code, e.Detail, e.Field, e.ID
		p.Receipt, p.Row = e.Receipt, e.Row
		for _, row := range e.Rows {
			p.Problems = append(p.Problems, ProblemOf(row))
		}
	}
	p.Type, p.Title = "/problems/"+p.Code, http.StatusText(p.Status)
	return p
}

// ProblemIn is ProblemOf an error of this call.
func ProblemIn(r *http.Request, err error) Problem {
	p := ProblemOf(err)
	p.RequestID = CallID(r.Context())
	for i := range p.Problems {
		p.Problems[i].RequestID = p.RequestID
	}
	return p
}

// Problem answers with err as problem+json, and logs it if it is our fault.
func (s *Server) Problem(w http.ResponseWriter, r *http.Request, err error) {
	p := ProblemIn(r, err)
	s.LogFault(r, p.Status, err)
	ExplainRefusal(w, r, err)
	if Begun(w) {
		// Part of another answer is out; cutting it short is all that can be said.
		panic(http.ErrAbortHandler)
	}
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", challenge(r))
	}
	if e, ok := errors.AsType[*dsr.Error](err); ok && slices.Contains(withoutRight, e.Code) {
		w.Header().Set("WWW-Authenticate", scopeChallenge(e.Scope))
	}
	WriteJSON(w, p.Status, problemType, p)
}

// usualWait is after how long a call may be made again that could not be answered at all.
const usualWait = 5 * time.Second

// ExplainRefusal notes that a call is refused, and tells the caller when to come back and what
// would be taken.
func ExplainRefusal(w http.ResponseWriter, r *http.Request, err error) {
	if slices.Contains(refusals, ProblemOf(err).Status) {
		NoteRefusal(r.Context(), err)
	}
	if e, ok := errors.AsType[*edgeError](err); ok && e.header != "" {
		w.Header().Set(e.header, e.says)
	}
	if ProblemOf(err).Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter(usualWait))
	}
	if e, ok := errors.AsType[*dsr.Error](err); ok && e.RetryAfter > 0 {
		w.Header().Set("Retry-After", retryAfter(e.RetryAfter))
	}
}

// NoteRefusal says that the call is refused with this error, where the answer's status does
// not show it.
func NoteRefusal(ctx context.Context, err error) { callerOf(ctx).refused = ProblemOf(err).Code }

// retryAfter is a Retry-After header: whole seconds, never too short.
func retryAfter(wait time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(wait.Seconds()))))
}

// LogFault logs errors that are ours, once. A caller who has gone away is no fault.
func (s *Server) LogFault(r *http.Request, status int, err error) {
	if status < 500 || errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return
	}
	s.log.LogAttrs(r.Context(), slog.LevelError, "call failed", append(named(r.Context()), slog.String("route", routeOf(r)), slog.Any("err", err))...)
}

// Begun reports whether the answer's status is out already, also to a writer that others
// are wrapped around.
func Begun(w http.ResponseWriter) bool {
	for {
		if ww, ok := w.(middleware.WrapResponseWriter); ok && ww.Status() != 0 {
			return true
		}
		inner, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return false
		}
		w = inner.Unwrap()
	}
}

// Bearer reads the token (RFC 6750). Two headers are ambiguous and therefore none.
func Bearer(r *http.Request) (token string, ok bool) {
	headers := r.Header.Values("Authorization")
	if len(headers) != 1 {
		return "", false
	}
	scheme, token, ok := strings.Cut(headers[0], " ")
	token = strings.Trim(token, " ")
	return token, ok && strings.EqualFold(scheme, "Bearer") && token != ""
}

// challenge is the WWW-Authenticate header of a 401.
func challenge(r *http.Request) string {
	if _, ok := Bearer(r); ok {
		return `Bearer realm="dsr-server", error="invalid_token"`
	}
	return `Bearer realm="dsr-server"`
}

// withoutRight are the codes of refusals that another token would not meet: what the role does
// not allow, and what its scopes do not.
var withoutRight = []string{"forbidden", "insufficient_scope"}

// scopeChallenge is the WWW-Authenticate header of such a 403 (RFC 6750, 3.1), with the scope
// that would do, if one would.
func scopeChallenge(scope dsr.Scope) string {
	text := `Bearer realm="dsr-server", error="insufficient_scope"`
	if scope != "" {
		text += `, scope="` + string(scope) + `"`
	}
	return text
}

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

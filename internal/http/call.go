package http

import (
	"context"
	"net/http"
	"regexp"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"dsr-server/internal/dsr"
)

type callIDKey struct{}

// callIDForm is what an id of a call may be that the caller has chosen: no address, no
// sentence, nothing that would need quoting in a log.
var callIDForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// withCallID gives every call an id, which its problem, its log lines and the X-Request-Id
// header carry: the one that the caller has sent, so that calls can be followed from program
// to program, or else one of our own. It is for finding lines, and proves nothing.
func withCallID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := uuid.NewString()
		if sent := r.Header.Values("X-Request-Id"); len(sent) == 1 && callIDForm.MatchString(sent[0]) {
			id = sent[0]
		}
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callIDKey{}, id)))
	})
}

// CallID is the id of the call that ctx belongs to.
func CallID(ctx context.Context) string {
	id, _ := ctx.Value(callIDKey{}).(string)
	return id
}

// RequestID is the id in the address, whose letters may be capitals (RFC 9562, 4). One that no
// request can have is simply not found.
func RequestID(r *http.Request) (string, error) {
	id := strings.ToLower(chi.URLParam(r, "id"))
	if u, err := uuid.Parse(id); err != nil || u.String() != id {
		return "", dsr.Errorf(dsr.NotFound, "not_found", "there is no request with this id")
	}
	return id, nil
}

// routeOf is the pattern of the route that answers the call, or "unmatched".
func routeOf(r *http.Request) string {
	if c := chi.RouteContext(r.Context()); c != nil && c.RoutePattern() != "" && c.RoutePattern() != "/*" {
		return c.RoutePattern()
	}
	return "unmatched"
}

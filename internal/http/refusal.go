package http

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
)

// Refusal is a call that was refused: who made it, from where, and why.
type Refusal struct {
	Code      string
	Principal string // empty for strangers
	Client    string // as Client has it
}

// refusals are the statuses of calls that were refused.
var refusals = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests}

// reportRefusal tells the audit log of a refused call, and returns what its line in the log
// says beside the rest. Of calls that are answered the log does not say who made them:
// what they read and changed is on record.
func (s *Server) reportRefusal(ctx context.Context, status int) []slog.Attr {
	by := callerOf(ctx)
	if by.refused == "" && !slices.Contains(refusals, status) {
		return nil
	}
	if by.refused != "" && s.opts.Refused != nil {
		s.opts.Refused(context.WithoutCancel(ctx), Refusal{by.refused, by.principal, clientKey(by.client)})
	}
	return []slog.Attr{slog.String("principal", by.principal), slog.String("client", by.client.String()), slog.String("code", by.refused)}
}

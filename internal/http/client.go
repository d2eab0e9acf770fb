package http

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
)

// caller is who makes a call, as far as it is known by now, and whether the call was
// refused: for the log and the audit log.
type caller struct {
	client    netip.Addr // the zero value where the connection has no address
	principal string     // "user:ana"; empty for strangers
	refused   string     // the code; empty while it was not
}

// Refusal is a call that was refused: who made it, from where, and why.
type Refusal struct {
	Code      string
	Principal string // empty for strangers
	Client    string // as Client has it
}

// refusals are the statuses of calls that were refused.
var refusals = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests}

type callerKey struct{}

// callerOf is who makes the call that ctx belongs to; outside of calls it is nobody.
func callerOf(ctx context.Context) *caller {
	if by, ok := ctx.Value(callerKey{}).(*caller); ok {
		return by
	}
	return &caller{}
}

// Identify says who makes the call, once that is known.
func Identify(ctx context.Context, principal string) {
	callerOf(ctx).principal = principal
	KeepConnection(ctx)
}

// About says whom a refused call is about, without its being by them.
func About(ctx context.Context, person string) { callerOf(ctx).principal = person }

// KeepConnection keeps the call from being cut to make room for others.
func KeepConnection(ctx context.Context) { connectionOf(ctx).keep() }

// Client is the address of who makes the call, or the network that counts as one client:
// of IPv6 everybody has a /64 at least.
func Client(ctx context.Context) string { return clientKey(callerOf(ctx).client) }

// named is what lines about one call are found by: its id, its trace, and who made it.
func named(ctx context.Context) []slog.Attr {
	line := []slog.Attr{slog.String("request_id", CallID(ctx))}
	if t := traceOf(ctx); t.ID != "" {
		line = append(line, slog.String("trace_id", t.ID), slog.String("span_id", t.Span))
	}
	if who := callerOf(ctx).principal; who != "" {
		line = append(line, slog.String("principal", withoutAddress(who)))
	}
	return line
}

// withoutAddress is a principal as the log names it. A login may be an e-mail address, which
// has no place there: the digest in its stead is the same in every line, and whoever knows
// the login can make it too.
func withoutAddress(principal string) string {
	kind, id, _ := strings.Cut(principal, ":")
	if !strings.Contains(id, "@") {
		return principal
	}
	sum := sha256.Sum256([]byte(id))
	return kind + ":sha256-" + hex.EncodeToString(sum[:6])
}

package http

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// caller is who makes a call, as far as it is known by now, and whether the call was
// refused: for the log and the audit log.
type caller struct {
	client    netip.Addr // the zero value where the connection has no address
	principal string     // "user:ana"; empty for strangers
	refused   string     // the code; empty while it was not
}

type callerKey struct{}

// withCaller finds out where a call comes from.
func (s *Server) withCaller(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		by := &caller{client: clientOf(r, s.opts.Proxies)}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, by)))
	})
}

// needRoom refuses calls on connections for which there was no room.
func (s *Server) needRoom(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := connectionOf(r.Context()).room(); err != nil {
			w.Header().Set("Connection", "close")
			s.Problem(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

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

// NoteRefusal says that the call is refused, with the code of why, where the answer's
// status does not show it.
func NoteRefusal(ctx context.Context, code string) { callerOf(ctx).refused = code }

// Client is the address of who makes the call, or the network that counts as one client:
// of IPv6 everybody has a /64 at least.
func Client(ctx context.Context) string { return clientKey(callerOf(ctx).client) }

const clientBitsIPv6 = 64

func clientKey(a netip.Addr) string {
	if !a.IsValid() {
		return "unknown"
	}
	if a.Is4() || a.IsLoopback() {
		return a.String()
	}
	return netip.PrefixFrom(a, clientBitsIPv6).Masked().String()
}

// clientOf is the address that the call comes from: that of the connection, or, where that
// is a proxy of ours, the last one that the proxies have not made up themselves. What
// anybody else puts before it does not count.
func clientOf(r *http.Request, proxies []netip.Prefix) netip.Addr {
	at := addressIn(r.RemoteAddr)
	forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, text := range slices.Backward(forwarded) {
		before := addressIn(strings.TrimSpace(text))
		if !isProxy(at, proxies) || !before.IsValid() {
			break
		}
		at = before
	}
	return at
}

func isProxy(a netip.Addr, proxies []netip.Prefix) bool {
	return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// addressIn reads an address with or without a port; what is none is the zero value.
func addressIn(text string) netip.Addr {
	if at, err := netip.ParseAddrPort(text); err == nil {
		return at.Addr().Unmap().WithZone("")
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

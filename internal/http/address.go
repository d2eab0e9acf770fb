package http

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

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

package config

import (
	"fmt"
	"net/netip"
	"net/url"
)

// checkProxies reads the networks of the proxies, and warns when there seems to be a
// proxy that is not named.
func (c *Config) checkProxies(r *report) {
	for i, text := range c.Proxies {
		network, ok := readNetwork(text)
		if !ok {
			r.fault(fmt.Sprintf("proxies[%d]", i), "must be an address or a network, as in 127.0.0.1, 10.0.0.0/8 or fd00::/8; no name")
			continue
		}
		c.proxies = append(c.proxies, network)
	}
	if u, err := url.Parse(c.BaseURL); err == nil && u.Scheme == "https" && len(c.Proxies) == 0 {
		r.warn("proxies", "is not set although base_url is https: all callers count as the TLS proxy, so that one who fails to sign in slows down the others; name its address")
	}
}

// readNetwork takes one address as a network of its own.
func readNetwork(text string) (netip.Prefix, bool) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	network, err := netip.ParsePrefix(text)
	if err != nil || network.Addr().Is4In6() {
		return netip.Prefix{}, false
	}
	return network.Masked(), true
}

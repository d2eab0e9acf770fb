package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"
)

// Files says which files a source's messages refer to, beside those that show by
// themselves, and whether they are fetched.
type Files struct {
	Paths         []string      `yaml:"paths"` // keys joined by dots, from the message's record
	Fetch         bool          `yaml:"fetch"`
	Hosts         []string      `yaml:"hosts"` // of what is fetched; in lower case, with a port if it is not the scheme's own
	MaxSize       Size          `yaml:"max_size"`
	Timeout       time.Duration `yaml:"timeout" validate:"min=1s,max=1h"` // of one try
	AllowLoopback bool          `yaml:"allow_loopback"`
}

func (f *Files) fillDefaults(given func(key string) bool) {
	setDefault(&f.MaxSize, 25*mebibyte, given("max_size"))
	setDefault(&f.Timeout, 2*time.Minute, given("timeout"))
}

func (f *Files) check(path string, r *report) {
	for i, p := range f.Paths {
		if slices.Contains(strings.Split(p, "."), "") || !printable(p) {
			r.fault(fmt.Sprintf("%s.paths[%d]", path, i), "must be keys joined by dots, as in message_data.attachments.*.url; * means any key")
		}
	}
	for i, host := range f.Hosts {
		clean, ok := cleanHost(host)
		if !ok {
			r.fault(fmt.Sprintf("%s.hosts[%d]", path, i), "must be the name of one host, as in cdn.example.com or cdn.example.com:8443; no scheme, path or wildcard")
			continue
		}
		f.Hosts[i] = clean
	}
	switch {
	case f.Fetch && len(f.Hosts) == 0 && !r.faulty[path+".hosts"]:
		r.fault(path+".hosts", "is missing; fetch is true, so name the hosts that files may be fetched from")
	case !f.Fetch && len(f.Hosts) > 0:
		r.warn(path+".hosts", "has no effect, because fetch is not true: files are only counted and named")
	}
	if f.AllowLoopback {
		r.warn(path+".allow_loopback", "lets a listed host lead to this machine; it is meant for tests")
	}
	checkSize(path+".max_size", f.MaxSize, mebibyte, 64*gibibyte, r)
}

// cleanHost writes a host as addresses are compared with it.
func cleanHost(host string) (string, bool) {
	u, err := url.Parse("https://" + host)
	if err != nil || u.Host != host || u.Hostname() == "" || badPort(u.Port()) || strings.HasSuffix(host, ":") || strings.ContainsAny(host, "*/@") {
		return "", false
	}
	name := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if _, err := netip.ParseAddr(name); err != nil {
		if name, err = idna.Lookup.ToASCII(name); err != nil {
			return "", false
		}
	} else if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	if port := u.Port(); port != "" && port != "443" {
		return name + ":" + port, true
	}
	return name, true
}

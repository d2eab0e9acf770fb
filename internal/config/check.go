package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/go-playground/validator/v10"

	"dsr-server/internal/dsr"
)

// check applies the shapes in the validate tags, then the rules that need words.
func (c *Config) check(l loader, r *report) {
	c.checkShape(r)
	c.checkListeners(r)
	c.checkBaseURL(r)
	c.checkProxies(r)
	c.checkTimezone(r)
	c.checkPresentation(r)
	c.checkHolidays(r)
	c.checkBackups(r)
	c.checkWebhooks(r)
	c.checkTraces(r)
	c.checkMail(r)
	if _, known := dsr.RegimeOf(c.Regime); !known {
		r.fault("regime", "must be one of %s; the nearest is %q", strings.Join(dsr.RegimeNames(), ", "), dsr.Nearest(c.Regime, dsr.RegimeNames()))
	}
	checkSize("limits.request_files", c.Limits.RequestFiles, mebibyte, 1024*gibibyte, r)
	if c.Retention.Request < c.Retention.Archive && !r.faulty["retention.archive"] {
		r.warn("retention.request", "is shorter than retention.archive, so archives go with their requests, earlier than configured")
	}
	if c.Regime == "ccpa" && c.Retention.Request < twoYears && !r.faulty["retention.request"] {
		r.warn("retention.request", "is shorter than the 24 months for which requests under the CCPA and the answers to them are to be kept on record "+
			"(CCPA Regulations § 7101(a)); 17544h are two years in any case")
	}
	c.checkMemory(r)
	c.checkSources(l, r)
	c.checkOIDC(r)
	c.checkTokens(l, r)
}

// twoYears are 24 months, whichever they are.
const twoYears = (2*365 + 1) * 24 * time.Hour

func (c *Config) checkShape(r *report) {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(f reflect.StructField) string { return f.Tag.Get("yaml") })
	faults, ok := v.Struct(c).(validator.ValidationErrors)
	if !ok {
		return
	}
	for _, f := range faults {
		path := strings.TrimPrefix(f.Namespace(), "Config.")
		r.fault(path, "%s", shapeFault(f))
	}
}

// shapeFault says in words which shape was not met. The value is compared, not shown.
func shapeFault(f validator.FieldError) string {
	switch f.Tag() {
	case "required":
		return "is missing; add it"
	case "oneof":
		names := strings.Fields(f.Param())
		written, _ := f.Value().(string)
		return fmt.Sprintf("must be one of %s; the nearest is %q", strings.Join(names, ", "), dsr.Nearest(written, names))
	case "min":
		return "must be at least " + f.Param()
	case "max":
		if f.Kind() == reflect.String {
			return "must not be longer than " + f.Param() + " characters"
		}
		return "must be at most " + f.Param()
	case "iso3166_1_alpha2":
		return "must be the two letters of a country (ISO 3166), as in DE or US"
	}
	return "is not valid (" + f.Tag() + ")"
}

func (c *Config) checkListeners(r *report) {
	c.checkListen("listen", c.Listen, r)
	if !r.given("debug_listen") {
		return
	}
	c.checkListen("debug_listen", c.DebugListen, r)
	if c.DebugListen == c.Listen && !strings.HasSuffix(c.Listen, ":0") {
		r.fault("debug_listen", "is the same as listen; give it a port of its own")
	}
}

func (c *Config) checkListen(path, listen string, r *report) {
	host, port, err := net.SplitHostPort(listen)
	if n, e := strconv.Atoi(port); err != nil || e != nil || n < 0 || n > 65535 {
		r.fault(path, "must be host:port with a port from 0 to 65535, as in 127.0.0.1:8080")
		return
	}
	if !loopback(host) {
		c.plainHTTP(path, "lets other machines connect without TLS: listen on 127.0.0.1 with a TLS proxy in front", r)
	}
}

// plainHTTP refuses what would send sessions and archives in clear over a network, unless
// the configuration says that this is meant.
func (c *Config) plainHTTP(path, problem string, r *report) {
	if c.AllowPlainHTTP {
		r.warn(path, "%s, unless the network between is trusted (allow_plain_http is set)", problem)
		return
	}
	r.fault(path, "%s, or set allow_plain_http: true where the network up to the proxy is trusted", problem)
}

func (c *Config) checkBaseURL(r *report) {
	if !c.baseURLGiven {
		return
	}
	u, problem := readURL(c.BaseURL)
	switch {
	case problem != "":
		r.fault("base_url", "%s", problem)
		return
	case strings.Trim(u.Path, "/") != "":
		r.fault("base_url", "has a path; the service answers at the root of its host, so give scheme and host only")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		c.plainHTTP("base_url", "is http:// and not this machine, so that sessions and archives would travel unprotected: use https://", r)
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
}

// readURL parses an http or https URL of a host. The problem is a sentence that
// does not repeat it: it may carry credentials.
func readURL(text string) (u *url.URL, problem string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return nil, "must be a URL with scheme and host, as in https://api.example.com"
	case u.User != nil:
		return nil, "must not contain a user name or password; put secrets into files"
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#"):
		return nil, "must not have a query (?) or a fragment (#); end it after the path"
	case badPort(u.Port()) || strings.HasSuffix(u.Host, ":"):
		return nil, "must have a port from 1 to 65535, or none"
	}
	return u, ""
}

func badPort(port string) bool {
	n, err := strconv.Atoi(port)
	return port != "" && (err != nil || n < 1 || n > 65535)
}

// loopback reports whether host is this machine and no other can take its place.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

func (c *Config) checkTimezone(r *report) {
	loc, err := time.LoadLocation(c.Timezone)
	if err != nil || c.Timezone == "" || c.Timezone == "Local" {
		r.fault("timezone", "is not an IANA time zone, as in UTC or Europe/Berlin")
		return
	}
	c.location = loc
}

func (c *Config) checkSources(l loader, r *report) {
	if len(c.Sources) == 0 && !r.faulty["sources"] {
		r.warn("sources", "no source is configured, so there is nothing to search")
	}
	first := map[string]string{}
	for i := range c.Sources {
		s, path := &c.Sources[i], sourcePath(i)
		if r.broken[path] {
			continue
		}
		s.checkName(path, first, r)
		s.checkType(path, l, r)
		s.checkOpaque(path, r)
		s.checkURL(path, r)
		s.checkEarliest(path, l.now(), r)
		s.checkInformation(path, r)
		s.Files.check(path+".files", r)
	}
}

func tokenPath(i int) string { return fmt.Sprintf("bootstrap.tokens[%d]", i) }

func (c *Config) checkTokens(l loader, r *report) {
	first := map[string]string{}
	for i := range c.Bootstrap.Tokens {
		t, path := &c.Bootstrap.Tokens[i], tokenPath(i)
		if r.broken[path] {
			continue
		}
		switch other := first[t.Name]; {
		case !printable(t.Name) || strings.TrimSpace(t.Name) != t.Name:
			r.fault(path+".name", "must be printable characters without white space at its ends")
		case other != "" && t.Name != "":
			r.fault(path+".name", "is the same as %s; names must be unique", other)
		default:
			first[t.Name] = path + ".name"
		}
		if !r.given(path + ".token_file") {
			r.fault(path+".token_file", "is missing; name the file that holds the token")
		}
		if t.ExpiresAt.Before(l.now()) && !t.ExpiresAt.IsZero() {
			r.warn(path+".expires_at", "has passed, so the token opens nothing")
		}
	}
}

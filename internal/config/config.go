// Package config reads dsr.yaml and the DSR_* variables. It keeps true that a
// configuration which is returned can be used as it is: checked, defaults filled in, paths
// absolute, secret files read; and that otherwise every fault is named at once, each with
// its line and without the value, which may be a secret in the wrong place.
//
// The file is decoded node by node because the YAML library, decoding into structs, stops
// at the first fault.
package config

import (
	"net"
	"net/netip"
	"path/filepath"
	"time"
	_ "time/tzdata" // timezone works on machines without zoneinfo

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// Config is the whole configuration as Load returns it. A yaml tag is the key's name in
// dsr.yaml and, upper-case, part of its DSR_* variable; a validate tag is its shape.
type Config struct {
	Listen      string `yaml:"listen"`
	BaseURL     string `yaml:"base_url"` // without a slash at its end
	DebugListen string `yaml:"debug_listen"`
	// AllowPlainHTTP lets other machines reach a listener or base_url without TLS.
	AllowPlainHTTP bool `yaml:"allow_plain_http"`
	// Proxies are the addresses and networks whose X-Forwarded-For counts.
	Proxies    []string   `yaml:"proxies"`
	DataDir    string     `yaml:"data_dir"`
	LettersDir string     `yaml:"letters_dir"` // templates in place of the program's own; empty: none
	Timezone   string     `yaml:"timezone"`
	Controller Controller `yaml:"controller"`
	Regime     string     `yaml:"regime"`   // the law of requests that name none
	Holidays   string     `yaml:"holidays"` // the country whose public holidays are days of rest
	SignIn     SignIn     `yaml:"sign_in"`
	OIDC       OIDC       `yaml:"oidc"`
	Release    Release    `yaml:"release"`
	Retention  Retention  `yaml:"retention"`
	Limits     Limits     `yaml:"limits"`
	Sources    []Source   `yaml:"sources" validate:"dive"`
	Bootstrap  Bootstrap  `yaml:"bootstrap"`
	Backups    Backups    `yaml:"backups"`
	Webhooks   Webhooks   `yaml:"webhooks"`
	Traces     Traces     `yaml:"traces"`
	Mail       Mail       `yaml:"mail"`

	location     *time.Location
	proxies      []netip.Prefix
	baseURLGiven bool
}

// Controller is who answers the requests, as archives tell the data subject.
type Controller struct {
	Name    string `yaml:"name"`
	Contact string `yaml:"contact"`
}

// SignIn is how people sign in with a password, and what that takes beside it.
type SignIn struct {
	// SecondFactor are the roles that have to set one up.
	SecondFactor []string `yaml:"second_factor" validate:"dive,oneof=requester approver auditor admin"`
	// Password lets people sign in with a password kept here.
	Password bool `yaml:"password"`
}

// Release says whether a second person releases a complete result.
type Release struct {
	Review string `yaml:"review" validate:"oneof=none required"`
}

// Required reports whether every result waits for an approver (four eyes).
func (r Release) Required() bool { return r.Review == "required" }

// Retention says how long things are kept. A century is taken as for ever: it
// keeps the arithmetic on times far from its end.
type Retention struct {
	Archive time.Duration `yaml:"archive" validate:"min=1s,max=876000h"`
	Request time.Duration `yaml:"request" validate:"min=1s,max=876000h"`
}

// Limits bounds what one person or token may ask for, and how much there is at a time.
type Limits struct {
	ReadsPerSecond       int `yaml:"reads_per_second" validate:"min=1,max=1000000"`
	SubmissionsPerSecond int `yaml:"submissions_per_second" validate:"min=1,max=1000000"`
	CallsAtOnce          int `yaml:"calls_at_once" validate:"min=1,max=1000000"`
	Streams              int `yaml:"streams" validate:"min=1,max=1000000"`                // of events, at a time
	Connections          int `yaml:"connections" validate:"omitempty,min=16,max=1000000"` // in all; 0: as many as the descriptors allow
	OpenRequests         int `yaml:"open_requests" validate:"min=1,max=1000000"`
	MaxDownloads         int `yaml:"max_downloads" validate:"omitempty,min=1,max=1000000"` // of one archive; 0: unlimited
	ManyMatches          int `yaml:"many_matches" validate:"min=1,max=1000000"`            // conversations of one request, above which it is held in review
	// Memory is how much of vendors' answers and of dumps all readers hold together.
	Memory Size `yaml:"memory"`
	// RequestFiles is how much the files that the messages of one request refer to may take
	// together.
	RequestFiles Size `yaml:"request_files"`
}

// Bootstrap is what is created at start if it is absent.
type Bootstrap struct {
	Tokens []Token `yaml:"tokens" validate:"dive"`
}

// Token is an API token whose text is in a file. A changed file replaces
// the token of that name.
type Token struct {
	Name string `yaml:"name" validate:"required,max=64"`
	Role string `yaml:"role" validate:"required,oneof=requester approver auditor admin"`
	// Scopes confine it to a part of what the role allows; none: to all of it.
	Scopes    []string   `yaml:"scopes" validate:"dive,oneof=submit own read archives metrics"`
	ExpiresAt time.Time  `yaml:"expires_at"` // zero: it does not
	TokenFile SecretFile `yaml:"token_file"`
}

// fillDefaults sets what was not given. given reports whether a key was, even with
// a value that was refused.
func (c *Config) fillDefaults(given func(path string) bool) {
	setDefault(&c.Listen, "127.0.0.1:8080", given("listen"))
	setDefault(&c.DataDir, "data", given("data_dir"))
	setDefault(&c.Timezone, "UTC", given("timezone"))
	setDefault(&c.Regime, dsr.DefaultRegime, given("regime"))
	setDefault(&c.Release.Review, "none", given("release.review"))
	setDefault(&c.Retention.Archive, 2160*time.Hour, given("retention.archive"))
	setDefault(&c.Retention.Request, 8760*time.Hour, given("retention.request"))
	setDefault(&c.Limits.ReadsPerSecond, 50, given("limits.reads_per_second"))
	setDefault(&c.Limits.SubmissionsPerSecond, 10, given("limits.submissions_per_second"))
	setDefault(&c.Limits.CallsAtOnce, 64, given("limits.calls_at_once"))
	setDefault(&c.Limits.Streams, 20, given("limits.streams"))
	setDefault(&c.Limits.OpenRequests, 1000, given("limits.open_requests"))
	setDefault(&c.Limits.Memory, export.DefaultMemory, given("limits.memory"))
	setDefault(&c.Limits.ManyMatches, dsr.ManyMatches, given("limits.many_matches"))
	setDefault(&c.Limits.RequestFiles, 500*mebibyte, given("limits.request_files"))
	setDefault(&c.Backups.Every, 24*time.Hour, given("backups.every"))
	setDefault(&c.Backups.Keep, 7, given("backups.keep"))
	setDefault(&c.SignIn.Password, true, given("sign_in.password"))
	setDefault(&c.OIDC.GroupsClaim, "groups", given("oidc.groups_claim"))
	setDefault(&c.OIDC.Scopes, []string{"profile"}, given("oidc.scopes"))
	setDefault(&c.Traces.Percent, 100, given("traces.percent"))
	c.Mail.fillDefaults(given)
	c.baseURLGiven = given("base_url")
	setDefault(&c.BaseURL, listenURL(c.Listen), c.baseURLGiven)
	for i := range c.Sources {
		path := sourcePath(i)
		c.Sources[i].fillDefaults(func(key string) bool { return given(path + "." + key) })
	}
}

func setDefault[T any](v *T, value T, given bool) {
	if !given {
		*v = value
	}
}

// resolvePaths makes every path absolute, relative ones from folder.
func (c *Config) resolvePaths(folder string) {
	for _, p := range c.paths() {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(folder, *p)
		}
	}
}

func (c *Config) paths() []*string {
	paths := []*string{&c.DataDir, &c.LettersDir, &c.Backups.Folder, &c.OIDC.ClientSecretFile.Path, &c.Mail.PasswordFile.Path, &c.Mail.CAFile}
	for i := range c.Sources {
		s := &c.Sources[i]
		paths = append(paths, &s.Path, &s.APIKeyFile.Path, &s.AccessTokenFile.Path, &s.AgentTokenFile.Path, &s.AuthFile.Path)
	}
	for i := range c.Bootstrap.Tokens {
		paths = append(paths, &c.Bootstrap.Tokens[i].TokenFile.Path)
	}
	for i := range c.Webhooks.Callbacks {
		paths = append(paths, &c.Webhooks.Callbacks[i].SecretFile.Path)
	}
	return paths
}

// Location is the time zone in which due dates end.
func (c *Config) Location() *time.Location { return c.location }

// TrustedProxies are the networks of the proxies whose X-Forwarded-For counts.
func (c *Config) TrustedProxies() []netip.Prefix { return c.proxies }

// BaseURLAt is the address to print and to build links from once the service
// listens on addr: the configured base_url, or what follows from addr, which
// knows the port when listen left it to the system.
func (c *Config) BaseURLAt(addr net.Addr) string {
	if c.baseURLGiven {
		return c.BaseURL
	}
	return listenURL(addr.String())
}

// listenURL is where a browser on this machine reaches a listener, or "" when
// listen is not host:port.
func listenURL(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return ""
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// DomainSources are the sources as planning needs them, in the file's order.
func (c *Config) DomainSources() []dsr.Source {
	sources := make([]dsr.Source, len(c.Sources))
	for i, s := range c.Sources {
		sources[i] = s.Domain()
	}
	return sources
}

// Presentation is how archives present themselves: what is the same for all requests.
func (c *Config) Presentation() dsr.Presentation {
	p := dsr.Presentation{Zone: c.location.String(), Controller: dsr.Controller(c.Controller), Titles: map[string]dsr.Text{}}
	for _, s := range c.Sources {
		if s.Title != (Words{}) {
			p.Titles[s.Name] = dsr.Text(s.Title)
		}
	}
	return p
}

// SourceNames are the names of the sources, in the file's order.
func (c *Config) SourceNames() []string {
	names := make([]string, len(c.Sources))
	for i, s := range c.Sources {
		names[i] = s.Name
	}
	return names
}

// SourceRegions are the regions of the sources that have one, by name.
func (c *Config) SourceRegions() map[string]string {
	regions := map[string]string{}
	for _, s := range c.Sources {
		if s.Region != "" {
			regions[s.Name] = s.Region
		}
	}
	return regions
}

// SourceHorizons are how many days the vendors of the sources keep what there is, by the
// source's name, where that is known.
func (c *Config) SourceHorizons() map[string]int {
	days := map[string]int{}
	for _, s := range c.Sources {
		if s.Horizon > 0 {
			days[s.Name] = int(s.Horizon.Hours() / 24)
		}
	}
	return days
}

// SecondFactorRoles are the roles that have to set up a second factor.
func (c *Config) SecondFactorRoles() []dsr.Role {
	roles := make([]dsr.Role, len(c.SignIn.SecondFactor))
	for i, role := range c.SignIn.SecondFactor {
		roles[i] = dsr.Role(role)
	}
	return roles
}

// RateOf is the rate at which s may be called: the lowest of all sources on its
// host and endpoint, since the vendor counts them together.
func (c *Config) RateOf(s Source) dsr.Rate {
	lowest := s.Rate
	for _, other := range c.Sources {
		if other.Type == s.Type && other.Lane() == s.Lane() && other.Rate.PerSecond() < lowest.PerSecond() {
			lowest = other.Rate
		}
	}
	return lowest
}

// Domain is the token as the store keeps it, but for the hash of its text.
func (t Token) Domain() dsr.NewToken {
	scopes, _ := dsr.NormalScopes("scopes", t.Scopes) // they have been checked
	return dsr.NewToken{Name: t.Name, Role: dsr.Role(t.Role), Scopes: scopes, ExpiresAt: t.ExpiresAt}
}

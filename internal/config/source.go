package config

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/export/declared"
)

// builtTypes are the source types this version can read. The configuration knows
// every type and checks it in full; one that is not listed here is refused.
var builtTypes = []string{"converse", "avaamo", "rest", "dump"}

// Source is one vendor's export. Which keys it takes follows from Type.
type Source struct {
	Name string `yaml:"name" validate:"required"`
	Type string `yaml:"type" validate:"required,oneof=converse avaamo rest dump"`

	BaseURL         string     `yaml:"base_url"` // without a slash at its end
	BotName         string     `yaml:"bot_name"`
	APIKeyFile      SecretFile `yaml:"api_key_file"`
	AgentID         string     `yaml:"agent_id"`
	AccessTokenFile SecretFile `yaml:"access_token_file"` // a user's
	AgentTokenFile  SecretFile `yaml:"agent_token_file"`  // the agent's own; opens conversations
	TimetokenUnit   string     `yaml:"timetoken_unit" validate:"omitempty,oneof=s ms us"`
	Path            string     `yaml:"path"`
	ExportedAt      time.Time  `yaml:"exported_at"` // when the files of a dump were made

	Declaration   string        `yaml:"declaration"` // the name of one that comes with the program
	Auth          declared.Part `yaml:"auth"`
	Headers       declared.Part `yaml:"headers"`
	RateOver      declared.Part `yaml:"rate_over"`
	PageSizes     declared.Part `yaml:"size"`
	Conversations declared.Part `yaml:"conversations"`
	Messages      declared.Part `yaml:"messages"`
	Fields        declared.Part `yaml:"fields"` // of a dump, of which conversations and messages are patterns of files

	Horizon      time.Duration `yaml:"horizon" validate:"omitempty,min=1h,max=876000h"` // the vendor keeps no longer; 0: that is not known
	Earliest     time.Time     `yaml:"earliest"`
	Rate         dsr.Rate      `yaml:"rate"`
	PageSize     int           `yaml:"page_size"`
	WindowField  string        `yaml:"window_field" validate:"oneof=unknown overlap start_time last_action"`
	WindowMargin time.Duration `yaml:"window_margin" validate:"min=0s,max=876000h"`
	IngestLag    time.Duration `yaml:"ingest_lag" validate:"min=0s,max=876000h"`
	MaxRange     time.Duration `yaml:"max_range" validate:"omitempty,min=1s,max=876000h"` // 0: unlimited
	Timeout      time.Duration `yaml:"timeout" validate:"min=1ms,max=1h"`
	GiveUpAfter  time.Duration `yaml:"give_up_after" validate:"min=1s,max=876000h"`
	Region       string        `yaml:"region" validate:"omitempty,iso3166_1_alpha2"`

	Title       Words       `yaml:"title"` // what people call it; absent: its name
	Information Information `yaml:"information"`
	Files       Files       `yaml:"files"`

	AuthFile SecretFile // of the declaration's auth; it has no key of its own
	declared *declared.Declaration
	form     export.DumpForm
	of       *dsr.Declared // the fields of a dump, as they are stored with each search
}

// sourceType is what a type of source asks of its configuration.
type sourceType struct {
	own         []string // keys it requires that not every type has
	may         []string // keys it takes that not every type has
	anyEarliest bool     // earliest may be absent
	rate        dsr.Rate // the vendor's documented limit; the default
	pageSize    int      // the vendor's largest page; the default
	// maxRange is the widest range that may be asked for in one go, and the default; 0: any.
	maxRange time.Duration
}

// sourceTypes holds the vendors' own figures: calls per second and endpoint, or per
// minute, and records per page.
var sourceTypes = map[string]sourceType{
	"converse": {
		own:      []string{"base_url", "bot_name", "api_key_file"},
		rate:     dsr.Rate{Count: 3, Per: time.Second},
		pageSize: 1000,
	},
	"avaamo": {
		own:      []string{"base_url", "agent_id", "access_token_file"},
		may:      []string{"agent_token_file", "timetoken_unit"},
		rate:     dsr.Rate{Count: 50, Per: time.Minute},
		pageSize: 100,
		// Three days is what the vendor answers with when it ignores the lower bound.
		maxRange: 72 * time.Hour,
	},
	"rest": {own: []string{"base_url"}, may: slices.Concat([]string{"declaration"}, declaredKeys)},
	"dump": {own: []string{"path"}, may: []string{"exported_at", "fields", "conversations", "messages"}, anyEarliest: true, pageSize: 1000},
}

// ownKeys are the keys that belong to some types only.
var ownKeys = slices.Concat([]string{"base_url", "bot_name", "api_key_file", "agent_id", "access_token_file", "agent_token_file", "timetoken_unit", "path", "exported_at", "fields", "declaration"}, declaredKeys)

// declaredKeys are those of a declaration, but for horizon, which every source may have.
var declaredKeys = slices.DeleteFunc(slices.Clone(declared.Keys), func(key string) bool { return key == "horizon" })

func sourcePath(i int) string { return fmt.Sprintf("sources[%d]", i) }

func (s *Source) fillDefaults(given func(key string) bool) {
	t := s.typed()
	setDefault(&s.Rate, t.rate, given("rate"))
	setDefault(&s.PageSize, t.pageSize, given("page_size"))
	setDefault(&s.MaxRange, t.maxRange, given("max_range"))
	setDefault(&s.WindowField, string(dsr.WindowFields[0]), given("window_field"))
	if s.Type == "avaamo" {
		setDefault(&s.TimetokenUnit, string(export.TimeUnits[0]), given("timetoken_unit"))
		// An entry has one time, so no margin is needed to find it.
		setDefault(&s.WindowField, string(dsr.FieldOverlap), given("window_field"))
	}
	if s.Type == "rest" {
		s.fillDeclared(given)
	}
	setDefault(&s.WindowMargin, 168*time.Hour, given("window_margin") || s.WindowMargin > 0)
	setDefault(&s.IngestLag, 5*time.Minute, given("ingest_lag") || s.IngestLag > 0)
	setDefault(&s.Timeout, time.Minute, given("timeout"))
	setDefault(&s.GiveUpAfter, 72*time.Hour, given("give_up_after"))
	s.Files.fillDefaults(func(key string) bool { return given("files." + key) })
	s.Region = strings.ToUpper(s.Region)
	s.BaseURL = strings.TrimRight(s.BaseURL, "/")
}

// Secret is the key or token with which the vendor is called; empty for a dump.
func (s Source) Secret() string {
	switch s.Type {
	case "avaamo":
		return s.AccessTokenFile.Reveal()
	case "rest":
		return s.AuthFile.Reveal()
	}
	return s.APIKeyFile.Reveal()
}

func (s *Source) readSecrets(path string, r *report) {
	s.APIKeyFile.read(path+".api_key_file", r, checkVendorSecret)
	s.AccessTokenFile.read(path+".access_token_file", r, checkVendorSecret)
	s.AgentTokenFile.read(path+".agent_token_file", r, checkVendorSecret)
	s.AuthFile.read(path+".auth", r, checkVendorSecret)
}

// Lane names what the source shares limits with: the vendor's host in lower case,
// with its port unless that is the scheme's own. A dump has its lane to itself.
func (s Source) Lane() string {
	u, err := url.Parse(s.BaseURL)
	if s.BaseURL == "" || err != nil {
		return s.Type + ":" + s.Name
	}
	host, port := strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), u.Port()
	own := map[string]string{"https": "443", "http": "80"}[strings.ToLower(u.Scheme)]
	if port != "" && port != own {
		return net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// Domain is the source as planning needs it.
func (s Source) Domain() dsr.Source {
	d := dsr.Source{
		Name: s.Name, Type: s.Type, Lane: s.Lane(), Earliest: s.Earliest,
		WindowField: dsr.WindowField(s.WindowField), Margin: s.WindowMargin, IngestLag: s.IngestLag,
		MaxRange: s.MaxRange, PageSize: s.PageSize, GiveUpAfter: s.GiveUpAfter, Region: s.Region, ExportedAt: s.ExportedAt, Horizon: s.Horizon,
		Declared: s.of,
	}
	if s.declared != nil {
		s.describe(&d)
	}
	return d
}

// sourceName is a folder in the archive on any system.
var (
	sourceName   = regexp.MustCompile(`^[A-Za-z0-9_-]([A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?$`)
	windowsNames = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`)
)

func (s *Source) checkName(path string, first map[string]string, r *report) {
	path += ".name"
	other := first[strings.ToLower(s.Name)]
	switch {
	case s.Name == "":
	case !sourceName.MatchString(s.Name):
		r.fault(path, "must be 1 to 64 of the characters A-Z a-z 0-9 . _ - and neither begin nor end with a dot: it becomes a folder in the archive")
	case windowsNames.MatchString(s.Name):
		r.fault(path, "is a name that Windows reserves (con, nul, com1, …), so the archive could not be unpacked there; choose another")
	case other != "":
		r.fault(path, "is the same as %s (upper and lower case count as one); names must be unique", other)
	default:
		first[strings.ToLower(s.Name)] = path
	}
}

// checkType checks what the type asks for; without a known type nothing can be said.
func (s *Source) checkType(path string, l loader, r *report) {
	t := s.typed()
	if _, known := sourceTypes[s.Type]; !known {
		return
	}
	if !slices.Contains(l.built, s.Type) {
		r.fault(path+".type", "type %s is not available in this version; available: %s", s.Type, strings.Join(l.built, ", "))
	}
	for _, key := range ownKeys {
		switch given := r.given(path + "." + key); {
		case slices.Contains(t.own, key) && !given:
			r.fault(path+"."+key, "is missing; a source of type %s needs it", s.Type)
		case !slices.Contains(t.own, key) && !slices.Contains(t.may, key) && given:
			r.fault(path+"."+key, "is not a key of type %s, which takes %s; remove it", s.Type, strings.Join(slices.Concat(t.own, t.may), ", "))
		}
	}
	if s.declared != nil {
		s.checkFigures(path, r)
	}
	s.checkRate(path+".rate", t, r)
	if path := path + ".page_size"; s.PageSize < 1 || s.PageSize > t.pageSize {
		r.fault(path, "must be from 1 to %d for type %s", t.pageSize, s.Type)
	}
	if path := path + ".max_range"; t.maxRange > 0 && s.MaxRange > t.maxRange && !r.faulty[path] {
		r.fault(path, "must be at most %dh for type %s, which answers with that much when it ignores a bound", int(t.maxRange.Hours()), s.Type)
	}
}

func (s *Source) checkRate(path string, t sourceType, r *report) {
	if t.rate.Per > 0 && s.Rate.PerSecond() > t.rate.PerSecond() {
		r.warn(path, "%s is above the %s that the vendor documents; expect refusals (429)", s.Rate, t.rate)
	}
}

func (s *Source) checkOpaque(path string, r *report) {
	for _, id := range []struct{ key, value string }{{".bot_name", s.BotName}, {".agent_id", s.AgentID}} {
		if r.given(path+id.key) && (strings.TrimSpace(id.value) == "" || !printable(id.value)) {
			r.fault(path+id.key, "must be printable text")
		}
	}
}

func (s *Source) checkURL(path string, r *report) {
	path += ".base_url"
	if !r.given(path) || r.faulty[path] {
		return
	}
	u, problem := readURL(s.BaseURL)
	switch {
	case problem != "":
		r.fault(path, "%s", problem)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		r.fault(path, "must begin with https:// (http:// only for this machine: localhost, 127.0.0.1, [::1])")
	}
}

func (s *Source) checkEarliest(path string, now time.Time, r *report) {
	t, ok := sourceTypes[s.Type]
	path += ".earliest"
	switch {
	case !r.given(path) && ok && !t.anyEarliest:
		r.fault(path, "is missing; give the date from which this bot may have conversations, as in 2023-01-31")
	case !r.given(path):
	case s.Earliest.Year() < 1970:
		r.fault(path, "is before 1970, earlier than any export")
	case s.Earliest.After(now):
		r.fault(path, "is in the future, so nothing would be searched")
	}
}

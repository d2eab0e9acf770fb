package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/dsr"
)

func TestEveryTypeOfSourceIsChecked(t *testing.T) {
	t.Parallel()
	c, warnings := mustLoad(t, read(t, "testdata/every_type.yaml"))
	if len(warnings) > 0 {
		t.Errorf("got warnings %v, want none", warnings)
	}
	earliest := func(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }
	common := dsr.Source{WindowField: dsr.FieldUnknown, Margin: 168 * time.Hour, IngestLag: 5 * time.Minute, GiveUpAfter: 72 * time.Hour}
	want := []dsr.Source{common, common, common, common}
	for i, s := range []dsr.Source{
		{Name: "support-bot", Type: "converse", Lane: "api.converseapps.com", Earliest: earliest(2023), PageSize: 1000},
		{Name: "it-desk", Type: "avaamo", Lane: "cx.avaamo.com", Earliest: earliest(2024), PageSize: 100},
		{Name: "old-exports", Type: "dump", Lane: "dump:old-exports", PageSize: 1000},
		{Name: "help", Type: "rest", Lane: "acme.ada.support", Earliest: earliest(2024), PageSize: 10000},
	} {
		want[i].Name, want[i].Type, want[i].Lane, want[i].Earliest, want[i].PageSize = s.Name, s.Type, s.Lane, s.Earliest, s.PageSize
	}
	want[1].MaxRange, want[1].WindowField = 72*time.Hour, dsr.FieldOverlap // an entry has one time
	// What the declaration says of the vendor; two seconds of its 60 days are for ends that may be left out.
	want[3].MaxRange, want[3].WindowField = 1440*time.Hour-2*time.Second, dsr.FieldStartTime
	want[3].PageMin, want[3].Horizon = 100, 8760*time.Hour
	want[3].Declared = c.Sources[3].Domain().Declared
	if d := want[3].Declared; d == nil || d.Name != "ada" || d.Version != 1 || d.SHA256 != c.Sources[3].Declared().SHA256 || len(d.Fields) == 0 {
		t.Errorf("its declaration is stored as %+v", d)
	}
	if diff := cmp.Diff(want, c.DomainSources()); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
	if got := c.Sources[1].Secret(); got != "vendor-token" {
		t.Errorf("got secret %q, want the access token", got)
	}
}

func TestATypeThisVersionCannotReadIsRefused(t *testing.T) {
	t.Parallel()
	dir := configFolder(t, read(t, "testdata/every_type.yaml"))
	_, _, err := Load(filepath.Join(dir, "dsr.yaml"), nil)
	for name, known := range sourceTypes {
		refused := err != nil && strings.Contains(err.Error(), "type "+name+" is not available in this version")
		if built := slices.Contains(builtTypes, name); refused == built {
			t.Errorf("type %s (own keys %v): refused %v, built %v", name, known.own, refused, built)
		}
	}
}

func TestAVendorIsCalledOverTLSOrOnThisMachine(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]bool{
		"https://api.example.com": true, "https://api.example.com/": true, "HTTPS://api.example.com/v1/": true, "https://10.0.0.1:8443": true,
		"http://127.0.0.1:9000": true, "http://localhost:9000/": true, "http://[::1]:9000": true,
		"http://api.example.com": false, "http://localhost.example.com": false, "http://10.0.0.1": false, "http://0.0.0.0:1": false,
		"ftp://api.example.com": false, "https://": false, "api.example.com": false, "https://a b.example": false,
		"https://user@api.example.com": false, "https://api.example.com?": false, "https://api.example.com?a=b": false, "https://api.example.com#f": false,
	} {
		yaml := strings.Replace(converse, "https://api.example.com", fmt.Sprintf("%q", url), 1) + "  earliest: 2023-01-01\n"
		c, _, err := load(t, yaml)
		if (err == nil) != want {
			t.Errorf("%s: got %v, want accepted %v", url, err, want)
		}
		if err == nil && strings.HasSuffix(c.Sources[0].BaseURL, "/") {
			t.Errorf("%s: got %q, want no slash at its end", url, c.Sources[0].BaseURL)
		}
	}
}

func TestSourcesOnOneHostShareALaneAndTheLowestRate(t *testing.T) {
	t.Parallel()
	yaml := "sources:\n"
	for i, s := range []struct{ url, rate string }{
		{"https://API.example.com", "3/s"}, {"https://api.example.com:443/x", "60/min"}, {"https://api.example.com:8443", "1/h"},
		{"http://127.0.0.1:9000", "7/s"}, {"http://[::1]:9000", "7/s"}, {"http://[::1]", "7/s"},
	} {
		yaml += fmt.Sprintf("- {name: s%d, type: converse, base_url: %q, rate: %s, bot_name: b, api_key_file: key, earliest: 2023-01-01}\n", i, s.url, s.rate)
	}
	c, warnings := mustLoad(t, yaml)
	var got []string
	for i, s := range c.DomainSources() {
		got = append(got, s.Lane+" "+c.RateOf(c.Sources[i]).String())
	}
	want := []string{"api.example.com 60/min", "api.example.com 60/min", "api.example.com:8443 1/h", "127.0.0.1:9000 7/s", "[::1]:9000 7/s", "[::1] 7/s"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lanes and rates (-want +got):\n%s", diff)
	}
	if len(warnings) != 3 || warnings[0].Path != "sources[3].rate" {
		t.Errorf("got warnings %v, want one for each rate above 3/s", warnings)
	}
}

func TestValuesKeepTheTextTheyWereWrittenWith(t *testing.T) {
	t.Parallel()
	yaml := strings.Replace(converse, "bot_name: b", "bot_name: 007", 1) + "  earliest: 2023-01-31T01:00:00+02:00\n  region: no\n  rate: 0.5/s\n  max_range: 1h30m\n"
	c, _ := mustLoad(t, yaml)
	s := c.Sources[0]
	if s.BotName != "007" || s.Region != "NO" || s.Rate.PerSecond() != 0.5 || s.MaxRange != 90*time.Minute {
		t.Errorf("got %q, %q, %v, %v", s.BotName, s.Region, s.Rate, s.MaxRange)
	}
	if want := time.Date(2023, 1, 30, 23, 0, 0, 0, time.UTC); !s.Earliest.Equal(want) {
		t.Errorf("got earliest %v, want %v", s.Earliest, want)
	}
}

func TestHostsOfFilesAreWrittenAsTheyAreCompared(t *testing.T) {
	t.Parallel()
	c, warnings := mustLoad(t, converse+`  earliest: 2023-01-01
  files: {paths: [a.*.url], fetch: true, hosts: [CDN.Example.com., "cdn.example.com:443", "cdn.example.com:8443", bücher.example, "[::1]:81", 10.0.0.1], max_size: 1GiB}
`)
	want := Files{Paths: []string{"a.*.url"}, Fetch: true, MaxSize: gibibyte, Timeout: 2 * time.Minute,
		Hosts: []string{"cdn.example.com", "cdn.example.com", "cdn.example.com:8443", "xn--bcher-kva.example", "[::1]:81", "10.0.0.1"}}
	if diff := cmp.Diff(want, c.Sources[0].Files); diff != "" || len(warnings) > 0 {
		t.Errorf("files (-want +got):\n%s%v", diff, warnings)
	}
	c, _ = mustLoad(t, converse+"  earliest: 2023-01-01\n")
	if f := c.Sources[0].Files; f.Fetch || f.MaxSize != 25*mebibyte || c.Limits.RequestFiles != 500*mebibyte {
		t.Errorf("got %+v; files are fetched only where that is asked for", f)
	}
}

// shop is a source whose declaration is given whole.
const shop = `sources:
- name: shop
  type: rest
  base_url: https://shop.example
  earliest: 2024-01-01
  rate: 1000/5min
  page_size: 50
  auth: {header: x-token, file: ./key}
  conversations:
    get: /v1/chats
    query: {from: "{start}", to: "{end}", limit: "{size}"}
    records: chats
    next: {cursor: next, to: query.cursor}
    id: id
    start: opened
    metadata: details
  messages:
    get: /v1/messages
    query: {chat: "{id}"}
    records: messages
    next: {cursor: next, to: query.cursor}
    id: id
    conversation: chat
    time: at
    text: text
`

func TestADeclarationIsReadWithItsSource(t *testing.T) {
	t.Parallel()
	c, warnings, err := load(t, shop)
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	s := c.Sources[0]
	if s.Secret() != vendorKey || s.Declared() == nil || s.Rate.PerSecond() != 1000.0/300 || s.PageSize != 50 {
		t.Errorf("got %+v with secret %q", s, s.Secret())
	}
	if d := s.Domain(); d.Whole || !d.WholeMessages || d.WindowField != dsr.FieldUnknown || d.MaxRange != 0 {
		t.Errorf("got %+v", d)
	}
}

func TestAFaultOfADeclarationHasItsLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, new, want string }{
		"an unknown key":        {"records: chats", "recodrs: chats", `line 12, sources[0].conversations.recodrs: unknown key; the nearest valid name is "records"`},
		"no file of a secret":   {", file: ./key", "", "line 8, sources[0].auth: has no file"},
		"a secret that is none": {"./key", "./nokey", "line 8, sources[0].auth: names a file that does not exist"},
		"an unknown name":       {"  type: rest\n", "  type: rest\n  declaration: adda\n", `line 4, sources[0].declaration: no declaration of that name comes with the program; the nearest is "ada"`},
		"another type's key":    {"  type: rest\n", "  type: rest\n  bot_name: b\n", "sources[0].bot_name: is not a key of type rest"},
		"no rate":               {"  rate: 1000/5min\n", "", "sources[0].rate: is missing"},
		"no largest page":       {"  page_size: 50\n", "", "sources[0].page_size: is missing"},
		"no host":               {"  base_url: https://shop.example\n", "", "sources[0].base_url: is missing"},
		"a declaration nowhere": {"type: rest", "type: dump\n  path: .", "sources[0].auth: is not a key of type dump"},
	} {
		_, _, err := load(t, strings.Replace(shop, c.old, c.new, 1))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

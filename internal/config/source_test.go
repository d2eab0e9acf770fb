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
	want := []dsr.Source{common, common, common}
	for i, s := range []dsr.Source{
		{Name: "support-bot", Type: "converse", Lane: "api.converseapps.com", Earliest: earliest(2023), PageSize: 1000},
		{Name: "it-desk", Type: "avaamo", Lane: "cx.avaamo.com", Earliest: earliest(2024), PageSize: 100},
		{Name: "old-exports", Type: "dump", Lane: "dump:old-exports", PageSize: 1000},
	} {
		want[i].Name, want[i].Type, want[i].Lane, want[i].Earliest, want[i].PageSize = s.Name, s.Type, s.Lane, s.Earliest, s.PageSize
	}
	want[1].MaxRange, want[1].WindowField = 72*time.Hour, dsr.FieldOverlap // an entry has one time
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

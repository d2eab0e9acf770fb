package config

import (
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/dsr"
)

const (
	vendorKey  = "vendor-key-7f3a"
	adminToken = "0123456789abcdef0123456789abcdef"
)

// configFolder is a folder with dsr.yaml and the secret files that it names.
func configFolder(t *testing.T, yaml string) string {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, dir, "dsr.yaml", yaml, 0o644)
	writeFile(t, dir, "key", " "+vendorKey+"\n", 0o600)
	writeFile(t, dir, "token", "vendor-token\r\n", 0o400)
	writeFile(t, dir, "admin-token", adminToken+"\n", 0o600)
	return dir
}

func writeFile(t *testing.T, dir, name, text string, mode os.FileMode) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
}

// everyType is a loader of a version that can read every type of source.
func everyType() loader {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	types := slices.Sorted(maps.Keys(sourceTypes))
	return loader{built: types, now: func() time.Time { return now }}
}

func load(t *testing.T, yaml string, environ ...string) (*Config, []Warning, error) {
	t.Helper()
	return everyType().load(filepath.Join(configFolder(t, yaml), "dsr.yaml"), environ)
}

func mustLoad(t *testing.T, yaml string, environ ...string) (*Config, []Warning) {
	t.Helper()
	c, warnings, err := load(t, yaml, environ...)
	if err != nil {
		t.Fatal(err)
	}
	return c, warnings
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// converse is a source without faults, to which lines are added.
const converse = "sources:\n- name: bot\n  type: converse\n  base_url: https://api.example.com\n  bot_name: b\n  api_key_file: key\n"

func TestTheExampleConfigurationLoads(t *testing.T) {
	t.Parallel()
	dir := configFolder(t, read(t, "../../dsr.example.yaml"))
	c, warnings, err := Load(filepath.Join(dir, "dsr.yaml"), nil)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("got %v, warnings %v", err, warnings)
	}
	if got := c.Sources[0].Secret(); got != vendorKey {
		t.Errorf("got key %q, want %q", got, vendorKey)
	}
	if got := c.Bootstrap.Tokens[0].TokenFile.Reveal(); got != adminToken {
		t.Errorf("got token %q, want %q", got, adminToken)
	}
}

func TestABootstrapTokenMayHaveScopesAndAnEnd(t *testing.T) {
	t.Parallel()
	c, warnings := mustLoad(t, `sources: [{name: a, type: dump, path: p}]
bootstrap: {tokens: [{name: ci, role: admin, scopes: [archives, own], expires_at: 2001-02-03, token_file: admin-token}]}`)
	want := dsr.NewToken{Name: "ci", Role: dsr.Admin, Scopes: []dsr.Scope{dsr.ScopeOwn, dsr.ScopeArchives}, ExpiresAt: time.Date(2001, 2, 3, 0, 0, 0, 0, time.UTC)}
	if diff := cmp.Diff(want, c.Bootstrap.Tokens[0].Domain()); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	if len(warnings) != 1 || !strings.Contains(fmt.Sprint(warnings), "bootstrap.tokens[0].expires_at: has passed") {
		t.Errorf("got warnings %v", warnings)
	}
}

func TestAProviderHasTheRolesOfGroupsAndMachines(t *testing.T) {
	t.Parallel()
	c, warnings := mustLoad(t, `sources: [{name: a, type: dump, path: p}]
sign_in: {password: false}
oidc:
  issuer: https://id.example.com/realms/staff/
  client_id: dsr
  client_secret_file: key
  roles: {dsr-approvers: approver, "Data protection: readers": auditor}
  audience: dsr-api
  machines: [{client_id: tickets, role: requester}]`)
	if len(warnings) > 0 || c.OIDC.Issuer != "https://id.example.com/realms/staff/" || c.OIDC.ClientSecretFile.Reveal() != vendorKey || c.OIDC.GroupsClaim != "groups" {
		t.Errorf("got %+v, %v", c.OIDC, warnings)
	}
	if diff := cmp.Diff(map[string]dsr.Role{"dsr-approvers": dsr.Approver, "Data protection: readers": dsr.Auditor}, c.OIDC.StaffRoles()); diff != "" {
		t.Errorf("roles, want (-), got (+):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]dsr.Role{"tickets": dsr.Requester}, c.OIDC.MachineRoles()); diff != "" {
		t.Errorf("machines, want (-), got (+):\n%s", diff)
	}
	if text := c.Print(); !strings.Contains(text, "oidc.roles.dsr-approvers: approver\n") || strings.Contains(text, vendorKey) {
		t.Errorf("printed as\n%s", text)
	}
}

// What the example writes out as a default is the default.
func TestTheExampleShowsTheDefaults(t *testing.T) {
	t.Parallel()
	example := configFolder(t, read(t, "../../dsr.example.yaml"))
	c, _, err := everyType().load(filepath.Join(example, "dsr.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, example, "least.yaml", `
sources: [{name: support-bot, type: converse, base_url: "https://api.converseapps.com", bot_name: r3-218210, api_key_file: key, earliest: 2023-01-01}]
bootstrap: {tokens: [{name: ci, role: admin, token_file: admin-token}]}`, 0o644)
	least, _, err := everyType().load(filepath.Join(example, "least.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c.Print(), least.Print()); diff != "" {
		t.Errorf("example (-) against defaults (+):\n%s", diff)
	}
}

func TestAnEmptyFileIsTheDefaults(t *testing.T) {
	t.Parallel()
	for _, yaml := range []string{"", "# nothing\n", "---\n", "listen:\nsources:\nrelease: {review: }\n"} {
		c, warnings := mustLoad(t, yaml)
		if c.Listen != "127.0.0.1:8080" || c.BaseURL != "http://127.0.0.1:8080" || c.Release.Required() || c.Location() != time.UTC {
			t.Errorf("%q: got %s", yaml, c.Print())
		}
		if len(warnings) != 1 || warnings[0].Path != "sources" {
			t.Errorf("%q: got warnings %v, want one about sources", yaml, warnings)
		}
	}
}

func TestPathsStartFromTheFile(t *testing.T) {
	t.Parallel()
	dir := configFolder(t, "data_dir: d/../data\nsources: [{name: a, type: dump, path: ./exports}, {name: b, type: dump, path: /srv/exports}]")
	c, _, err := everyType().load(filepath.Join(dir, "dsr.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{c.DataDir, c.Sources[0].Path, c.Sources[1].Path}
	want := []string{filepath.Join(dir, "data"), filepath.Join(dir, "exports"), "/srv/exports"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
}

// TestPlainHTTPBeyondThisMachineIsSaidOnPurpose: whatever sends sessions and archives in
// clear over a network is refused, with the key and the way out, unless it is allowed.
func TestPlainHTTPBeyondThisMachineIsSaidOnPurpose(t *testing.T) {
	t.Parallel()
	const yaml = converse + "  earliest: 2023-01-01\n"
	for set, fine := range map[string]bool{
		"LISTEN=127.0.0.1:0": true, "LISTEN=localhost:80": true, "LISTEN=[::1]:80": true,
		"LISTEN=:80": false, "LISTEN=0.0.0.0:80": false, "LISTEN=[::]:80": false, "LISTEN=192.0.2.1:80": false, "LISTEN=dsr.example:80": false,
		"DEBUG_LISTEN=127.0.0.1:0": true, "DEBUG_LISTEN=0.0.0.0:81": false,
		"BASE_URL=http://127.0.0.1:80": true, "BASE_URL=http://dsr.example": false, "BASE_URL=http://192.0.2.1": false,
	} {
		name := strings.ToLower(set[:strings.Index(set, "=")])
		_, _, err := load(t, yaml, "DSR_"+set)
		said := fmt.Sprint(err)
		if (err == nil) != fine || !fine && (!strings.Contains(said, name+", set by") || !strings.Contains(said, "allow_plain_http: true")) {
			t.Errorf("%s: got %v", set, err)
		}
		_, warnings, err := load(t, yaml+"allow_plain_http: true\n", "DSR_"+set)
		if err != nil || (len(warnings) == 0) != fine {
			t.Errorf("%s, allowed: got %v and warnings %v", set, err, warnings)
		}
	}
}

func TestProxiesAreAddressesOrNetworks(t *testing.T) {
	t.Parallel()
	c, warnings := mustLoad(t, converse+"  earliest: 2023-01-01\nbase_url: https://dsr.example\nproxies: [127.0.0.1, 10.1.2.3/8, \"fd00::/8\", \"::ffff:192.0.2.1\"]\n")
	if got := fmt.Sprint(c.TrustedProxies()); got != "[127.0.0.1/32 10.0.0.0/8 fd00::/8 192.0.2.1/32]" || len(warnings) > 0 {
		t.Errorf("got %s and warnings %v", got, warnings)
	}
	_, _, err := load(t, "proxies: [proxy.example, 10.0.0.0/33, \"fe80::1%eth0\", 10.0.0.1]")
	for i, bad := range []bool{true, true, true, false} {
		if strings.Contains(fmt.Sprint(err), fmt.Sprintf("proxies[%d]: must be an address", i)) != bad {
			t.Errorf("proxies[%d]: got %v", i, err)
		}
	}
	if _, warnings := mustLoad(t, "base_url: https://dsr.example"); !strings.Contains(fmt.Sprint(warnings), "proxies: is not set although") {
		t.Errorf("a proxy that is not named: got warnings %v", warnings)
	}
}

func TestTheBaseURLFollowsTheListener(t *testing.T) {
	t.Parallel()
	addr := &net.TCPAddr{IP: net.IPv4zero, Port: 4321}
	c, _ := mustLoad(t, "listen: 0.0.0.0:0\nallow_plain_http: true")
	if got, want := c.BaseURLAt(addr), "http://localhost:4321"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	c, _ = mustLoad(t, "base_url: https://dsr.example.com/")
	if got, want := c.BaseURLAt(addr), "https://dsr.example.com"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheCCPAsTwentyFourMonthsArePossibleAndMissedWhereTheyAreNotSet(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string]string{
		"regime: ccpa\nretention: {request: 17544h}\n": "",
		"regime: ccpa\n":                "retention.request",
		"retention: {request: 8760h}\n": "",
	} {
		c, warnings := mustLoad(t, yaml+converse+"  earliest: 2023-01-01\n")
		got := ""
		for _, w := range warnings {
			got += w.Path
		}
		if got != want {
			t.Errorf("%q: got warnings about %q, want %q (retention %s)", yaml, got, want, c.Retention.Request)
		}
	}
}

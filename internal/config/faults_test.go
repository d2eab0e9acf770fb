package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// Every mistake of one file is in one message, one a line, with the line it stands in.
func TestAllFaultsAreInOneMessage(t *testing.T) {
	t.Parallel()
	_, _, err := load(t, `listen: nonsense
lissten: 127.0.0.1:8080
release: {review: requird}
retention: {archive: 90d}
limits: {reads_per_second: 0}
sources:
- name: ../x
  type: converse
  base_url: https://example.com?x=1
  agent_id: a
  rate: 0/s
- name: bot
  type: avamo
bootstrap: {tokens: [{name: ci, role: root, token_file: nowhere}]}
`, "DSR_RETENTION_REQUEST=a year")
	fault, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("got %v, want a Error", err)
	}
	want := []string{
		"retention.request, set by DSR_RETENTION_REQUEST: ", "line 1, listen: ", "line 2, lissten: ", "line 3, release.review: ",
		"line 4, retention.archive: ", "line 5, limits.reads_per_second: ", "line 7, sources[0].name: ",
		"line 7, sources[0].bot_name: is missing", "line 7, sources[0].api_key_file: is missing", "line 7, sources[0].earliest: is missing",
		"line 9, sources[0].base_url: ", "line 10, sources[0].agent_id: is not a key of type converse", "line 11, sources[0].rate: ",
		"line 13, sources[1].type: ", "line 14, bootstrap.tokens[0].role: ", "line 14, bootstrap.tokens[0].token_file: ",
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != len(want)+1 || len(fault.Faults) != len(want) {
		t.Fatalf("got %d faults, want %d:\n%v", len(lines)-1, len(want), err)
	}
	for i, prefix := range want {
		if !strings.HasPrefix(strings.TrimSpace(lines[i+1]), prefix) {
			t.Errorf("fault %d: got %q, want it to begin with %q", i, lines[i+1], prefix)
		}
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	source := func(lines ...string) string { return converse + "  " + strings.Join(lines, "\n  ") + "\n" }
	dated := func(lines ...string) string { return source(append(lines, "earliest: 2023-01-01")...) }
	token := func(text string) string { return "bootstrap: {tokens: [" + text + "]}" }
	for name, c := range map[string]struct{ yaml, want string }{
		"not YAML":                {"listen: [", "line 1: is not valid YAML"},
		"two documents":           {"listen: a\n---\nlisten: b", "holds 2 YAML documents"},
		"no keys":                 {"just text", "must hold keys (listen, "},
		"keys for a value":        {"listen: {a: b}", "listen: takes a single value, not keys"},
		"value for keys":          {"release: none", "release: must hold keys (review), not a single value"},
		"keys for a list":         {"sources: {a: b}", "sources: takes a list, not keys"},
		"empty entry":             {"sources:\n- ", "sources[0]: is an empty entry"},
		"key twice":               {"listen: :1\nlisten: :2", "line 1, listen: is set twice (also in line 2)"},
		"anchor":                  {"listen: &a x", "listen: takes a single value, not an anchor"},
		"tag":                     {"listen: !!str x", "listen: takes a single value, not a YAML tag"},
		"empty text":              {`timezone: ""`, "timezone: is empty"},
		"listen without port":     {"listen: localhost", "listen: must be host:port"},
		"listen on high port":     {"listen: localhost:65536", "listen: must be host:port"},
		"debug_listen as listen":  {"debug_listen: 127.0.0.1:8080", "debug_listen: is the same as listen"},
		"base_url without scheme": {"base_url: example.com", "base_url: must be a URL with scheme and host"},
		"base_url with password":  {"base_url: https://a:b@example.com", "base_url: must not contain a user name"},
		"base_url with path":      {"base_url: https://example.com/dsr", "base_url: has a path"},
		"base_url with fragment":  {"base_url: https://example.com/#", "base_url: must not have a query"},
		"base_url of port 0":      {"base_url: https://example.com:0", "base_url: must have a port from 1"},
		"timezone of nowhere":     {"timezone: Mars/Olympus", "timezone: is not an IANA"},
		"timezone of the machine": {"timezone: Local", "timezone: is not an IANA"},
		"review":                  {"release: {review: require}", `release.review: must be one of none, required; the nearest is "required"`},
		"days":                    {"retention: {archive: 90d}", "90 days are 2160h"},
		"duration without unit":   {"retention: {archive: 90}", "retention.archive: is not a duration"},
		"no retention":            {"retention: {request: 0s}", "retention.request: must be at least 1s"},
		"negative retention":      {"retention: {request: -1h}", "retention.request: must be at least 1s"},
		"centuries":               {"retention: {request: 876001h}", "retention.request: must be at most 876000h"},
		"limit of none":           {"limits: {open_requests: 0}", "limits.open_requests: must be at least 1"},
		"memory without unit":     {"limits: {memory: 256}", "limits.memory: is not a size; write a whole number and MiB or GiB"},
		"memory for nothing":      {"limits: {memory: 16MiB}", "limits.memory: must be from 32MiB to 1024GiB"},
		"memory without end":      {"limits: {memory: 999999GiB}", "limits.memory: must be from 32MiB"},
		"limit in words":          {"limits: {open_requests: many}", "limits.open_requests: is not a whole number"},

		"source without name":   {"sources: [{type: dump, path: p}]", "sources[0].name: is missing"},
		"source without type":   {"sources: [{name: a}]", "sources[0].type: is missing"},
		"name with dot first":   {"sources: [{name: .a, type: dump, path: p}]", "sources[0].name: must be 1 to 64"},
		"name with dot last":    {"sources: [{name: a., type: dump, path: p}]", "sources[0].name: must be 1 to 64"},
		"name with slash":       {"sources: [{name: a/b, type: dump, path: p}]", "sources[0].name: must be 1 to 64"},
		"name too long":         {"sources: [{name: " + strings.Repeat("a", 65) + ", type: dump, path: p}]", "sources[0].name: must be 1 to 64"},
		"name of Windows":       {"sources: [{name: Aux.old, type: dump, path: p}]", "sources[0].name: is a name that Windows reserves"},
		"name twice":            {"sources: [{name: a, type: dump, path: p}, {name: A, type: dump, path: p}]", "sources[1].name: is the same as sources[0].name"},
		"dump without path":     {"sources: [{name: a, type: dump}]", "sources[0].path: is missing"},
		"dump with base_url":    {"sources: [{name: a, type: dump, path: p, base_url: https://a.example}]", "sources[0].base_url: is not a key of type dump"},
		"path with converse":    {dated("path: p"), "sources[0].path: is not a key of type converse"},
		"unknown key":           {dated("api_key: x"), `line 7, sources[0].api_key: unknown key; the nearest valid name is "api_key_file"`},
		"no earliest":           {converse, "sources[0].earliest: is missing"},
		"earliest in the style": {source("earliest: 31.1.2023"), "sources[0].earliest: is neither a date"},
		"earliest in future":    {source("earliest: 2026-05-05"), "sources[0].earliest: is in the future"},
		"earliest before 1970":  {source("earliest: 1969-12-31"), "sources[0].earliest: is before 1970"},
		"files of no host":      {dated("files: {fetch: true}"), "sources[0].files.hosts: is missing; fetch is true"},
		"files of an address":   {dated("files: {hosts: [\"https://cdn.example.com\"]}"), "sources[0].files.hosts[0]: must be the name of one host"},
		"files of any host":     {dated("files: {hosts: [\"*.example.com\"]}"), "sources[0].files.hosts[0]: must be the name of one host"},
		"files of a path":       {dated("files: {hosts: [example.com/x]}"), "sources[0].files.hosts[0]: must be the name of one host"},
		"files of bad port":     {dated("files: {hosts: [\"example.com:99999\"]}"), "sources[0].files.hosts[0]: must be the name of one host"},
		"files without size":    {dated("files: {max_size: 25}"), "sources[0].files.max_size: is not a size"},
		"files too large":       {dated("files: {max_size: 65GiB}"), "sources[0].files.max_size: must be from 1MiB to 64GiB"},
		"files in no time":      {dated("files: {timeout: 0s}"), "sources[0].files.timeout: must be at least 1s"},
		"files perhaps":         {dated("files: {fetch: yes}"), "sources[0].files.fetch: is neither true nor false"},
		"files by half a path":  {dated("files: {paths: [a..b]}"), "sources[0].files.paths[0]: must be keys joined by dots"},
		"files of no size":      {"limits: {request_files: 0MiB}", "limits.request_files: must be from 1MiB"},
		"rate of zero":          {dated("rate: 0/s"), "sources[0].rate: is not a rate"},
		"rate below zero":       {dated("rate: -3/s"), "sources[0].rate: is not a rate"},
		"rate without unit":     {dated("rate: 3"), "sources[0].rate: is not a rate"},
		"rate per day":          {dated("rate: 3/d"), "sources[0].rate: is not a rate"},
		"page of none":          {dated("page_size: 0"), "sources[0].page_size: must be from 1 to 1000"},
		"page too large":        {dated("page_size: 1001"), "sources[0].page_size: must be from 1 to 1000"},
		"page of avaamo":        {"sources: [{name: a, type: avaamo, page_size: 101}]", "sources[0].page_size: must be from 1 to 100 "},
		"window_field":          {dated("window_field: startTime"), `sources[0].window_field: must be one of unknown, overlap, start_time, last_action; the nearest is "start_time"`},
		"margin below zero":     {dated("window_margin: -1h"), "sources[0].window_margin: must be at least 0s"},
		"lag below zero":        {dated("ingest_lag: -1s"), "sources[0].ingest_lag: must be at least 0s"},
		"range of nanoseconds":  {dated("max_range: 5ns"), "sources[0].max_range: must be at least 1s"},
		"no timeout":            {dated("timeout: 0s"), "sources[0].timeout: must be at least 1ms"},
		"endless timeout":       {dated("timeout: 2h"), "sources[0].timeout: must be at most 1h"},
		"no patience":           {dated("give_up_after: 0s"), "sources[0].give_up_after: must be at least 1s"},
		"region":                {dated("region: Germany"), "sources[0].region: must be the two letters"},
		"blank id":              {"sources: [{name: a, type: avaamo, agent_id: ' '}]", "sources[0].agent_id: must be printable text"},

		"oidc without issuer":     {"oidc: {client_id: a, roles: {g: admin}}", "oidc.issuer: is missing"},
		"oidc over http":          {"oidc: {issuer: \"http://id.example.com\", client_id: a, roles: {g: admin}}", "oidc.issuer: must begin with https://"},
		"oidc of no address":      {"oidc: {issuer: id, client_id: a, roles: {g: admin}}", "oidc.issuer: must be a URL"},
		"oidc without client":     {"oidc: {issuer: \"https://id.example.com\", roles: {g: admin}}", "oidc.client_id: is missing"},
		"oidc without roles":      {"oidc: {issuer: \"https://id.example.com\", client_id: a}", "oidc.roles: is missing"},
		"oidc of unknown role":    {"oidc: {issuer: \"https://id.example.com\", client_id: a, roles: {staff: admn}}", `oidc.roles.staff: must be one of requester, approver, auditor, admin; the nearest is "admin"`},
		"oidc roles in a list":    {"oidc: {issuer: \"https://id.example.com\", client_id: a, roles: [admin]}", "oidc.roles: must hold keys, each with a single value, not a list"},
		"oidc roles of lists":     {"oidc: {issuer: \"https://id.example.com\", client_id: a, roles: {staff: [admin]}}", "oidc.roles: must have a single value for each key; look at line 1"},
		"oidc secret not there":   {"oidc: {issuer: \"https://id.example.com\", client_id: a, client_secret_file: nowhere, roles: {g: admin}}", "oidc.client_secret_file: names a file that does not exist"},
		"oidc scopes in one":      {"oidc: {issuer: \"https://id.example.com\", client_id: a, scopes: [\"a b\"], roles: {g: admin}}", "oidc.scopes: must be names without blanks"},
		"machines of no audience": {"oidc: {issuer: \"https://id.example.com\", client_id: a, machines: [{client_id: m, role: admin}]}", "oidc.audience: is missing"},
		"machine of no id":        {"oidc: {issuer: \"https://id.example.com\", client_id: a, audience: b, machines: [{role: admin}]}", "oidc.machines[0].client_id: is missing"},
		"machine of odd id":       {"oidc: {issuer: \"https://id.example.com\", client_id: a, audience: b, machines: [{client_id: \"a b\", role: admin}]}", "oidc.machines[0].client_id: must be 1 to 128"},
		"machine twice":           {"oidc: {issuer: \"https://id.example.com\", client_id: a, audience: b, machines: [{client_id: m, role: admin}, {client_id: m, role: auditor}]}", "oidc.machines[1].client_id: is the same as oidc.machines[0].client_id"},
		"nobody can sign in":      {"sign_in: {password: false}", "sign_in.password: is false, and there is no oidc"},

		"token without name":    {token("{role: admin, token_file: admin-token}"), "bootstrap.tokens[0].name: is missing"},
		"token without file":    {token("{name: a, role: admin}"), "bootstrap.tokens[0].token_file: is missing"},
		"token of unknown role": {token("{name: a, role: root, token_file: admin-token}"), "bootstrap.tokens[0].role: must be one of requester, approver, auditor, admin"},
		"token of no scope":     {token("{name: a, role: admin, scopes: [all], token_file: admin-token}"), "bootstrap.tokens[0].scopes[0]: must be one of submit, own, read, archives, metrics"},
		"token of no day":       {token("{name: a, role: admin, expires_at: soon, token_file: admin-token}"), "bootstrap.tokens[0].expires_at: is neither a date"},
		"token name twice":      {token("{name: a, role: admin, token_file: admin-token}, {name: a, role: admin, token_file: admin-token}"), "bootstrap.tokens[1].name: is the same as bootstrap.tokens[0].name"},
		"token text twice":      {token("{name: a, role: admin, token_file: admin-token}, {name: b, role: admin, token_file: admin-token}"), "bootstrap.tokens[1].token_file: holds the same token as bootstrap.tokens[0].token_file"},
		"token too short":       {token("{name: a, role: admin, token_file: key}"), "bootstrap.tokens[0].token_file: names a file that does not hold a token of 32 to 256"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := load(t, c.yaml)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want it to contain %q", err, c.want)
			}
		})
	}
}

func TestAFileThatCannotBeReadIsNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, dir, "large.yaml", strings.Repeat("# x\n", maxBytes/4)+"#", 0o644)
	for path, want := range map[string]string{
		"":                                 "name it with --config",
		filepath.Join(dir, "nowhere.yaml"): "does not exist",
		filepath.Join(dir, "large.yaml"):   fmt.Sprintf("larger than %d bytes", maxBytes),
		dir:                                "is a directory",
	} {
		if _, _, err := Load(path, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want it to contain %q", path, err, want)
		}
	}
}

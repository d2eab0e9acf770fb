package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// tools are the programs of the contestants; empty is one that is not installed.
type tools struct {
	self, extract                  string
	node, duckdb, python, jq, zstd string
	simdjson                       string
	versions                       []string
}

// duckdbModule is DuckDB for Node, installed into the folder of the benchmark by
//
//	npm install --prefix DIR/duckdb @duckdb/node-api@1.5.6-r.1
const duckdbModule = "node_modules/@duckdb/node-api"

// findTools looks for what is installed and builds dsr-server. Nothing is fetched.
func findTools(dir string) (t tools, err error) {
	if t.self, err = os.Executable(); err != nil {
		return t, err
	}
	for name, path := range map[string]*string{"node": &t.node, "python3": &t.python, "jq": &t.jq, "zstd": &t.zstd} {
		*path, _ = exec.LookPath(name) // a missing one is said when its contest is left out
	}
	if at := filepath.Join(dir, "duckdb"); t.node != "" {
		if _, err := os.Stat(filepath.Join(at, duckdbModule)); err == nil {
			t.duckdb = at
		}
	}
	if at := filepath.Join(dir, "simdjson"); do("g++", "-O3", "-o", at, "tools/bench/simdjson/dom.cpp", "-lsimdjson") == nil {
		t.simdjson = at // from Debian's libsimdjson-dev
	}
	t.extract = filepath.Join(dir, "dsr-server")
	if err := do("go", "build", "-o", t.extract, "./cmd/dsr-server"); err != nil {
		return t, err
	}
	return t, t.ask()
}

// ask collects the versions of what was found.
func (t *tools) ask() error {
	commands := [][]string{{"go", "version"}, {t.python, "--version"}, {t.jq, "--version"}}
	if t.duckdb != "" {
		commands = append(commands, []string{t.node, "-e", "process.stdout.write('DuckDB ' + require('" + t.duckdb + "/" + duckdbModule + "').version())"})
	}
	for _, c := range commands {
		if c[0] == "" {
			continue
		}
		out, err := exec.Command(c[0], c[1:]...).Output() //nolint:gosec // G204: the tools just found
		if err != nil {
			return fmt.Errorf("%s: %w", c[0], err)
		}
		t.versions = append(t.versions, strings.TrimSpace(string(out)))
	}
	return nil
}

// present leaves out the contests whose program is not installed, and says so. With
// DSR_TEST_REQUIRE=all that is an error.
func present(all []contest) ([]contest, error) {
	var missing []string
	here := slices.DeleteFunc(all, func(c contest) bool {
		if c.needs != "" {
			missing = append(missing, fmt.Sprintf("%s (needs %s)", c.name, c.needs))
		}
		return c.needs != ""
	})
	if len(missing) == 0 {
		return here, nil
	}
	if os.Getenv("DSR_TEST_REQUIRE") == "all" {
		return nil, fmt.Errorf("DSR_TEST_REQUIRE=all, and these cannot be compared: %s", strings.Join(missing, ", "))
	}
	fmt.Println("not compared:", strings.Join(missing, ", "))
	return here, nil
}

// needs names the program if it is not installed.
func needs(path, name string) string {
	if path == "" {
		return name
	}
	return ""
}

func do(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil { //nolint:gosec // G204: names of our own
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// The alternatives' programs, each as a user of the tool would write it for speed.
const (
	duckScript = `const {DuckDBInstance} = require(process.argv[1] + '/node_modules/@duckdb/node-api');
(async () => {
  const db = await (await DuckDBInstance.create(':memory:', {threads: process.argv[3]})).connect();
  const rows = await (await db.runAndReadAll(process.argv[2])).getRows();
  for (const r of rows) console.log(r[0]);
})();`

	duckTyped = `SELECT _id FROM read_json('%s', format='newline_delimited', columns={_id: 'VARCHAR', metadata: 'STRUCT(email VARCHAR)'}) WHERE lower(metadata.email) = '%s' OR _id = '%s'`
	duckJSON  = `SELECT _id FROM read_json('%s', format='newline_delimited', columns={_id: 'VARCHAR', metadata: 'JSON'}) WHERE lower(metadata->>'email') = '%s' OR _id = '%s'`
	duckPages = `SELECT r._id FROM (SELECT unnest(data) AS r FROM read_json('%s/conversations*.json', columns={data: 'STRUCT(_id VARCHAR, metadata STRUCT(email VARCHAR))[]'}, maximum_object_size=16777216)) WHERE lower(r.metadata.email) = '%s' OR r._id = '%s'`

	pythonLines = `import json, sys
for line in open(sys.argv[1], 'rb'):
    r = json.loads(line)
    if r['_id'] == sys.argv[3] or (r.get('metadata') or {}).get('email', '').lower() == sys.argv[2]: print(r['_id'])`
	pythonPages = `import glob, json, sys
for name in glob.glob(sys.argv[1] + '/conversations*.json'):
    with open(name, 'rb') as f: page = json.load(f)
    for r in page['data']:
        if r['_id'] == sys.argv[3] or (r.get('metadata') or {}).get('email', '').lower() == sys.argv[2]: print(r['_id'])`

	jqFilter = `select(._id == $id or ((.metadata.email // "") | ascii_downcase) == $email) | ._id`
)

func (t tools) duck(query string) []string {
	return []string{t.node, "-e", duckScript, t.duckdb, query, "1"}
}

// ourPages is our own search of page files, which others that read these are compared with.
const ourPages = "search, page files"

// alternatives are what people would take instead of us.
func alternatives(c corpus, t tools) []contest {
	duckdb, python, simdjson := needs(t.duckdb, "DuckDB for Node"), needs(t.python, "python3"), needs(t.simdjson, "g++ and libsimdjson-dev")
	return []contest{
		{name: ours, command: []string{t.self, "search-lines", c.lines}},
		{name: ourPages, command: []string{t.self, "search-pages", c.pages}},
		{name: "simdjson DOM, NDJSON", command: []string{t.simdjson, "lines", c.lines, wantedEmail, wantedID}, needs: simdjson},
		{name: "simdjson DOM, page files", command: []string{t.simdjson, "pages", c.pages, wantedEmail, wantedID}, needs: simdjson, than: ourPages},
		{name: "DuckDB, typed column", command: t.duck(fmt.Sprintf(duckTyped, c.lines, wantedEmail, wantedID)), needs: duckdb},
		{name: "DuckDB, JSON column", command: t.duck(fmt.Sprintf(duckJSON, c.lines, wantedEmail, wantedID)), needs: duckdb},
		{name: "DuckDB, page files", command: t.duck(fmt.Sprintf(duckPages, c.pages, wantedEmail, wantedID)), needs: duckdb, than: ourPages},
		{name: "Python json, NDJSON", command: []string{t.python, "-c", pythonLines, c.lines, wantedEmail, wantedID}, needs: python},
		{name: "Python json, page files", command: []string{t.python, "-c", pythonPages, c.pages, wantedEmail, wantedID}, needs: python, than: ourPages},
		{name: "jq", command: []string{t.jq, "-r", "--arg", "id", wantedID, "--arg", "email", wantedEmail, jqFilter, c.lines}, needs: needs(t.jq, "jq")},
		{name: "encoding/json into maps", command: []string{t.self, "json-lines", c.lines}},
	}
}

// ownRatios compare our search with itself, and with unpacking alone.
func ownRatios(c corpus, t tools) []contest {
	zstd := needs(t.zstd, "zstd")
	return []contest{
		{name: ours, command: []string{t.self, "search-lines", c.lines}},
		{name: "100 requests in one pass", command: []string{t.self, "search-100", c.lines}, own: true},
		{name: "every record a candidate", command: []string{t.self, "search-alike", c.lines}, own: true},
		{name: unpacking, command: []string{"zstd", "-q", "-dc", c.packed}, quiet: true, needs: zstd},
		{name: "search of .zst", command: []string{t.self, "search-lines", c.packed}, than: unpacking, own: true, needs: zstd},
	}
}

const unpacking = "zstd -dc alone"

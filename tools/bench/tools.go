package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// tools are the programs of the contestants.
type tools struct {
	self, extract            string
	node, duckdb, python, jq string
	versions                 []string
}

// findTools finds what is installed, gets DuckDB from npm and jq from Debian where they
// are missing, and builds dsr-server.
func findTools(dir string) (t tools, err error) {
	if t.self, err = os.Executable(); err != nil {
		return t, err
	}
	for name, path := range map[string]*string{"node": &t.node, "python3": &t.python} {
		if *path, err = exec.LookPath(name); err != nil {
			return t, err
		}
	}
	if t.jq, err = exec.LookPath("jq"); err != nil {
		if t.jq, err = fetchJq(dir); err != nil {
			return t, err
		}
	}
	t.duckdb = filepath.Join(dir, "duckdb")
	if err := fetchDuckDB(t.duckdb); err != nil {
		return t, err
	}
	t.extract = filepath.Join(dir, "dsr-server")
	if err := do("go", "build", "-o", t.extract, "./cmd/dsr-server"); err != nil {
		return t, err
	}
	for _, c := range [][]string{{t.node, "-e", "process.stdout.write('DuckDB ' + require('" + t.duckdb + "/node_modules/@duckdb/node-api').version())"}, {t.python, "--version"}, {t.jq, "--version"}, {"go", "version"}} {
		out, err := exec.Command(c[0], c[1:]...).Output() //nolint:gosec // G204: the tools just found
		if err != nil {
			return t, fmt.Errorf("%s: %w", c[0], err)
		}
		t.versions = append(t.versions, strings.TrimSpace(string(out)))
	}
	return t, nil
}

func do(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil { //nolint:gosec // G204: names of our own
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

func fetchDuckDB(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "@duckdb", "node-api")); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return do("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", dir, "@duckdb/node-api@1.5.6-r.1")
}

// fetchJq unpacks Debian's package into the folder, without installing it.
func fetchJq(dir string) (string, error) {
	root := filepath.Join(dir, "jq")
	if err := os.MkdirAll(root, 0o700); err != nil {
		return "", err
	}
	script := "cd '" + root + "' && apt-get download jq libjq1 libonig5 && for p in *.deb; do dpkg -x $p .; done"
	if err := do("sh", "-c", script); err != nil {
		return "", err
	}
	wrapper := filepath.Join(root, "jq")
	text := "#!/bin/sh\nLD_LIBRARY_PATH=$(echo '" + root + "'/usr/lib/*-linux-gnu) exec '" + root + "/usr/bin/jq' \"$@\"\n"
	return wrapper, os.WriteFile(wrapper, []byte(text), 0o700) //nolint:gosec // G306: it is a program
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

// alternatives are what people would take instead of us.
func alternatives(_ options, c corpus, t tools) ([]contest, error) {
	return []contest{
		{name: baseline, command: []string{t.self, "search-lines", c.lines}, most: 1},
		{name: "search, page files", command: []string{t.self, "search-pages", c.pages}},
		{name: "DuckDB, typed column", command: t.duck(fmt.Sprintf(duckTyped, c.lines, wantedEmail, wantedID)), least: 1.7},
		{name: "DuckDB, JSON column", command: t.duck(fmt.Sprintf(duckJSON, c.lines, wantedEmail, wantedID)), least: 4},
		{name: "DuckDB, page files", command: t.duck(fmt.Sprintf(duckPages, c.pages, wantedEmail, wantedID)), least: 4, than: "search, page files"},
		{name: "Python json, NDJSON", command: []string{t.python, "-c", pythonLines, c.lines, wantedEmail, wantedID}, least: 10},
		{name: "Python json, page files", command: []string{t.python, "-c", pythonPages, c.pages, wantedEmail, wantedID}, least: 13, than: "search, page files"},
		{name: "jq", command: []string{t.jq, "-r", "--arg", "id", wantedID, "--arg", "email", wantedEmail, jqFilter, c.lines}, least: 28},
		{name: "encoding/json into maps", command: []string{t.self, "json-lines", c.lines}, least: 15},
	}, nil
}

// ownRatios compare our search with itself, and with unpacking alone.
func ownRatios(_ options, c corpus, t tools) ([]contest, error) {
	return []contest{
		{name: baseline, command: []string{t.self, "search-lines", c.lines}, most: 1},
		{name: "100 requests in one pass", command: []string{t.self, "search-100", c.lines}, most: 1.25},
		{name: "every record a candidate", command: []string{t.self, "search-alike", c.lines}, most: 2},
		{name: "zstd -dc alone", command: []string{"zstd", "-q", "-dc", c.packed}, quiet: true},
		{name: "search of .zst", command: []string{t.self, "search-lines", c.packed}, most: 1.5, than: "zstd -dc alone"},
	}, nil
}

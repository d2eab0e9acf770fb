package store

import (
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

var quoted = regexp.MustCompile("`([a-z_*.0-9]+)`")

// documented are the columns that docs/security.md says are kept, by table, as patterns.
func documented(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Where personal data is\n")
	section, _, _ = strings.Cut(section, "\n### ")
	columns := map[string][]string{}
	for line := range strings.Lines(section) {
		cells := strings.Split(line, "|")
		if len(cells) < 7 {
			continue
		}
		table := ""
		for _, name := range quoted.FindAllStringSubmatch(cells[1], -1) {
			before, column, dotted := strings.Cut(name[1], ".")
			if !dotted {
				column = name[1]
			} else {
				table = before
			}
			columns[table] = append(columns[table], column)
		}
		if strings.Contains(cells[1], "and its columns") {
			columns[table] = append(columns[table], "*")
		}
	}
	return columns
}

// TestTheDocumentSaysOfEveryColumnWhyItIsKept, and of none that there is not.
func TestTheDocumentSaysOfEveryColumnWhyItIsKept(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	rows, err := l.s.r.QueryContext(t.Context(), `SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY 1, c.cid`)
	l.must(err)
	defer rows.Close()
	said, used := documented(t), map[string]bool{}
	for rows.Next() {
		var table, column string
		l.must(rows.Scan(&table, &column))
		found := false
		for _, pattern := range said[table] {
			if is, err := path.Match(pattern, column); err == nil && is {
				found = true
				used[table+"."+pattern] = true
			}
		}
		if !found {
			t.Errorf("docs/security.md does not say why %s.%s is kept", table, column)
		}
	}
	l.must(rows.Err())
	for table, patterns := range said {
		for _, pattern := range patterns {
			if !used[table+"."+pattern] && table != "archives" && table != "meta" { // files; rows of one column
				t.Errorf("docs/security.md speaks of %s.%s, which there is not", table, pattern)
			}
		}
	}
}

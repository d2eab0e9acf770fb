package export

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/match"
)

// DumpForm says what a dump holds, where it is not the export of converse under its usual names.
type DumpForm struct {
	Fields *declared.Fields // nil: the records are those of converse
	// Conversations and Messages are patterns of the files of each kind; none: the usual names.
	Conversations, Messages []string
}

// dumpNames say which file of a folder is of what kind.
type dumpNames struct {
	patterns map[dsr.Endpoint]*regexp.Regexp
	deep     bool // files may lie in folders
}

// kinds of files, in the order in which they are looked for.
var kindsOfFiles = []dsr.Endpoint{dsr.Conversations, dsr.Messages}

// namesOf reads a form, whose patterns have been checked. Where messages stand in their
// conversations there are no files of messages.
func namesOf(form DumpForm) dumpNames {
	n := dumpNames{patterns: map[dsr.Endpoint]*regexp.Regexp{}}
	for kind, patterns := range map[dsr.Endpoint][]string{dsr.Conversations: form.Conversations, dsr.Messages: form.Messages} {
		if kind == dsr.Messages && len(patterns) == 0 && form.Fields != nil && len(form.Fields.Within) > 0 {
			continue
		}
		n.patterns[kind] = regexp.MustCompile(`(?i)^` + string(kind) + `[^/\n]*\.(ndjson|json)(\.gz|\.zst)?$`)
		if len(patterns) > 0 {
			n.patterns[kind], n.deep = anyOf(patterns), true
		}
	}
	return n
}

// kindOf is what a file is by its name; empty: it is not to be read. both: patterns of both
// kinds name it.
func (n dumpNames) kindOf(name string) (kind dsr.Endpoint, both bool) {
	for _, k := range kindsOfFiles {
		if p := n.patterns[k]; p != nil && p.MatchString(name) {
			both = kind != ""
			kind = k
		}
	}
	return kind, both
}

// anyOf is a pattern of names: * stands for any part of a name, ** for any folders, ? for a
// character. The case of letters does not matter. A name with a line break is no file's that is
// read: it could pass for a line of ours.
func anyOf(patterns []string) *regexp.Regexp {
	all := make([]string, len(patterns))
	for i, p := range patterns {
		p = regexp.QuoteMeta(p)
		p = strings.ReplaceAll(p, `\*\*/`, `(?:[^/]+/)*`)
		p = strings.ReplaceAll(p, `\*`, `[^/\n]*`)
		all[i] = strings.ReplaceAll(p, `\?`, `[^/\n]`)
	}
	return regexp.MustCompile(`(?i)^(?:` + strings.Join(all, "|") + `)$`)
}

// CheckPattern says what is wrong with a pattern of files.
func CheckPattern(pattern string) error {
	switch parts := strings.Split(pattern, "/"); {
	case pattern == "" || strings.HasPrefix(pattern, "/") || strings.Contains(pattern, `\`):
		return errors.New("must be a pattern of files within the folder, as in 2024/**/conv*.jsonl.gz, with / between folders")
	case strings.Contains("/"+pattern+"/", "/../") || strings.Contains("/"+pattern+"/", "/./") || strings.Contains(pattern, "//"):
		return errors.New("must not leave the folder: take out .. and . and empty names")
	case parts[len(parts)-1] == "**" || slices.ContainsFunc(parts, func(p string) bool { return p != "**" && strings.Contains(p, "**") }):
		return errors.New("has ** beside something else; it stands alone between slashes, for any folders")
	}
	return nil
}

// schemaOfDump is where in the records of a dump is what a search needs to know.
func schemaOfDump(form DumpForm) match.Schema {
	if form.Fields != nil {
		return form.Fields.Schema()
	}
	return converseSchema
}

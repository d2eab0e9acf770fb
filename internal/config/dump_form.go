package config

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/export/declared"
)

// readForm reads what a dump's files hold and how they are called.
func (s *Source) readForm(path string, r *report) {
	s.form.Conversations = readPatterns(path+".conversations", s.Conversations, r)
	s.form.Messages = readPatterns(path+".messages", s.Messages, r)
	if !s.Fields.Given() {
		return
	}
	fields, wrong := declared.ReadFields(s.Fields)
	for _, f := range wrong {
		at := joinPath(path+".fields", f.Path)
		if r.lines[at] == 0 {
			r.lines[at] = f.Line
		}
		r.fault(at, "%s", f.Text)
	}
	if len(wrong) == 0 {
		s.form.Fields, s.of = &fields, recordedFields(s.Fields, fields)
	}
}

// readPatterns reads a pattern of files, or a list of them.
func readPatterns(path string, part declared.Part, r *report) []string {
	if !part.Given() {
		return nil
	}
	patterns, are := part.Texts()
	if !are {
		r.fault(path, "must be a pattern of files, or a list of them, as in 2024/**/conv*.jsonl.gz; leave the key out for the usual names")
	}
	for _, p := range patterns {
		if err := export.CheckPattern(p); err != nil {
			r.fault(path, "%s", err)
		}
	}
	return patterns
}

// recordedFields is what is stored with each search of the fields of a dump: of a declaration
// that comes with the program, by its name.
func recordedFields(part declared.Part, fields declared.Fields) *dsr.Declared {
	var of declared.Identity
	if name, _ := part.Texts(); len(name) == 1 {
		if text, found := declared.Shipped(name[0]); found {
			d, _ := declared.Parse(text)
			of = d.Identity
			of.Name = name[0]
		}
	}
	out := recorded(of, fields)
	if out.SHA256 == "" {
		sum := sha256.Sum256(out.Fields)
		out.SHA256 = hex.EncodeToString(sum[:])
	}
	return out
}

// recorded is what is stored of a declaration with each search.
func recorded(of declared.Identity, fields declared.Fields) *dsr.Declared {
	text, err := json.Marshal(fields)
	if err != nil {
		panic(err) // paths and words always encode
	}
	return &dsr.Declared{Name: of.Name, Version: of.Version, SHA256: of.SHA256, Fields: text}
}

// Form is what the files of a dump hold.
func (s Source) Form() export.DumpForm { return s.form }

package archive

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"dsr-server/internal/dsr"
	"dsr-server/internal/record"
)

var (
	// ErrAltered means that the archive is not as it was made; Report.Problems says
	// where.
	ErrAltered = errors.New("the archive was altered")
	// ErrUnreadable means that nothing can be said about the archive: there is no
	// such file, it is not a ZIP, or the allowed signers cannot be read.
	ErrUnreadable = errors.New("the archive cannot be read")
)

// Report is what Verify found. Its texts are safe to print: they are on one line and
// have no control characters, whoever made the archive.
type Report struct {
	Request       string // id
	Reference     string
	Software      string
	Entries       int
	Conversations int64
	Messages      int64
	Complete      bool   // what coverage.json says about the search
	Fingerprint   string // of the key that signed; empty without a good signature
	SignerChecked bool   // the key is one of the allowed signers
	Problems      []Problem
}

// Problem is one thing that is not as it was made.
type Problem struct {
	Kind   ProblemKind
	Entry  string // the entry's name in the ZIP; empty for the archive as a whole
	Detail string
}

// ProblemKind sorts problems.
type ProblemKind string

const (
	Altered   ProblemKind = "altered"   // an entry has other content
	Missing   ProblemKind = "missing"   // an entry is gone
	Added     ProblemKind = "added"     // an entry that nobody signed
	Signature ProblemKind = "signature" // the manifest is not signed, or not by an allowed signer
	Counts    ProblemKind = "counts"    // the records are not those the manifest counts
	Coverage  ProblemKind = "coverage"  // coverage.json contradicts itself
	Container ProblemKind = "container" // the ZIP around the entries
)

// String is one line that is safe to print: nothing in it steers a terminal.
func (p Problem) String() string {
	name := p.Entry
	if len(name) > maxShown {
		name = strings.ToValidUTF8(name[:maxShown], "") + "…"
	}
	if !layout.MatchString(name) {
		name = fmt.Sprintf("%+q", name)
	}
	if p.Entry == "" {
		return fmt.Sprintf("%s: %s", p.Kind, p.Detail)
	}
	return fmt.Sprintf("%s: %s: %s", p.Kind, name, p.Detail)
}

// maxShown is how much of an entry's name is shown.
const maxShown = 300

// Verify checks the archive at path without a network: that its entries are those
// the manifest names, with these sizes and hashes; that the manifest is signed, by
// one of allowedSigners (an allowed_signers file) unless that is nil; that the
// records are as many as the manifest says and each message has its conversation;
// that the coverage does not contradict itself; and that the ZIP holds nothing else.
// The error is nil or wraps ErrAltered or ErrUnreadable.
func Verify(path string, allowedSigners []byte, named Named) (Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return Report{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return Report{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	z, err := openDirectory(f, info.Size(), directoryLimits{maxDirectory, maxEntries})
	if err != nil {
		return Report{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	v := &verifier{zip: z, named: named, entries: map[string]*zip.File{}, conversations: map[string]map[string]bool{}}
	if v.checkSizes(info.Size()) {
		if err := v.run(allowedSigners); err != nil {
			return v.report, err
		}
		v.checkContainer(f, info.Size())
	}
	if v.problems > maxProblems {
		v.report.Problems = append(v.report.Problems, Problem{Altered, "", fmt.Sprintf("and %d more", v.problems-maxProblems)})
	}
	if v.problems > 0 {
		return v.report, fmt.Errorf("%w: %d problems, the first: %s", ErrAltered, v.problems, v.report.Problems[0])
	}
	return v.report, nil
}

// verifier holds one Verify.
// Named says how the records of a source name conversations: a conversation itself, a message
// the one it is part of; nothing where it names none. The sources know their fields (export.Named).
type Named func(d *dsr.Declared) func(kind dsr.RecordKind, rec *record.Value) []string

type verifier struct {
	zip           *zip.Reader
	named         Named
	entries       map[string]*zip.File
	manifest      manifest
	conversations map[string]map[string]bool // ids by folder of the source
	stubs         dsr.WithheldCount          // records that stand for what was left out
	report        Report
	problems      int // told or not
}

func (v *verifier) problem(kind ProblemKind, entry, format string, args ...any) {
	if v.problems++; v.problems > maxProblems {
		return
	}
	detail := fmt.Sprintf(format, args...)
	if len(detail) > maxDetail {
		detail = strings.ToValidUTF8(detail[:maxDetail], "") + "…"
	}
	v.report.Problems = append(v.report.Problems, Problem{kind, entry, detail})
}

func (v *verifier) run(allowedSigners []byte) error {
	v.report.Entries = len(v.zip.File)
	v.checkNames()
	text, ok := v.read(manifestName, v.manifestLimit())
	if err := v.checkSignature(text, ok, allowedSigners); err != nil {
		return err
	}
	if !ok || !v.readManifest(text) {
		return nil
	}
	if v.manifest.Version != manifestVersion {
		return fmt.Errorf("%w: its manifest is of version %d, this program knows %d", ErrUnreadable, v.manifest.Version, manifestVersion)
	}
	if n := len(v.manifest.Request.Sources); n > maxSources {
		v.problem(Altered, manifestName, "names %d sources; an archive has %d at most", n, maxSources)
		return nil
	}
	v.checkFiles()
	c, read := v.readCoverage()
	v.checkSources(c)
	if read {
		v.checkCoverage(c)
	}
	v.checkWithheld()
	return nil
}

// checkNames finds names that an archive cannot have, and those that are there twice.
func (v *verifier) checkNames() {
	seen := map[string]bool{}
	for _, f := range v.zip.File {
		folded := strings.ToLower(f.Name)
		switch {
		case seen[folded]:
			v.problem(Added, f.Name, "the name is there more than once")
		case !layout.MatchString(f.Name) || strings.Contains(f.Name, ".."):
			v.problem(Added, f.Name, "no archive has an entry of this name")
		default:
			v.entries[f.Name] = f
		}
		seen[folded] = true
	}
}

// Bounds of what is read into memory. The manifest of a million conversations has
// about 200 MB; a coverage has some hundred bytes for each range read.
const (
	maxManifest  = 1 << 30
	maxCoverage  = 64 << 20
	maxSignature = 64 << 10
)

// read returns the content of an entry, or reports why there is none.
func (v *verifier) read(name string, limit int64) ([]byte, bool) {
	f, ok := v.entries[name]
	if !ok {
		v.problem(Missing, name, "the entry is not there")
		return nil, false
	}
	r, err := f.Open()
	if err != nil {
		v.problem(Altered, name, "cannot be unpacked: %v", err)
		return nil, false
	}
	defer func() { _ = r.Close() }()
	text, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		v.problem(Altered, name, "cannot be unpacked: %v", err)
		return nil, false
	}
	if int64(len(text)) > limit {
		v.problem(Altered, name, "is larger than %d bytes", limit)
		return nil, false
	}
	return text, true
}

func (v *verifier) readManifest(text []byte) bool {
	if err := json.Unmarshal(text, &v.manifest); err != nil {
		v.problem(Altered, manifestName, "is not the JSON of a manifest")
		return false
	}
	m := v.manifest
	v.report.Request, v.report.Software = oneLine(m.Request.ID), oneLine(m.Software)
	if m.Request.Reference != nil {
		v.report.Reference = oneLine(*m.Request.Reference)
	}
	v.report.Conversations, v.report.Messages = m.Counts.Conversations, m.Counts.Messages
	return true
}

// checkFiles compares the entries with the manifest, both ways.
func (v *verifier) checkFiles() {
	listed := map[string]bool{manifestName: true, signatureName: true}
	for _, file := range v.manifest.Files {
		if listed[file.Name] {
			v.problem(Altered, manifestName, "names a file twice, or itself")
			continue
		}
		listed[file.Name] = true
		if f, ok := v.entries[file.Name]; ok {
			v.checkFile(f, file)
		} else {
			v.problem(Missing, file.Name, "the manifest names it, but it is not there")
		}
	}
	for _, f := range v.zip.File {
		if v.entries[f.Name] == f && !listed[f.Name] {
			v.problem(Added, f.Name, "the manifest does not name it")
		}
	}
}

// checkSources looks for the data files of every source and counts their records.
func (v *verifier) checkSources(c dsr.Coverage) {
	dirs := newNames()
	var counts manifestCounts
	listed := map[string]bool{}
	for _, f := range v.manifest.Files {
		listed[f.Name] = true
	}
	for _, source := range v.manifest.Request.Sources {
		dir := dirs.claim(source)
		whole := true
		for _, file := range dataFiles {
			name := dataPath(dir, file)
			if !listed[name] {
				v.problem(Missing, name, "a source that was asked has no such file")
			}
			whole = whole && v.entries[name] != nil
		}
		if whole {
			d := declarationIn(c, source)
			counts.Conversations += v.countConversations(dir, d)
			counts.Messages += v.countMessages(dir, d)
		}
	}
	if want := v.manifest.Counts; v.problems == 0 && (counts.Conversations != want.Conversations || counts.Messages != want.Messages) {
		v.problem(Counts, "", "the manifest counts %d conversations and %d messages, the records are %d and %d",
			v.manifest.Counts.Conversations, v.manifest.Counts.Messages, counts.Conversations, counts.Messages)
	}
}

// readCoverage reads what was searched, which says how records are to be read.
func (v *verifier) readCoverage() (c dsr.Coverage, read bool) {
	text, ok := v.read(coverageName, maxCoverage)
	if !ok {
		return c, false
	}
	if n := countsObjects(text); n > maxObjects {
		v.problem(Coverage, coverageName, "has %d objects and lists; a coverage has %d at most", n, maxObjects)
		return c, false
	}
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&c); err != nil {
		v.problem(Coverage, coverageName, "is not the JSON of a coverage")
		return dsr.Coverage{}, false
	}
	return c, true
}

// declarationIn is the one by which a source was searched; nil: none.
func declarationIn(c dsr.Coverage, source string) *dsr.Declared {
	for _, s := range c.Sources {
		if s.Name == source {
			return s.Declaration
		}
	}
	return nil
}

func (v *verifier) checkCoverage(c dsr.Coverage) {
	v.report.Complete = c.Complete
	if err := checkCoverage(c, v.manifest.Request.Sources); err != nil {
		v.problem(Coverage, coverageName, "%v", err)
	}
	if !sameCount(c.Withheld, v.manifest.Counts.Withheld) {
		v.problem(Counts, coverageName, "counts something else as left out than the manifest")
	}
	v.checkAttached(c)
}

// checkAttached holds the files that were fetched against the coverage: several addresses
// can lead to the same content, but not one to none.
func (v *verifier) checkAttached(c dsr.Coverage) {
	dirs, here := newNames(), map[string]int64{}
	for _, f := range v.manifest.Files {
		if rest, attached := strings.CutPrefix(f.Name, filesFolder); attached {
			dir, _, _ := strings.Cut(rest, "/")
			here[dir]++
		}
	}
	fetchedFrom := map[string]int64{}
	for _, s := range c.Sources {
		if s.Files != nil {
			fetchedFrom[s.Name] = s.Files.Fetched
		}
	}
	for _, source := range v.manifest.Request.Sources {
		dir, fetched := dirs.claim(source), fetchedFrom[source]
		if n := here[dir]; n > fetched || n == 0 && fetched > 0 {
			v.problem(Counts, filesFolder+dir, "holds %d files, the coverage counts %d", n, fetched)
		}
		delete(here, dir)
	}
	for dir := range here {
		v.problem(Added, filesFolder+dir, "is of no source that was asked")
	}
}

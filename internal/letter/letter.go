// Package letter writes the letters about a request, to be copied and sent by staff: the
// service itself sends nothing. It keeps true that a template which cannot be filled in is
// found before it is needed, and that a letter says of a request what is stored of it.
package letter

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
	"unicode/utf8"

	"dsr-server/internal/dsr"
)

// Kinds are the letters there are.
var Kinds = []string{"receipt", "clarification", "extension", "answer", "nothing", "partly", "refusal"}

//go:embed templates/*.txt
var builtIn embed.FS

// maxTemplate bounds a template of the operator's, maxLetter what becomes of it.
const (
	maxTemplate = 64 << 10
	maxLetter   = 256 << 10
)

// Set is a template for each kind and language.
type Set struct{ templates map[string]*template.Template }

// fileName is what the template of a kind and language is called.
func fileName(kind, language string) string { return kind + "." + language + ".txt" }

// shared is the name, in place of a kind, of what the letters of a language have in common.
const shared = "shared"

func fileNames() (names []string) {
	for _, language := range dsr.Languages {
		for _, kind := range append([]string{shared}, Kinds...) {
			names = append(names, fileName(kind, language))
		}
	}
	return names
}

// Load reads the templates: those of the program, and in their place those of the folder
// that have the same names; "" is none. Its error names every fault in the folder.
func Load(folder string) (*Set, error) {
	s := &Set{map[string]*template.Template{}}
	faults := unknownFiles(folder)
	for _, language := range dsr.Languages {
		faults = append(faults, s.loadLanguage(folder, language)...)
	}
	return s, errors.Join(faults...)
}

func (s *Set) loadLanguage(folder, language string) (faults []error) {
	fault := func(name string, err error) { faults = append(faults, fmt.Errorf("letters_dir: %s: %w", name, err)) }
	name := fileName(shared, language)
	text, err := readTemplate(folder, name)
	if err != nil {
		fault(name, err)
		return faults
	}
	common, err := template.New(name).Parse(text)
	if err != nil {
		fault(name, err)
		return faults
	}
	for _, kind := range Kinds {
		name := fileName(kind, language)
		if text, err = readTemplate(folder, name); err == nil {
			s.templates[name], err = parse(common, name, text)
		}
		if err != nil {
			fault(name, err)
		}
	}
	return faults
}

// readTemplate is the text of a template: the operator's, else the program's.
func readTemplate(folder, name string) (string, error) {
	text, err := builtIn.ReadFile("templates/" + name)
	if folder != "" {
		own, errOwn := readFile(filepath.Join(folder, name))
		if !errors.Is(errOwn, fs.ErrNotExist) {
			text, err = own, errOwn
		}
	}
	switch {
	case err != nil:
		return "", err
	case !utf8.Valid(text):
		return "", errors.New("is not UTF-8")
	case len(bytes.TrimSpace(text)) == 0:
		return "", errors.New("is empty; remove it for the text that the program has")
	}
	return strings.TrimPrefix(string(text), "\uFEFF"), nil
}

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxTemplate {
		return nil, fmt.Errorf("must be a file of at most %d bytes", maxTemplate)
	}
	return os.ReadFile(path)
}

// unknownFiles are faults: a name that is mistyped would leave the program's own text in
// use, and nobody would know.
func unknownFiles(folder string) (faults []error) {
	if folder == "" {
		return nil
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return []error{errors.New("letters_dir: is not a folder that can be read")}
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".txt") && !slices.Contains(fileNames(), e.Name()) {
			faults = append(faults, fmt.Errorf("letters_dir: %q is no letter; there are %s", e.Name(), strings.Join(fileNames(), ", ")))
		}
	}
	return faults
}

// parse reads a template and fills it in for every kind of request, so that a field that
// there is not shows now.
func parse(common *template.Template, name, text string) (*template.Template, error) {
	t, err := common.Clone()
	if err != nil {
		return nil, err
	}
	if t, err = t.New(name).Parse(text); err != nil {
		return nil, err
	}
	for _, f := range samples() {
		if _, err := fill(t, f); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func fill(t *template.Template, f Fields) ([]byte, error) {
	var out bounded
	if err := t.Execute(&out, f); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// bounded ends a letter that has no end.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxLetter {
		return 0, fmt.Errorf("the letter is longer than %d bytes", maxLetter)
	}
	return b.Buffer.Write(p)
}

// Write is the letter of a kind about r, in its language.
func (s *Set) Write(kind string, r dsr.Request, d dsr.Deadlines, today dsr.Day) ([]byte, error) {
	if err := Known(kind); err != nil {
		return nil, err
	}
	text, err := fill(s.templates[fileName(kind, languageOf(r))], FieldsOf(r, d, today))
	if err != nil {
		return nil, fmt.Errorf("write letter: %w", err)
	}
	return append(bytes.TrimRight(text, "\n"), '\n'), nil
}

// Known returns nil when there is such a kind of letter.
func Known(kind string) error {
	if !slices.Contains(Kinds, kind) {
		return dsr.FieldErrorf("kind", "must be one of: %s", strings.Join(Kinds, ", "))
	}
	return nil
}

package archive

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// comparedArchive is a verified archive open for reading.
type comparedArchive struct {
	zip      *zip.ReadCloser
	manifest manifest
	report   Report
	dirs     map[string]string // the folder of each source
}

func openCompared(path string, allowedSigners []byte, named Named) (*comparedArchive, error) {
	report, err := Verify(path, allowedSigners, named)
	if err != nil {
		return nil, err
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	a := &comparedArchive{zip: z, report: report, dirs: map[string]string{}}
	if err := a.readManifest(); err != nil {
		a.close()
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	folders := newNames()
	for _, source := range a.manifest.Request.Sources {
		a.dirs[source] = folders.claim(source)
	}
	return a, nil
}

func (a *comparedArchive) close() { _ = a.zip.Close() }

func (a *comparedArchive) readManifest() error {
	r, err := a.zip.Open(manifestName)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	return json.NewDecoder(io.LimitReader(r, maxManifest)).Decode(&a.manifest)
}

// records calls fn for each record of a source; a source that was not asked has none.
// It reads the tables, which name each record and its conversation in the same way
// whatever the vendor calls them, and hold the record itself, but for bytes that are no
// text.
func (a *comparedArchive) records(source string, kind recordKind, fn func(comparedRecord)) error {
	dir, asked := a.dirs[source]
	if !asked {
		return nil
	}
	r, err := a.zip.Open(dataPath(dir, kind.file))
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	return eachRow(r, []string{kind.conversation, idColumn, rawColumn}, func(values []string) error {
		if values[2] != "" { // the second side of a record has none
			fn(newCompared(values[0], values[1], values[2]))
		}
		return nil
	})
}

func newCompared(conversation, id, raw string) comparedRecord {
	r := comparedRecord{conversation: strings.Clone(conversation), sum: short([]byte(raw))} // the row is one string
	r.key = r.sum
	if id != "" {
		r.key = short([]byte(conversation + "\x00" + id))
	}
	return r
}

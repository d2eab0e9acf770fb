package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"dsr-server/internal/datadir"
	"dsr-server/internal/durable"
)

// describe lists the files of a folder, and makes their names durable.
func (m *Manifest) describe(ctx context.Context, dir string) error {
	m.Files = nil
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return durable.SyncDir(path)
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || name == manifestName {
			return err
		}
		size, sum, err := digest(ctx, path)
		m.Files = append(m.Files, File{filepath.ToSlash(name), size, sum})
		return err
	})
}

func digest(ctx context.Context, path string) (size int64, sum string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	size, err = io.Copy(h, reader{ctx, f})
	return size, hex.EncodeToString(h.Sum(nil)), err
}

// Read reads the manifest of a backup's folder and holds every file against it. Files that
// it does not name are an error too.
func Read(ctx context.Context, dir string) (m Manifest, err error) {
	body, err := os.ReadFile(filepath.Join(dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("%s is no backup: it has no %s", dir, manifestName)
	}
	if err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return m, fmt.Errorf("backup: %s: %w", manifestName, err)
	}
	var there Manifest
	if err := there.describe(ctx, dir); err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	return m, m.compare(there.Files)
}

// compare says how the files of a backup differ from those that it was made with.
func (m Manifest) compare(there []File) error {
	found := map[string]File{}
	for _, f := range there {
		found[f.Name] = f
	}
	var faults []error
	for _, f := range m.Files {
		switch now, ok := found[f.Name]; {
		case !restorable(f.Name):
			faults = append(faults, fmt.Errorf("the backup names a file that no backup has: %q", f.Name))
		case !ok:
			faults = append(faults, fmt.Errorf("%s is missing from the backup", f.Name))
		case now != f:
			faults = append(faults, fmt.Errorf("%s is not as it was written", f.Name))
		}
		delete(found, f.Name)
	}
	for name := range found {
		faults = append(faults, fmt.Errorf("%q is not part of the backup", name))
	}
	return errors.Join(faults...)
}

// restorable reports whether a name is one of those that lie in a data folder.
func restorable(name string) bool {
	if inner, ok := strings.CutPrefix(name, datadir.Archives+"/"); ok {
		return inner != "" && !strings.ContainsAny(inner, `/\`) && !strings.HasPrefix(inner, ".")
	}
	return name == datadir.Database || name == datadir.SigningKey || name == datadir.MasterKey
}

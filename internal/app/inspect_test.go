package app

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/config"
	"dsr-server/internal/datadir"
)

// TestOnlyWhatAnInspectionHasFoundIsTold: one that could not be made is an error of the
// sweep, which tries again, and nobody is told that the database is damaged or altered.
func TestOnlyWhatAnInspectionHasFoundIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		happens func(p *Program) error
		told    string // "": the inspection could not be made
	}{
		"a file that cannot be opened": {happens: func(p *Program) error {
			return os.Rename(filepath.Join(p.Config.DataDir, datadir.Database), filepath.Join(p.Config.DataDir, "elsewhere"))
		}},
		"a log that cannot be read": {happens: func(p *Program) error {
			p.inspected.file = time.Now()
			return p.Store.Close()
		}},
		"a damaged page": {told: "the database is damaged", happens: func(p *Program) error {
			if err := p.Store.Truncate(t.Context()); err != nil {
				return err
			}
			return spoil(filepath.Join(p.Config.DataDir, datadir.Database))
		}},
		"a planted row": {told: "was changed outside this program", happens: func(p *Program) error {
			_, err := p.Store.DB().ExecContext(t.Context(), `INSERT INTO tokens (name, role, hash, bootstrap, created_at) VALUES ('x', 'admin', x'00', 0, 0)`)
			return err
		}},
	} {
		p, err := OpenData(t.Context(), &config.Config{DataDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = p.Close() })
		var log bytes.Buffer
		p.env.Log = slog.New(slog.NewTextHandler(&log, nil))
		if err := c.happens(p); err != nil {
			t.Fatal(err)
		}
		good, err := p.inspect(t.Context())
		if good || (err == nil) != (c.told != "") || !strings.Contains(log.String(), c.told) || c.told == "" && log.Len() > 0 {
			t.Errorf("%s: good %t, error %v, told %q", name, good, err, log.String())
		}
	}
}

// spoil overwrites a page of the database's file.
func spoil(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteAt(bytes.Repeat([]byte("damage"), 600), 4*4096)
	return err
}

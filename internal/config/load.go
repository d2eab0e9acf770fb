package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// maxBytes is far above any configuration written by hand.
const maxBytes = 1 << 20

// Load reads the configuration file at path, lays the DSR_* variables of
// environ over it and checks everything. The error names every fault, one per line;
// neither it nor a warning repeats a value. Warnings are for the operator and are
// returned beside an error too.
func Load(path string, environ []string) (*Config, []Warning, error) {
	return loader{built: builtTypes, now: time.Now}.load(path, environ)
}

// loader holds what a test wants to set.
type loader struct {
	built []string // source types this version can read
	now   func() time.Time
}

func (l loader) load(path string, environ []string) (*Config, []Warning, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, nil, err
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, nil, fmt.Errorf("configuration %s: %w", path, err)
	}
	c, r := new(Config), newReport(path)
	env := readEnviron(environ, c, r)
	if decodeYAML(data, c, env, r) {
		env.apply(c, r)
		c.declare(r)
		c.fillDefaults(r.given)
		c.resolvePaths(folder)
		c.check(l, r)
		c.readSecrets(r)
	}
	if err := r.err(); err != nil {
		return nil, r.warnings, err
	}
	return c, r.warnings, nil
}

func readFile(path string) ([]byte, error) {
	if path == "" {
		return nil, errors.New("configuration: no file given; name it with --config")
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("configuration %s: the file does not exist; name it with --config (dsr.example.yaml is a start)", path)
	}
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	if len(data) > maxBytes {
		return nil, fmt.Errorf("configuration %s: is larger than %d bytes", path, maxBytes)
	}
	return data, nil
}

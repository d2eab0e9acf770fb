package ui

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
)

// assets are the files that pages load, read once. Their addresses carry the
// version, so that browsers may keep them until there is another.
type assets struct {
	files   map[string][]byte
	version string
}

func loadAssets(dir fs.FS) (assets, error) {
	a := assets{files: map[string][]byte{}}
	entries, err := fs.ReadDir(dir, ".") // sorted by name
	if err != nil {
		return a, fmt.Errorf("list assets: %w", err)
	}
	sum := sha256.New()
	for _, e := range entries {
		body, err := fs.ReadFile(dir, e.Name())
		if err != nil {
			return a, fmt.Errorf("read asset: %w", err)
		}
		a.files[e.Name()] = body
		_, _ = sum.Write(body) // a hash never fails
	}
	a.version = hex.EncodeToString(sum.Sum(nil))[:12]
	return a, nil
}

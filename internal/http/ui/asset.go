package ui

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/dsr"
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

// assetTypes are the kinds of assets there are; the system's own table is not asked,
// because it differs from machine to machine.
var assetTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
	".txt": "text/plain; charset=utf-8",
}

// asset serves one file to anybody.
func (p *pages) asset(w http.ResponseWriter, r *http.Request) {
	name := chi.URLParam(r, "file")
	body, ok := p.assets.files[name]
	kind, known := assetTypes[path.Ext(name)]
	if !ok || !known {
		p.edge.Fail(w, r, dsr.Errorf(dsr.NotFound, "not_found", "there is nothing at this address"))
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == p.assets.version {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	_, _ = w.Write(body) // what remains is a caller who has gone
}

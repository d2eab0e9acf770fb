package ui

import (
	"net/http"
	"path"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/dsr"
)

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

package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
)

//go:embed locales
var locales embed.FS

// Catalog returns what pages say in a language for each English text. It is put together
// from the files of locales/<language>, in which no text may stand twice with different
// words. English has none.
func Catalog(tag string) (map[string]string, error) {
	files, err := fs.Glob(locales, "locales/"+tag+"/*.json")
	if err != nil {
		return nil, fmt.Errorf("list catalogs: %w", err)
	}
	all := map[string]string{}
	for _, file := range files {
		body, err := fs.ReadFile(locales, file)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		var one map[string]string
		if err := json.Unmarshal(body, &one); err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		for english, theirs := range one {
			if before, twice := all[english]; twice && before != theirs {
				return nil, fmt.Errorf("%s: %q is said in two ways: %q and %q", file, english, before, theirs)
			}
			all[english] = theirs
		}
	}
	return all, nil
}

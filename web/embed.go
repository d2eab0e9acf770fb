// Package web holds the pages' templates and assets. It keeps true that everything
// a page loads is in the binary and that a template that does not parse is found
// when the program starts, not when somebody opens the page.
package web

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
)

//go:embed templates
var templates embed.FS

//go:embed static
var static embed.FS

// layout is the file that every page is set in; parts.html holds what pages share.
const (
	layout = "templates/layout.html"
	parts  = "templates/parts.html"
)

// Pages returns one template set per page, by the page's file name without ".html".
// Execute the template "layout" of a set.
func Pages(funcs template.FuncMap) (map[string]*template.Template, error) {
	files, err := fs.Glob(templates, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("list templates: %w", err)
	}
	pages := map[string]*template.Template{}
	for _, file := range files {
		if file == layout || file == parts {
			continue
		}
		set, err := template.New("").Funcs(funcs).Option("missingkey=error").ParseFS(templates, layout, parts, file)
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", file, err)
		}
		pages[strings.TrimSuffix(path.Base(file), ".html")] = set
	}
	return pages, nil
}

// Static is the folder of assets.
func Static() fs.FS {
	dir, err := fs.Sub(static, "static")
	if err != nil {
		panic(err) // the name above is a constant
	}
	return dir
}

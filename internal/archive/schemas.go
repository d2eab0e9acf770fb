package archive

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"dsr-server/docs"
)

// schemaPath is the entry that describes the files of a name.
func schemaPath(name string) string { return "schemas/" + name + ".json" }

const publishedSuffix = ".schema.json"

// writeSchemas writes what the files of JSON hold: those of the archive's own, and for each
// type of source what is known of its vendor's fields. They are the program's and of no record.
func (p *packer) writeSchemas(context.Context) error {
	own, err := publishedSchemas()
	if err != nil {
		return err
	}
	for _, name := range own {
		text, err := docs.Schemas.ReadFile(name + publishedSuffix)
		if err != nil {
			return fmt.Errorf("read the schema of %s: %w", name, err)
		}
		if err := p.addText(schemaPath(name), text); err != nil {
			return err
		}
	}
	for _, sourceType := range p.types() {
		if text := p.in.Describe(sourceType, p.texts.Lang); text != nil {
			if err := p.addText(schemaPath("records-"+sourceType), text); err != nil {
				return err
			}
		}
	}
	return nil
}

// publishedSchemas are the names of the entries that docs/ has schemas of, sorted.
func publishedSchemas() (names []string, err error) {
	paths, err := fs.Glob(docs.Schemas, "*"+publishedSuffix)
	for _, path := range paths {
		names = append(names, strings.TrimSuffix(path, publishedSuffix))
	}
	return names, err
}

// types are those of the sources, each once, sorted.
func (p *packer) types() (types []string) {
	for _, s := range p.sources {
		if s.coverage.Declaration == nil { // which says where things are, and not what they mean
			types = append(types, s.coverage.Type)
		}
	}
	slices.Sort(types)
	return slices.Compact(types)
}

func (p *packer) addText(name string, text []byte) error {
	return p.zip.add(name, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

package declared

import (
	"embed"
	"slices"
	"strings"

	"dsr-server/internal/dsr"
)

//go:embed *.yaml
var files embed.FS

// Names are those of the declarations that come with the program.
func Names() (names []string) {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // they are embedded
	}
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

// Shipped returns a declaration that comes with the program, as it is written. found is
// false of a name that none has.
func Shipped(name string) (text []byte, found bool) {
	if !slices.Contains(Names(), name) {
		return nil, false
	}
	text, err := files.ReadFile(name + ".yaml")
	if err != nil {
		panic(err) // it is embedded
	}
	return text, true
}

// shipped is what a declaration that comes with the program says. One that is not known is a
// fault of the key that names it.
func (f *faults) shipped(name string, line int, path string) *tree {
	text, found := Shipped(name)
	if !found {
		f.add(path, line, "no declaration of that name comes with the program; the nearest is %q, all are listed by: dsr-server sources", dsr.Nearest(name, Names()))
		return nil
	}
	t, err := plant(text)
	if err != nil {
		panic("declared: " + name + ".yaml " + err.Error()) // a test reads them all
	}
	return t
}

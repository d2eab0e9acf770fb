package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export/declared"
)

type sourcesCommand struct {
	Name string `arg:"" optional:"" help:"Print this declaration, as a start for your own; without a name: list them."`
}

// Run implements the command.
func (c sourcesCommand) Run() error {
	if c.Name == "" {
		return listDeclarations()
	}
	text, found := declared.Shipped(c.Name)
	if !found {
		return fmt.Errorf("no declaration called %q comes with this program; the nearest is %q, all are listed by: dsr-server sources", c.Name, dsr.Nearest(c.Name, declared.Names()))
	}
	_, err := os.Stdout.Write(text)
	return err
}

func listDeclarations() error {
	rows := [][]string{{"NAME", "VERSION", "SHA-256", "WHAT IT IS"}}
	for _, name := range declared.Names() {
		d, wrong := declared.Read(name, nil)
		if len(wrong) > 0 {
			return fmt.Errorf("the declaration %s: %s: %s", name, wrong[0].Path, wrong[0].Text)
		}
		rows = append(rows, []string{name, strconv.Itoa(d.Version), d.SHA256, titleOf(name)})
	}
	return table(rows)
}

// titleOf is what the first line of a declaration, a comment, says up to its first comma or colon.
func titleOf(name string) string {
	text, _ := declared.Shipped(name)
	first, _, _ := strings.Cut(string(text), "\n")
	first = strings.TrimSpace(strings.TrimPrefix(first, "#"))
	return first[:strings.IndexAny(first+":", ":(,")]
}

package main

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed dialogues
var dialogueFiles embed.FS

// dialogue is one conversation as written in dialogues/<locale>.txt: a line `# tags`, then
// one line per turn.
type dialogue struct {
	tags  []string
	turns []turn
}

// turn is one message. Who speaks: B the bot (options: offered below it), U the user
// typing, Q the user picking an option, F the user filling a form (text is JSON), A a
// person at the help desk.
type turn struct {
	who     byte
	text    string
	options []string
}

// readDialogues reads all dialogues by locale.
func readDialogues() (map[string][]dialogue, error) {
	files, err := fs.Glob(dialogueFiles, "dialogues/*.txt")
	if err != nil {
		return nil, err
	}
	out := map[string][]dialogue{}
	for _, file := range files {
		text, err := dialogueFiles.ReadFile(file)
		if err != nil {
			return nil, err
		}
		locale := strings.TrimSuffix(strings.TrimPrefix(file, "dialogues/"), ".txt")
		if out[locale], err = parseDialogues(string(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return out, nil
}

func parseDialogues(text string) ([]dialogue, error) {
	var out []dialogue
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		if tags, ok := strings.CutPrefix(line, "# "); ok {
			out = append(out, dialogue{tags: strings.Split(tags, ", ")})
			continue
		}
		who, said, ok := strings.Cut(line, ": ")
		if !ok || len(who) != 1 || !strings.Contains("BUQFAO", who) || len(out) == 0 {
			return nil, fmt.Errorf("line %q is no turn", line)
		}
		d := &out[len(out)-1]
		if who == "O" {
			d.turns[len(d.turns)-1].options = strings.Split(said, " | ")
			continue
		}
		if who != "F" {
			said = strings.NewReplacer(`\t`, "\t", `\r`, "\r", `\n`, "\n").Replace(said)
		}
		d.turns = append(d.turns, turn{who: who[0], text: said})
	}
	return out, nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"dsr-server/internal/app"
	"dsr-server/internal/config"
	"dsr-server/internal/dsr"
)

type extractCommand struct {
	Config             string   `help:"Configuration file." default:"dsr.yaml" type:"path" placeholder:"FILE"`
	Source             []string `help:"Source to search; may be repeated. Without it all are searched." sep:"none" placeholder:"S"`
	ConversationID     []string `name:"conversation-id" help:"Conversation to find by its id; may be repeated." sep:"none" placeholder:"X"`
	Metadata           []string `help:"Metadata value to find the person by, split at the first =; *=value is any key. May be repeated." sep:"none" placeholder:"KEY=VALUE"`
	Identifier         []string `help:"What is known of the person: an e-mail address, a phone number, an id, a name; recognised by its shape. May be repeated." sep:"none" placeholder:"X"`
	ConversationIDFile []string `name:"conversation-id-file" help:"File of conversation ids, one on each line; - is standard input. May be repeated. Others on the machine can see a command line, but not this file." sep:"none" placeholder:"F"`
	MetadataFile       []string `help:"File of metadata values (KEY=VALUE), one on each line; - is standard input. May be repeated. Others on the machine can see a command line, but not this file." sep:"none" placeholder:"F"`
	IdentifierFile     []string `help:"File of identifiers, one on each line; - is standard input. May be repeated. Others on the machine can see a command line, but not this file." sep:"none" placeholder:"F"`
	Match              string   `help:"How the metadata values compare: normalized (the default), exact, contains, phone." placeholder:"M"`
	Region             string   `help:"With --match phone: where numbers without a country code are dialled (ISO 3166); absent: the source's own." placeholder:"DE"`
	Start              string   `help:"Begin of the window: RFC 3339, or a date (midnight UTC)." placeholder:"T"`
	End                string   `help:"End of the window, which is not part of it." placeholder:"T"`
	Out                string   `help:"The ZIP to write." type:"path" placeholder:"F.zip"`
	Force              bool     `help:"Replace the file of --out if there is one."`
}

// exitHeld says that the archive is written, and that somebody has to look at it first:
// its search is not complete, or there is a warning.
const exitHeld exitError = 3

// Run implements the command: one request, from its submission to its archive, in a
// folder of its own that is gone afterwards.
func (c extractCommand) Run(ctx context.Context) error {
	return c.run(ctx, os.Stdout, os.Stderr)
}

func (c extractCommand) run(ctx context.Context, stdout io.Writer, stderr *os.File) (err error) {
	s := newScreen(stderr)
	defer s.clear()
	cfg, warnings, err := config.Load(c.Config, os.Environ())
	if err != nil {
		return err
	}
	for _, w := range warnings {
		s.say("warning: %s", shown(w.String()))
	}
	if err := c.readValues(os.Stdin); err != nil {
		return err
	}
	submission, err := c.submission(time.Now(), cfg)
	if err != nil {
		return err
	}
	out, err := newOutFile(c.Out, c.Force)
	if err != nil {
		return err
	}
	defer out.discard()
	app.CollectWithin(cfg)
	app.CollectOften()
	result, err := app.Extract(ctx, cfg, submission, out, s)
	if err != nil {
		return interrupted(ctx, err)
	}
	if err := out.commit(); err != nil {
		return err
	}
	s.clear()
	return printExtracted(stdout, c.Out, result)
}

// interrupted says in one sentence what Ctrl-C has done.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return errors.New("interrupted; nothing was written and nothing is left behind")
}

// readValues takes the values that are in files.
func (c *extractCommand) readValues(stdin io.Reader) (err error) {
	files := valueFiles{stdin: stdin}
	for _, from := range []struct {
		flag   string
		values *[]string
		files  []string
	}{{"identifier", &c.Identifier, c.IdentifierFile}, {"conversation-id", &c.ConversationID, c.ConversationIDFile}, {"metadata", &c.Metadata, c.MetadataFile}} {
		if *from.values, err = files.values(from.flag, *from.values, from.files); err != nil {
			return err
		}
	}
	return nil
}

// submission is the request that the flags ask for.
func (c extractCommand) submission(now time.Time, cfg *config.Config) (s dsr.Submission, err error) {
	if c.Out == "" {
		return s, errors.New("--out is missing: say where to write the archive")
	}
	if len(c.Identifier)+len(c.ConversationID)+len(c.Metadata) == 0 {
		return s, errors.New("give at least one --identifier, --conversation-id or --metadata, or a file of them (--identifier-file)")
	}
	s.Sources = c.Source
	for _, text := range c.Identifier {
		s.Selectors = append(s.Selectors, dsr.Selector{Identifier: text})
	}
	for _, id := range c.ConversationID {
		s.Selectors = append(s.Selectors, dsr.Selector{ConversationID: id})
	}
	for _, text := range c.Metadata {
		key, value, found := strings.Cut(text, "=")
		if !found {
			return s, errors.New("--metadata needs the form key=value (or *=value for any key)")
		}
		s.Selectors = append(s.Selectors, dsr.Selector{Metadata: &dsr.Metadata{Key: key, Value: value, Match: dsr.Match(c.Match), Region: c.Region}})
	}
	if s.Window.Start, err = moment("--start", c.Start); err != nil {
		return s, err
	}
	if s.Window.End, err = moment("--end", c.End); err != nil {
		return s, err
	}
	return s, s.Validate(now.UTC(), cfg.SourceNames(), cfg.SourceRegions()).Err()
}

func moment(flag, text string) (t time.Time, err error) {
	if text == "" {
		return t, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err = time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return t, fmt.Errorf("%s: is neither a time as in 2025-01-31T09:00:00Z nor a date as in 2025-01-31", flag)
}

// printExtracted says what is in the archive, and returns the exit status.
func printExtracted(w io.Writer, path string, e app.Extracted) error {
	found := e.Request.Result
	fmt.Fprintf(w, "%s  %s, %s, %s\n", shown(path), plural(int(found.Conversations), "conversation"), plural(int(found.Messages), "message"), plural(int(found.Archive.Size), "byte"))
	for _, warning := range e.Request.Warnings {
		why := warning.ForStaff()
		fmt.Fprintf(w, "WARNING: %s: %s\n", why.Code, shown(why.Detail))
	}
	for _, note := range e.Notes {
		fmt.Fprintf(w, "note: %s: %s\n", note.Code, shown(note.Detail))
	}
	printNear(w, e.Near)
	if e.Coverage.Complete {
		fmt.Fprintln(w, "the search is complete")
		if len(e.Request.Warnings) > 0 {
			fmt.Fprintln(w, "look at the result before you hand it out: it may not be one person's")
			return exitHeld
		}
		return nil
	}
	fmt.Fprintln(w, "the search is INCOMPLETE:")
	for _, s := range e.Coverage.Sources {
		for _, why := range s.Reasons {
			fmt.Fprintf(w, "  %s: %s: %s\n", s.Name, why.Code, shown(why.Detail))
		}
	}
	return exitHeld
}

// nearShown is how many near misses are worth a line on a screen.
const nearShown = 20

// printNear lists the conversations that hold something like what was asked for.
func printNear(w io.Writer, n dsr.NearMisses) {
	if n.Count() == 0 {
		return
	}
	fmt.Fprintf(w, "near misses: %s not in the archive, with something like what was asked for:\n", plural(int(n.Count()), "conversation"))
	lines := 0
	for _, miss := range n.Near {
		for _, p := range miss.Places {
			if lines++; lines > nearShown {
				fmt.Fprintln(w, "  and more")
				return
			}
			fmt.Fprintf(w, "  %s %s: %s %s: %s\n", miss.Source, shown(miss.ConversationID), shown(p.Path), p.Kind, shown(strings.Join(strings.Fields(p.Text), " ")))
		}
	}
	if n.Untold > 0 {
		fmt.Fprintf(w, "  and %d more\n", n.Untold)
	}
}

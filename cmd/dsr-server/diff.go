package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"

	"dsr-server/internal/archive"
	"dsr-server/internal/export"
)

type diffCommand struct {
	AllowedSigners string `help:"File with the public keys to accept, as ssh-keygen reads it." type:"existingfile" placeholder:"FILE"`
	Older          string `arg:"" help:"An archive." placeholder:"A.zip"`
	Newer          string `arg:"" help:"A later archive of the same person." placeholder:"B.zip"`
}

// Run implements the command.
func (c diffCommand) Run() error {
	allowed, err := readAllowed(c.AllowedSigners)
	if err != nil {
		return err
	}
	d, err := archive.Compare(c.Older, c.Newer, allowed, export.Named)
	if err != nil {
		fmt.Fprintln(os.Stderr, "dsr-server:", err)
		if errors.Is(err, archive.ErrAltered) {
			fmt.Fprintln(os.Stderr, "dsr-server: an altered archive is not compared; dsr-server verify names all that was altered")
		}
		return exitUnreadable
	}
	return printDiff(os.Stdout, d)
}

// exitDifferent is the status of diff when the archives differ.
const exitDifferent exitError = 1

// printDiff says what differs and returns the exit status that follows.
func printDiff(w io.Writer, d archive.Diff) error {
	for _, note := range d.Notes {
		fmt.Fprintln(w, "note         ", shown(note))
	}
	for _, s := range d.Sources {
		fmt.Fprintf(w, "source        %s: conversations %s; messages %s\n", shown(s.Name), changes(s.Conversations), changes(s.Messages))
		for _, c := range s.Details {
			fmt.Fprintf(w, "  %-11s %s: messages %s\n", verdict(c), printableID(c.ID), changes(c.Messages))
		}
	}
	if d.Same() {
		fmt.Fprintln(w, "SAME: both hold the same records")
		return nil
	}
	fmt.Fprintln(w, "DIFFERENT")
	return exitDifferent
}

func changes(c archive.Changes) string {
	return fmt.Sprintf("%d new, %d gone, %d changed", c.New, c.Gone, c.Changed)
}

func verdict(c archive.ConversationDiff) string {
	switch {
	case c.Record.New > 0 && c.Record.Gone == 0:
		return "new"
	case c.Record.Gone > 0 && c.Record.New == 0:
		return "gone"
	case c.Record != (archive.Changes{}):
		return "changed"
	}
	return "same record"
}

var tameID = regexp.MustCompile(`^[A-Za-z0-9._:@-]{1,128}$`)

// printableID shows an id so that nothing in it steers a terminal.
func printableID(id string) string {
	switch {
	case id == "":
		return "(without an id)"
	case tameID.MatchString(id):
		return id
	}
	quoted := fmt.Sprintf("%+q", id)
	return quoted[:min(len(quoted), 200)]
}

package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"dsr-server/internal/archive"
	"dsr-server/internal/export"
)

type verifyCommand struct {
	AllowedSigners string `help:"File with the public keys to accept, as ssh-keygen reads it (from GET /api/v1/signing-key)." type:"path" placeholder:"FILE"`
	Archive        string `arg:"" help:"The ZIP to check." placeholder:"F.zip"`
}

// Exit statuses of verify.
const (
	exitAltered    exitError = 1
	exitUnreadable exitError = 2
)

// Run implements the command.
func (c verifyCommand) Run() error {
	allowed, err := readAllowed(c.AllowedSigners)
	if err != nil {
		return err
	}
	report, err := archive.Verify(c.Archive, allowed, export.Named)
	return printReport(os.Stdout, report, err)
}

// readAllowed reads the public keys to accept; without a file there are none.
func readAllowed(file string) ([]byte, error) {
	if file == "" {
		return nil, nil
	}
	keys, err := os.ReadFile(file)
	if err != nil {
		fmt.Fprintln(os.Stderr, "dsr-server:", err)
		return nil, exitUnreadable
	}
	return keys, nil
}

// printReport says what was found and returns the exit status that follows.
func printReport(w io.Writer, r archive.Report, err error) error {
	if errors.Is(err, archive.ErrUnreadable) {
		fmt.Fprintln(os.Stderr, "dsr-server:", err)
		return exitUnreadable
	}
	for _, p := range r.Problems {
		fmt.Fprintln(w, shown(p.String()))
	}
	if err != nil {
		fmt.Fprintln(w, "ALTERED: this is not the archive that was made")
		return exitAltered
	}
	fmt.Fprintf(w, "request      %s\nmade by      %s\nentries      %d\nrecords      %d conversations, %d messages\n",
		shown(r.Request), shown(r.Software), r.Entries, r.Conversations, r.Messages)
	fmt.Fprintf(w, "search       %s\n", map[bool]string{true: "complete", false: "INCOMPLETE; coverage.json says why"}[r.Complete])
	fmt.Fprintf(w, "signed with  %s\n", r.Fingerprint)
	if !r.SignerChecked {
		fmt.Fprintln(w, "UNCHANGED, but signer not checked: give --allowed-signers with a key file that did not come with the archive")
		return nil
	}
	fmt.Fprintln(w, "GOOD: every entry is as it was made")
	return nil
}

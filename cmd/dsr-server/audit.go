package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"

	"dsr-server/internal/audit"
	"dsr-server/internal/config"
	"dsr-server/internal/datadir"
	"dsr-server/internal/sign"
	"dsr-server/internal/store"
)

type auditCommand struct {
	Verify auditVerifyCommand `cmd:"" help:"Recompute the audit log from the database, and compare requests, receipts, people, tokens and links with it. Exit status: 0 good, 1 altered, 2 unreadable."`
}

type auditVerifyCommand struct {
	configFlag
	Checkpoint []string `help:"A checkpoint that was kept elsewhere (GET /api/v1/audit/checkpoint): the log must begin with it." type:"existingfile" placeholder:"FILE"`
}

// Run implements the command. It may run beside a serve and changes nothing.
func (c auditVerifyCommand) Run(ctx context.Context) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	known, err := c.known(cfg)
	if err == nil {
		var tree tlog.Tree
		tree, err = store.VerifyAudit(ctx, cfg.DataDir, known...)
		return printAudit(os.Stdout, tree, len(known), err)
	}
	return printAudit(os.Stdout, tlog.Tree{}, 0, err)
}

// known reads the checkpoints that were kept; one that this service has not signed is
// none.
func (c auditVerifyCommand) known(cfg *config.Config) (known []tlog.Tree, err error) {
	for _, path := range c.Checkpoint {
		signer, err := sign.Load(filepath.Join(cfg.DataDir, datadir.SigningKey))
		if err != nil {
			return nil, err
		}
		signed, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		text, err := signer.OpenCheckpoint(signed)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		_, tree, err := audit.ParseCheckpoint(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		known = append(known, tree)
	}
	return known, nil
}

// printAudit says what was found and returns the exit status that follows.
func printAudit(w io.Writer, tree tlog.Tree, known int, err error) error {
	if altered, ok := errors.AsType[*audit.AlteredError](err); ok {
		fmt.Fprintln(w, "ALTERED:", altered)
		return exitAltered
	}
	if e, ok := errors.AsType[*audit.DisagreementError](err); ok {
		for _, problem := range e.Problems {
			fmt.Fprintln(w, "ALTERED:", problem)
		}
		return exitAltered
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dsr-server:", err)
		return exitUnreadable
	}
	fmt.Fprintf(w, "events       %d\nroot         %s\n", tree.N, base64.StdEncoding.EncodeToString(tree.Hash[:]))
	if known == 0 {
		fmt.Fprintln(w, "no checkpoint given: a log that was cut at its end or wholly rewritten looks whole without one")
	}
	fmt.Fprintln(w, "GOOD: every event is as it was written, and requests, receipts, people, tokens and links are as the log says")
	return nil
}

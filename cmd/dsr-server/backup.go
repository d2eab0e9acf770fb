package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"dsr-server/internal/app"
	"dsr-server/internal/backup"
)

type backupCommand struct {
	configFlag
	Out           string   `help:"Where the backup goes: a folder that is not there yet, or with --recipient a file." required:"" type:"path" placeholder:"PATH"`
	WithMasterKey bool     `help:"Copy master.key too. Whoever has such a backup has everything; without this flag, keep the key elsewhere."`
	Recipient     []string `help:"Encrypt the backup to this age recipient (age1…). Repeatable." placeholder:"RECIPIENT"`
}

// Run implements the command. It may run beside a serve.
func (c backupCommand) Run(ctx context.Context) (err error) {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	var recipients []age.Recipient
	if len(c.Recipient) > 0 {
		if recipients, err = age.ParseRecipients(strings.NewReader(strings.Join(c.Recipient, "\n"))); err != nil {
			return fmt.Errorf("--recipient: %w", err)
		}
	}
	p, err := app.OpenData(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	m, err := p.Backup(ctx, c.Out, c.WithMasterKey, recipients)
	if err != nil {
		return err
	}
	fmt.Printf("%s: a backup of %s, restored for a try\n", shown(c.Out), plural(len(m.Files), "file"))
	printBackup(m)
	return nil
}

// printBackup says what the backup does not hold.
func printBackup(m backup.Manifest) {
	for _, name := range m.Needs {
		fmt.Printf("not in it: %s; keep a copy of it elsewhere, without it the backup cannot be opened\n", shown(name))
	}
	if len(m.Missing) > 0 {
		fmt.Printf("not in it: %s that had been lost before\n", plural(len(m.Missing), "archive"))
	}
}

// backupFlags name a backup to read.
type backupFlags struct {
	Identity  string `help:"The file with the age identity that opens an encrypted backup." type:"existingfile" placeholder:"FILE"`
	MasterKey string `help:"The master key of the time of the backup, if it is not in it." type:"existingfile" placeholder:"FILE"`
}

func (f backupFlags) from(path string) (backup.From, error) {
	from := backup.From{Path: path, MasterKey: f.MasterKey}
	if f.Identity == "" {
		return from, nil
	}
	file, err := os.Open(f.Identity)
	if err != nil {
		return from, fmt.Errorf("--identity: %w", err)
	}
	defer func() { _ = file.Close() }()
	if from.Identities, err = age.ParseIdentities(file); err != nil {
		return from, fmt.Errorf("--identity: %w", err)
	}
	return from, nil
}

type restoreCommand struct {
	configFlag
	backupFlags
	From string `help:"The backup: a folder, or an encrypted file." required:"" type:"path" placeholder:"PATH"`
}

// Run implements the command: the configured data folder has to be empty.
func (c restoreCommand) Run(ctx context.Context) (err error) {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	from, err := c.from(c.From)
	if err != nil {
		return err
	}
	dir, m, closing, err := from.Open(ctx, filepath.Dir(cfg.DataDir))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	if err := backup.Restore(ctx, dir, m, cfg.DataDir, c.MasterKey); err != nil {
		return err
	}
	fmt.Printf("%s holds the backup of %s\n", shown(cfg.DataDir), m.MadeAt.Format("2 January 2006, 15:04 MST"))
	if !from.HasMasterKey(m) {
		fmt.Println("still missing: put the master.key of that time into it, then run: dsr-server check")
		return nil
	}
	if err := app.LookAt(ctx, cfg, cfg.DataDir, m); err != nil {
		return err
	}
	printBackup(backup.Manifest{Missing: m.Missing})
	fmt.Println("database, audit log and archives are whole; what to look after before the start: docs/runbook.md, \"Backup and restore\"")
	return nil
}

// checkBackup is check for a backup instead of the data folder.
func checkBackup(ctx context.Context, c checkCommand) (err error) {
	cfg, err := configFlag{c.Config}.load()
	if err != nil {
		return err
	}
	from, err := c.from(c.Backup)
	if err != nil {
		return err
	}
	dir, m, closing, err := from.Open(ctx, filepath.Dir(c.Backup))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	fmt.Printf("ok            the backup of %s: %s as they were written\n", m.MadeAt.Format("2 January 2006, 15:04 MST"), plural(len(m.Files), "file"))
	if !from.HasMasterKey(m) {
		fmt.Println("warning       not opened: name the master key of that time (--master-key)")
		return nil
	}
	if err := app.TryBackup(ctx, cfg, dir, c.MasterKey); err != nil {
		return err
	}
	fmt.Println("ok            restored for a try: database, audit log and archives are whole")
	return nil
}

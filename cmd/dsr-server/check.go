package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"dsr-server/internal/app"
	"dsr-server/internal/audit"
	"dsr-server/internal/config"
	"dsr-server/internal/dsr"
	"dsr-server/internal/store"
)

type checkCommand struct {
	Config string `help:"Configuration file." default:"dsr.yaml" type:"path" placeholder:"FILE"`
	Backup string `help:"Check this backup instead: every file, and where there is a master key by restoring it for a try." type:"path" placeholder:"PATH"`
	backupFlags
}

// Run implements the command: configuration, data folder, then every source. It may
// run beside a serve: it waits for the host's lease then, and says so.
func (c checkCommand) Run(ctx context.Context) (err error) {
	if c.Backup != "" {
		return checkBackup(ctx, c)
	}
	cfg, warnings, err := config.Load(c.Config, os.Environ())
	if err != nil {
		return err
	}
	for _, w := range warnings {
		fmt.Println("warning      ", shown(w.String()))
	}
	for _, w := range cfg.MissingInformation() {
		fmt.Println("warning      ", shown(w.String()))
	}
	fmt.Println("ok            configuration")
	app.CollectWithin(cfg)
	p, err := app.OpenBeside(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if err := errors.Join(p.Store.Ready(ctx), p.Vault.Check()); err != nil {
		return err
	}
	fmt.Println("ok            database and archive folder in", cfg.DataDir)
	good, err := printDatabase(ctx, p, os.Stdout)
	if err != nil {
		return err
	}
	whole, err := printArchives(ctx, p, os.Stdout)
	if err != nil {
		return err
	}
	good = printLetters(p, os.Stdout) && whole && good
	for _, s := range cfg.Sources {
		ok, err := checkSource(ctx, p, os.Stdout, s.Name)
		if err != nil {
			return err
		}
		good = good && ok
	}
	if !good {
		return exitError(1)
	}
	return nil
}

// printDatabase reads the database through, and the log with what it speaks of. What could
// not be looked at is an error, not BAD.
func printDatabase(ctx context.Context, p *app.Program, w io.Writer) (good bool, err error) {
	good = true
	if why := p.Store.ClockDoubt(); why != "" {
		fmt.Fprintf(w, "warning       %s: is the clock right? While it is in doubt nothing is deleted by plan; see the runbook, \"The clock\"\n", why)
	}
	for _, c := range []struct {
		check      func(context.Context) error
		ok, remedy string
	}{
		{p.Store.CheckDamage, "database: no page is damaged", `see the runbook, "Damage"`},
		{p.Store.CheckLog, "audit log: unaltered, and the database agrees with it", "run dsr-server audit verify: it names each difference"},
	} {
		err := c.check(ctx)
		switch {
		case err == nil:
			fmt.Fprintln(w, "ok           ", c.ok)
		case errors.Is(err, store.ErrDamaged) || audit.Found(err):
			fmt.Fprintf(w, "BAD           %v; %s\n", err, c.remedy)
			good = false
		default:
			return false, fmt.Errorf("check %s: %w", c.ok, err)
		}
	}
	return good, nil
}

// printArchives prints what in the archive folder does not agree with the database;
// good is false when an archive is missing.
func printArchives(ctx context.Context, p *app.Program, w io.Writer) (good bool, err error) {
	found, err := p.SurveyArchives(ctx)
	if err != nil {
		return false, err
	}
	if found.Unknown > 0 {
		fmt.Fprintf(w, "warning       the archive folder holds %s that this database has not made; see the runbook, \"Files nobody knows\"\n", plural(found.Unknown, "file"))
	}
	if found.Missing > 0 {
		fmt.Fprintf(w, "BAD           %s named in the database and missing from the archive folder; restore from the backup\n", plural(found.Missing, "archive"))
	}
	return found.Missing == 0, nil
}

// printLetters prints what is wrong with the operator's templates of letters.
func printLetters(p *app.Program, w io.Writer) (good bool) {
	err := p.CheckLetters()
	if err == nil {
		fmt.Fprintln(w, "ok            letters")
		return true
	}
	for fault := range strings.Lines(err.Error()) {
		fmt.Fprintf(w, "BAD           %s\n", shown(strings.TrimSpace(fault)))
	}
	return false
}

// checkSource prints the findings of one source and reports whether all are good.
func checkSource(ctx context.Context, p *app.Program, w io.Writer, name string) (good bool, err error) {
	findings, err := p.Check(ctx, w, name)
	if err != nil {
		return false, err
	}
	good = true
	for _, f := range findings {
		good = good && f.OK
		printFinding(w, name, f)
	}
	return good, nil
}

func printFinding(w io.Writer, source string, f dsr.Finding) {
	verdict := "ok"
	if !f.OK {
		verdict = "BAD"
	}
	fmt.Fprintf(w, "%-13s %s: %s\n", verdict, source, shown(f.Text))
	if f.Advice != "" {
		fmt.Fprintf(w, "              %s\n", shown(f.Advice))
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/jobs"
	"dsr-server/internal/store"
)

type checkCommand struct {
	Config string `help:"Configuration file." default:"dsr.yaml" type:"path" placeholder:"FILE"`
}

// Run implements the command: configuration, data folder, then every source. It may
// run beside a serve: it waits for the host's lease then, and says so.
func (c checkCommand) Run(ctx context.Context) (err error) {
	cfg, warnings, err := LoadConfig(c.Config, os.Environ())
	if err != nil {
		return err
	}
	for _, w := range warnings {
		fmt.Println("warning      ", w)
	}
	for _, w := range cfg.MissingInformation() {
		fmt.Println("warning      ", w)
	}
	fmt.Println("ok            configuration")
	p, err := openBeside(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if err := errors.Join(p.store.Ready(ctx), p.vault.Check()); err != nil {
		return err
	}
	fmt.Println("ok            database and archive folder in", cfg.DataDir)
	good := true
	for _, s := range cfg.Sources {
		ok, err := p.checkSource(ctx, os.Stdout, s.Name)
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

// openBeside opens what a command needs of a Program that may be serving: everything
// but the lock, the listener and the workers.
func openBeside(ctx context.Context, cfg *Config) (*Program, error) {
	p := newProgram(cfg, Env{})
	if err := p.openData(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	p.openQueue(jobs.Command)
	return p, nil
}

// checkSource prints the findings of one source; ok is false when one is bad.
func (p *Program) checkSource(ctx context.Context, w io.Writer, name string) (ok bool, err error) {
	s, _ := p.fulfil.Source(name)
	lease, err := p.acquire(ctx, w, s.Lane)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, lease.Release(ctx)) }()
	findings, err := p.fulfil.Check(lease.Context(), lease, name)
	if err != nil {
		return false, fmt.Errorf("check %s: %w", name, err)
	}
	ok = true
	for _, f := range findings {
		ok = ok && f.OK
		printFinding(w, name, f)
	}
	return ok, nil
}

func printFinding(w io.Writer, source string, f dsr.Finding) {
	verdict := "ok"
	if !f.OK {
		verdict = "BAD"
	}
	fmt.Fprintf(w, "%-13s %s: %s\n", verdict, source, f.Text)
	if f.Advice != "" {
		fmt.Fprintf(w, "              %s\n", f.Advice)
	}
}

// acquire takes the lease of a host, waiting as long as another process holds it.
func (p *Program) acquire(ctx context.Context, w io.Writer, lane string) (*jobs.Lease, error) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for said := false; ; said = true {
		lease, err := p.queue.Acquire(ctx, store.JobLane, lane)
		if err == nil {
			if lease.TakenOver {
				rest(lease.Context(), p.fulfil.Memory(lane)) // the calls of a holder that vanished
				lease.Settled()
			}
			return lease, nil
		}
		if !errors.Is(err, jobs.ErrBusy) {
			return nil, err
		}
		if !said {
			fmt.Fprintf(w, "waiting       another process is reading from %s\n", lane)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func rest(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

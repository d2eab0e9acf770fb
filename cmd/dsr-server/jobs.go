package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"dsr-server/internal/app"
	"dsr-server/internal/jobs"
	"dsr-server/internal/store"
)

type jobsCommand struct {
	List   jobsListCommand   `cmd:"" default:"withargs" help:"List the queue, dead jobs first; the same as jobs alone."`
	Revive jobsReviveCommand `cmd:"" help:"Try dead jobs again, and retry the requests that failed with them."`
}

type jobsListCommand struct{ configFlag }

// Run implements the command.
func (c jobsListCommand) Run(ctx context.Context) error {
	return c.withStore(ctx, func(s *store.Store) error {
		all, err := s.Jobs(ctx)
		if err != nil {
			return err
		}
		return table(jobRows(all, time.Now()))
	})
}

func jobRows(all []jobs.Entry, now time.Time) [][]string {
	rows := [][]string{{"ID", "KIND", "ABOUT", "STATE", "SINCE", "ATTEMPTS", "STALLS", "LAST ERROR"}}
	for _, e := range all {
		rows = append(rows, []string{
			strconv.FormatInt(e.ID, 10), e.Kind, e.Key, jobState(e, now), e.UpdatedAt.Format(time.RFC3339),
			fmt.Sprintf("%d of %d", e.Attempts, e.MaxAttempts), strconv.Itoa(e.Stalls), cmp.Or(oneLine(e.LastError), "-"),
		})
	}
	return rows
}

// jobState is the state as an operator needs it: a due job may have to wait for its time.
func jobState(e jobs.Entry, now time.Time) string {
	switch {
	case e.State == jobs.Due && e.RunAt.After(now):
		return "waits until " + e.RunAt.Format(time.RFC3339)
	case e.State == jobs.Running:
		return "running in a " + string(e.Owner)
	default:
		return string(e.State)
	}
}

// oneLine keeps a text from breaking the table.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

type jobsReviveCommand struct {
	configFlag
	ID []int64 `arg:"" help:"Number of a dead job, as jobs lists it."`
}

// Run implements the command. It may run beside a serve, whose workers look for work
// every second.
func (c jobsReviveCommand) Run(ctx context.Context) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	p, err := app.OpenBeside(ctx, cfg)
	if err != nil {
		return err
	}
	for _, id := range c.ID {
		if err = reviveJob(ctx, os.Stdout, p, id); err != nil {
			break
		}
	}
	return errors.Join(err, p.Close())
}

func reviveJob(ctx context.Context, w io.Writer, p *app.Program, id int64) error {
	requests, err := p.Store.ReviveJob(ctx, operator, id, p.Fulfil.SourcesOn)
	if err != nil {
		return err
	}
	again := "none"
	if len(requests) > 0 {
		again = strings.Join(requests, ", ")
	}
	_, err = fmt.Fprintf(w, "job %d is tried again; requests retried: %s\n", id, again)
	return err
}

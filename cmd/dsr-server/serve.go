package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"dsr-server/internal/app"
	"dsr-server/internal/config"
)

type serveCommand struct {
	Config string `help:"Configuration file." default:"dsr.yaml" type:"path" placeholder:"FILE"`
}

// Run implements the command. The service outlives the terminal that it was started from
// and whoever reads its log. Why it ends is the last line of the log, or, where somebody
// is looking, plain text.
func (c serveCommand) Run(ctx context.Context) error {
	signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE)
	log := app.NewLog(os.Stderr, slog.LevelInfo)
	err := c.serve(ctx, log)
	if err == nil || term.IsTerminal(int(os.Stderr.Fd())) {
		return err
	}
	app.LogEnd(log, err)
	return exitError(1)
}

func (c serveCommand) serve(ctx context.Context, log *slog.Logger) (err error) {
	cfg, warnings, err := config.Load(c.Config, os.Environ())
	if err != nil {
		return err
	}
	for _, w := range warnings {
		log.WarnContext(ctx, "configuration", slog.String("key", w.Path), slog.String("warning", w.Text))
	}
	app.CollectWithin(cfg)
	p, err := app.Open(ctx, cfg, app.Env{Log: log, Manager: app.ManagerOf(os.Getenv)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	log.InfoContext(ctx, "listening", slog.String("url", p.URL()))
	token, err := p.SetupToken(ctx)
	if err != nil {
		return err
	}
	if token != "" {
		fmt.Printf("Nobody can sign in yet. Make the first account at %s/setup with this one-time token:\n\n  %s\n\n", p.URL(), token)
	}
	return p.Run(ctx)
}

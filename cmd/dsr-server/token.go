package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"dsr-server/internal/app"
	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
	"dsr-server/internal/store"
)

type tokenCommand struct {
	Add    tokenAddCommand    `cmd:"" help:"Make an API token and print its secret, once."`
	List   tokenListCommand   `cmd:"" help:"List the API tokens."`
	Revoke tokenRevokeCommand `cmd:"" help:"Revoke an API token; its next call is refused."`
}

// operator is who acts on the command line: whoever may read the data folder.
var operator = dsr.Principal{ID: "command", Name: "command line", Role: dsr.Admin}

// withStore opens the store for a command that may run beside a serve.
func (c configFlag) withStore(ctx context.Context, f func(*store.Store) error) (err error) {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	p, err := app.OpenData(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	return f(p.Store)
}

// table prints rows in columns.
func table(rows [][]string) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	for _, row := range rows {
		for _, cell := range row {
			fmt.Fprint(w, cell, "\t")
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

type tokenAddCommand struct {
	configFlag
	Role string `help:"What the token may do." enum:"requester,approver,auditor,admin" required:""`
	Name string `arg:"" help:"Name of the token, as the audit log shows it."`
}

// Run implements the command.
func (c tokenAddCommand) Run(ctx context.Context) error {
	if err := dsr.CheckToken(c.Name, dsr.Role(c.Role)); err != nil {
		return err
	}
	return c.withStore(ctx, func(s *store.Store) error {
		secret := auth.NewToken()
		if _, err := s.CreateToken(ctx, operator, c.Name, dsr.Role(c.Role), auth.HashToken(secret)); err != nil {
			return err
		}
		_, err := fmt.Println(secret)
		return err
	})
}

type tokenListCommand struct{ configFlag }

// Run implements the command.
func (c tokenListCommand) Run(ctx context.Context) error {
	return c.withStore(ctx, func(s *store.Store) error {
		tokens, err := s.Tokens(ctx)
		if err != nil {
			return err
		}
		rows := [][]string{{"NAME", "ROLE", "MADE", "FROM"}}
		for _, t := range tokens {
			from := "command or API"
			if t.Bootstrap {
				from = "configuration"
			}
			rows = append(rows, []string{t.Name, string(t.Role), t.CreatedAt.Format(time.DateOnly), from})
		}
		return table(rows)
	})
}

type tokenRevokeCommand struct {
	configFlag
	Name string `arg:"" help:"Name of the token."`
}

// Run implements the command.
func (c tokenRevokeCommand) Run(ctx context.Context) error {
	return c.withStore(ctx, func(s *store.Store) error { return s.RevokeToken(ctx, operator, c.Name) })
}

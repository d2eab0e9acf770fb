package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
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
	Rotate tokenRotateCommand `cmd:"" help:"Give an API token another secret and print it, once."`
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
	Role    string   `help:"What the token may do." enum:"requester,approver,auditor,admin" required:""`
	Scope   []string `help:"Confine it to a part of that: submit, own, read, archives or metrics. May be repeated."`
	Expires string   `help:"Its end, as 2026-12-31 or RFC 3339."`
	Name    string   `arg:"" help:"Name of the token, as the audit log shows it."`
}

// Run implements the command.
func (c tokenAddCommand) Run(ctx context.Context) error {
	secret := auth.NewToken()
	n := dsr.NewToken{Name: c.Name, Role: dsr.Role(c.Role), Hash: auth.HashToken(secret)}
	var err error
	if n.Scopes, err = dsr.NormalScopes("scope", c.Scope); err != nil {
		return err
	}
	if n.ExpiresAt, err = parseExpiry(c.Expires); err != nil {
		return err
	}
	return c.withStore(ctx, func(s *store.Store) error {
		if _, err := s.CreateToken(ctx, operator, n); err != nil {
			return err
		}
		_, err := fmt.Println(secret)
		return err
	})
}

// parseExpiry reads the end of a token, a day being over with its first second in UTC; zero
// where there is none.
func parseExpiry(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("--expires is neither a date (2026-12-31) nor a time with its zone (2026-12-31T00:00:00Z)")
}

type tokenRotateCommand struct {
	configFlag
	Overlap time.Duration `help:"How long the secret before opens as well; 720h at most." default:"24h"`
	Expires string        `help:"Another end of the token, as 2026-12-31 or RFC 3339."`
	Name    string        `arg:"" help:"Name of the token."`
}

// Run implements the command.
func (c tokenRotateCommand) Run(ctx context.Context) error {
	expires, err := parseExpiry(c.Expires)
	if err != nil {
		return err
	}
	return c.withStore(ctx, func(s *store.Store) error {
		secret := auth.NewToken()
		if _, err := s.RotateToken(ctx, operator, c.Name, dsr.Rotation{Hash: auth.HashToken(secret), Overlap: c.Overlap, ExpiresAt: expires}); err != nil {
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
		rows := [][]string{{"NAME", "ROLE", "SCOPES", "MADE", "FROM", "EXPIRES"}}
		for _, t := range tokens {
			rows = append(rows, tokenCells(t))
		}
		return table(rows)
	})
}

func tokenCells(t dsr.Token) []string {
	from, scopes, expires := "command or API", "all", "never"
	if t.Bootstrap {
		from = "configuration"
	}
	if len(t.Scopes) > 0 {
		scopes = strings.Join(dsr.ScopeTexts(t.Scopes), " ")
	}
	if !t.ExpiresAt.IsZero() {
		expires = t.ExpiresAt.Format(time.RFC3339)
	}
	return []string{t.Name, string(t.Role), scopes, t.CreatedAt.Format(time.DateOnly), from, expires}
}

type tokenRevokeCommand struct {
	configFlag
	Name string `arg:"" help:"Name of the token."`
}

// Run implements the command.
func (c tokenRevokeCommand) Run(ctx context.Context) error {
	return c.withStore(ctx, func(s *store.Store) error { return s.RevokeToken(ctx, operator, c.Name) })
}

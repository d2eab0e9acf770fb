package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
	"dsr-server/internal/store"
)

type userCommand struct {
	Add     userAddCommand     `cmd:"" help:"Add somebody who can sign in; the password is read from standard input."`
	List    userListCommand    `cmd:"" help:"List who can sign in."`
	Disable userDisableCommand `cmd:"" help:"Close an account: end its sessions and refuse its sign-in."`

	Password userPasswordCommand `cmd:"" help:"Set another password for an account, read from standard input, and end its sessions."`

	SecondFactor userSecondFactorCommand `cmd:"" help:"Remove the second factor of an account, as when its device is lost."`
}

type userAddCommand struct {
	configFlag
	Name  string `help:"Name that colleagues see; without it the login."`
	Role  string `help:"What they may do." enum:"requester,approver,auditor,admin" required:""`
	Login string `arg:"" help:"What they type to sign in."`
}

// Run implements the command.
func (c userAddCommand) Run(ctx context.Context) error {
	person, faults := dsr.NewPerson(c.Login, c.Name, dsr.Role(c.Role))
	if err := faults.Err(); err != nil {
		return err
	}
	password, err := askPassword()
	if err != nil {
		return err
	}
	return c.withStore(ctx, func(s *store.Store) error { return addPerson(ctx, s, person, password) })
}

func askPassword() (string, error) {
	fmt.Fprintln(os.Stderr, "password (one line):")
	return readPassword(os.Stdin)
}

// readPassword takes the first line, so that a password can be typed or piped.
func readPassword(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 1<<12)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func addPerson(ctx context.Context, s *store.Store, person dsr.Person, password string) error {
	var err error
	if person.PasswordHash, err = hashPassword(ctx, person.Login, password); err != nil {
		return err
	}
	_, err = s.CreatePerson(ctx, operator, person)
	return err
}

func hashPassword(ctx context.Context, login, password string) (string, error) {
	if err := auth.CheckPassword(login, password).Err(); err != nil {
		return "", err
	}
	return auth.NewHasher(auth.DefaultKiB).Hash(ctx, password)
}

type userListCommand struct{ configFlag }

// Run implements the command.
func (c userListCommand) Run(ctx context.Context) error {
	return c.withStore(ctx, func(s *store.Store) error {
		people, err := s.Colleagues(ctx)
		if err != nil {
			return err
		}
		rows := [][]string{{"LOGIN", "NAME", "ROLE", "STATE"}}
		for _, p := range people {
			state := "active"
			switch {
			case p.Disabled:
				state = "disabled"
			case !p.InvitedUntil.IsZero():
				state = "invited"
			}
			rows = append(rows, []string{p.Login, p.Name, string(p.Role), state})
		}
		return table(rows)
	})
}

type userDisableCommand struct {
	configFlag
	Login string `arg:"" help:"What they typed to sign in."`
}

// Run implements the command.
func (c userDisableCommand) Run(ctx context.Context) error {
	return c.withStore(ctx, func(s *store.Store) error { return s.DisablePerson(ctx, operator, c.Login) })
}

type userPasswordCommand struct {
	configFlag
	Login string `arg:"" help:"What they type to sign in."`
}

// Run implements the command.
func (c userPasswordCommand) Run(ctx context.Context) error {
	password, err := askPassword()
	if err != nil {
		return err
	}
	return c.withStore(ctx, func(s *store.Store) error { return changePassword(ctx, s, c.Login, password) })
}

func changePassword(ctx context.Context, s *store.Store, login, password string) error {
	hash, err := hashPassword(ctx, login, password)
	if err != nil {
		return err
	}
	return s.ChangePassword(ctx, operator, login, hash)
}

type userSecondFactorCommand struct {
	configFlag
	Login string `arg:"" help:"What they type to sign in."`
}

// Run implements the command.
func (c userSecondFactorCommand) Run(ctx context.Context) error {
	return c.withStore(ctx, func(s *store.Store) error { return s.RemoveSecondFactor(ctx, operator, c.Login) })
}

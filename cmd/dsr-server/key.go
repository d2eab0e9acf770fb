package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"dsr-server/internal/app"
	"dsr-server/internal/config"
	"dsr-server/internal/datadir"
	"dsr-server/internal/sign"
)

type keyCommand struct {
	Public keyPublicCommand `cmd:"" help:"Print the public signing key, as ssh-keygen and verify --allowed-signers read it."`
	Rotate keyRotateCommand `cmd:"" help:"Put every data key under a new master key, or change the signing key. Stop the service first."`
}

// configFlag is the flag of every command that reads the configuration.
type configFlag struct {
	Config string `help:"Configuration file." default:"dsr.yaml" type:"path" placeholder:"FILE"`
}

// load reads the configuration; warnings go to standard error.
func (c configFlag) load() (*config.Config, error) {
	cfg, warnings, err := config.Load(c.Config, os.Environ())
	for _, w := range warnings {
		fmt.Fprintln(os.Stderr, "dsr-server: warning:", shown(w.String()))
	}
	return cfg, err
}

type keyPublicCommand struct {
	configFlag
	Checkpoint bool `help:"Print the key in the form that readers of audit checkpoints (signed notes) take."`
}

// Run implements the command. A key that is not there yet is made.
func (c keyPublicCommand) Run(ctx context.Context) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	signer, err := openSigner(ctx, cfg)
	if err != nil {
		return err
	}
	line := signer.AllowedSigner()
	if c.Checkpoint {
		if line, err = signer.Verifier(); err != nil {
			return err
		}
	}
	_, err = fmt.Println(line)
	return err
}

// openSigner reads the signing key. In a folder without one everything that a first
// start makes is made, so that the key does not look like the rest of a loss.
func openSigner(ctx context.Context, cfg *config.Config) (*sign.Signer, error) {
	signer, err := sign.Load(filepath.Join(cfg.DataDir, datadir.SigningKey))
	if !errors.Is(err, fs.ErrNotExist) {
		return signer, err
	}
	p, err := app.OpenData(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return p.Signer, p.Close()
}

type keyRotateCommand struct {
	configFlag
	Signing bool `help:"Change the signing key instead: the old one stays beside it as signing.key.old-…, and one that was put there by hand is taken over."`
}

// Run implements the command.
func (c keyRotateCommand) Run(ctx context.Context) (err error) {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if c.Signing {
		return rotateSigningKey(ctx, cfg)
	}
	p, err := app.OpenAlone(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if err := p.Store.RotateMasterKey(ctx); err != nil {
		return err
	}
	fmt.Println("the master key is a new one; backups made before need the old one, so keep that with them")
	return nil
}

// rotateSigningKey prints the line that is to be published beside the old one.
func rotateSigningKey(ctx context.Context, cfg *config.Config) error {
	signer, err := app.RotateSigningKey(ctx, cfg)
	if err != nil {
		return err
	}
	fmt.Println("the signing key is another one; publish this line beside the old one:")
	_, err = fmt.Println(signer.AllowedSigner())
	return err
}

type migrateCommand struct{ configFlag }

// Run implements the command: opening the store brings its schema up to date.
func (c migrateCommand) Run(ctx context.Context) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	p, err := app.OpenAlone(ctx, cfg)
	if err != nil {
		return err
	}
	fmt.Println("the database in", cfg.DataDir, "has the schema of this program")
	return p.Close()
}

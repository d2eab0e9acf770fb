package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"dsr-server/internal/config"
	"dsr-server/internal/datadir"
	"dsr-server/internal/sign"
)

func (p *Program) signingKeyFile() string { return filepath.Join(p.Config.DataDir, datadir.SigningKey) }

// restoreSigningKey is what to do about a signing key that is not the one on record.
const restoreSigningKey = "restore the file from the newest backup. If it is lost, or to be another one on purpose: dsr-server key rotate --signing, and publish the new line beside the old one"

// openSigner reads the signing key, or makes it when nothing has been signed yet.
func (p *Program) openSigner(ctx context.Context) error {
	public, used, err := p.Store.SigningKey(ctx)
	if err != nil {
		return err
	}
	if used {
		p.Signer, err = sign.Load(p.signingKeyFile())
	} else {
		p.Signer, err = sign.LoadOrCreate(p.signingKeyFile())
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("signing key: %s is missing, and this installation has signed with it: %s", p.signingKeyFile(), restoreSigningKey)
	case err != nil:
		return err
	case public == "":
		return p.Store.RecordSigningKey(ctx, p.Signer.AuthorizedKey())
	case public != p.Signer.AuthorizedKey():
		return fmt.Errorf("signing key: %s is not the key that this installation signs with: %s", p.signingKeyFile(), restoreSigningKey)
	}
	return nil
}

// RotateSigningKey puts a new signing key in the place of the one on record, which
// stays beside it. A key that is not the one on record was put there by hand, and
// becomes it.
func RotateSigningKey(ctx context.Context, cfg *config.Config) (_ *sign.Signer, err error) {
	p, err := newProgram(cfg, Env{}).prepared(ctx, (*Program).lockData, (*Program).openStore, (*Program).openArchives)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if err := p.retireSigningKey(ctx); err != nil {
		return nil, err
	}
	if p.Signer, err = sign.LoadOrCreate(p.signingKeyFile()); err != nil {
		return nil, err
	}
	return p.Signer, p.Store.ReplaceSigningKey(ctx, p.Signer.AuthorizedKey(), p.Signer.Fingerprint())
}

func (p *Program) retireSigningKey(ctx context.Context) error {
	public, _, err := p.Store.SigningKey(ctx)
	if err != nil {
		return err
	}
	old, err := sign.Load(p.signingKeyFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || public != "" && old.AuthorizedKey() != public {
		return err
	}
	retired := p.signingKeyFile() + ".old-" + time.Now().UTC().Format("20060102T150405Z")
	if err := os.Rename(p.signingKeyFile(), retired); err != nil {
		return fmt.Errorf("signing key: %w", err)
	}
	return nil
}

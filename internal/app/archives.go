package app

import (
	"context"
	"log/slog"
	"path/filepath"

	"dsr-server/internal/datadir"
	"dsr-server/internal/store"
	"dsr-server/internal/vault"
)

// openArchives opens the archive folder if it is the one that the database speaks of.
func (p *Program) openArchives(ctx context.Context) (err error) {
	dir := filepath.Join(p.Config.DataDir, datadir.Archives)
	if err = p.recogniseArchives(ctx, dir); err != nil {
		// Beside a serve the last archive may have been replaced or purged just now.
		err = p.recogniseArchives(ctx, dir)
	}
	if err != nil {
		return err
	}
	p.Vault, err = vault.Open(dir)
	return err
}

func (p *Program) recogniseArchives(ctx context.Context, dir string) error {
	known, err := p.Store.ArchiveFiles(ctx)
	if err != nil {
		return err
	}
	return vault.Recognise(dir, known)
}

// surveyArchives holds the archive folder against the database.
func surveyArchives(ctx context.Context, s *store.Store, v *vault.Vault) (vault.Survey, error) {
	known, err := s.ArchiveFiles(ctx)
	if err != nil {
		return vault.Survey{}, err
	}
	return v.Survey(known)
}

// tellOfArchives logs what in the archive folder does not agree with the database.
func (p *Program) tellOfArchives(ctx context.Context) error {
	found, err := surveyArchives(ctx, p.Store, p.Vault)
	if err != nil {
		return err
	}
	if found.Unknown > 0 {
		p.env.Log.WarnContext(ctx, "the archive folder holds files that this database has not made; they are left alone", slog.Int("files", found.Unknown))
	}
	if found.Missing > 0 {
		p.env.Log.ErrorContext(ctx, "archives that the database names are missing from the archive folder", slog.Int("archives", found.Missing))
	}
	return nil
}

// SurveyArchives holds the archive folder against the database.
func (p *Program) SurveyArchives(ctx context.Context) (vault.Survey, error) {
	return surveyArchives(ctx, p.Store, p.Vault)
}

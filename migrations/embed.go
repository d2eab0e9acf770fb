// Package migrations holds the schema as numbered goose files. A file that has been
// released is never changed; the next change is the next number.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
)

// FS holds the files.
//
//go:embed *.sql
var FS embed.FS

// NewProvider is goose over a database and the files. Each file's Up part is run as one
// script: SQLite finds the ends of statements better than goose, whose parser also keeps
// 4 MiB for every file for as long as the process lives.
func NewProvider(db *sql.DB) (*goose.Provider, error) {
	names, err := fs.Glob(FS, "*.sql")
	if err != nil {
		return nil, err
	}
	all := make([]*goose.Migration, len(names))
	for i, name := range names {
		if all[i], err = migration(name); err != nil {
			return nil, fmt.Errorf("read migrations: %w", err)
		}
	}
	return goose.NewProvider(goose.DialectSQLite3, db, nil, goose.WithGoMigrations(all...))
}

func migration(name string) (*goose.Migration, error) {
	version, err := goose.NumericComponent(name)
	if err != nil {
		return nil, err
	}
	text, err := fs.ReadFile(FS, name)
	if err != nil {
		return nil, err
	}
	up, _, _ := strings.Cut(string(text), "-- +goose Down")
	run := func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, up); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
	return goose.NewGoMigration(version, &goose.GoFunc{RunTx: run}, nil), nil
}

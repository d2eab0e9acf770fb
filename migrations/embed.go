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
	"sync"

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

// Triggers are those that all files together make, by name.
func Triggers() (map[string]string, error) { return triggers() }

var triggers = sync.OnceValues(func() (map[string]string, error) {
	ctx := context.Background()
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1) // each connection would be a database of its own
	provider, err := NewProvider(db)
	if err != nil {
		return nil, err
	}
	if _, err := provider.Up(ctx); err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return TriggersOf(ctx, db)
})

// TriggersOf are the triggers of a database, by name.
func TriggersOf(ctx context.Context, db interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}) (map[string]string, error) {
	rows, err := db.QueryContext(ctx, `SELECT name, sql FROM sqlite_master WHERE type = 'trigger'`)
	if err != nil {
		return nil, fmt.Errorf("read triggers: %w", err)
	}
	defer rows.Close()
	found := map[string]string{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, fmt.Errorf("read triggers: %w", err)
		}
		found[name] = text
	}
	return found, rows.Err()
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

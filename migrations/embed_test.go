package migrations_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3"

	"dsr-server/migrations"
)

// TestTheSchemaIsTheOneGooseWouldMake: the files stay readable for goose and its program.
func TestTheSchemaIsTheOneGooseWouldMake(t *testing.T) {
	t.Parallel()
	want := schema(t, func(db *sql.DB) (*goose.Provider, error) {
		return goose.NewProvider(goose.DialectSQLite3, db, migrations.FS)
	})
	got := schema(t, migrations.NewProvider)
	if len(want) < 10 {
		t.Fatalf("only %d objects: nothing was compared", len(want))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("schema (-want +got):\n%s", diff)
	}
}

// schema is what a new database holds: name, definition, and the versions applied.
func schema(t *testing.T, provider func(*sql.DB) (*goose.Provider, error)) map[string]string {
	t.Helper()
	db, err := sql.Open("sqlite3", filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p, err := provider(db)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows, err := db.QueryContext(t.Context(), `SELECT type || ' ' || name, trim(coalesce(sql, ''), ' ;') FROM sqlite_master
		UNION ALL SELECT 'version ' || version_id, is_applied FROM goose_db_version`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := map[string]string{}
	for rows.Next() {
		var name, definition string
		if err := rows.Scan(&name, &definition); err != nil {
			t.Fatal(err)
		}
		found[name] = definition
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

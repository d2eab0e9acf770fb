package store

import (
	"slices"
	"testing"
)

// TestPurgeKnowsEveryTableOfARequest: a table that is added and forgotten here would
// keep what a purge promises to delete, or make it fail.
func TestPurgeKnowsEveryTableOfARequest(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	kept := []string{"audit_events", "receipts", "archive_files"} // the record of what happened stays; a file's name goes after the file
	rows, err := s.r.QueryContext(t.Context(), `
		SELECT m.name, EXISTS (SELECT 1 FROM pragma_foreign_key_list(m.name) f WHERE f."table" = 'request_sources' AND f.on_delete = 'CASCADE')
		FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.name = 'request_id' WHERE m.type = 'table'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var found int
	for rows.Next() {
		var table string
		var cascades bool
		if err := rows.Scan(&table, &cascades); err != nil {
			t.Fatal(err)
		}
		found++
		if !cascades && !slices.Contains(kept, table) && !slices.Contains(ownTables, table) {
			t.Errorf("a purge leaves the rows in %s", table)
		}
	}
	if err := rows.Err(); err != nil || found < len(ownTables) {
		t.Errorf("looked at %d tables, %v", found, err)
	}
}

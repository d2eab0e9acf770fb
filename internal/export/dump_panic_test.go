package export_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// TestAPanicInASearchIsTheReaders: the goroutine that searches a block does not end the
// program, but hands its panic on, with its stack.
func TestAPanicInASearchIsTheReaders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "conversations.ndjson"), []byte(`{"_id":"c","startTime":1}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := export.NewDump(dir)
	p, err := d.Plan(t.Context(), export.Ask{Stage: dsr.StageConversations})
	if err != nil || len(p.Units) != 1 {
		t.Fatalf("got %v, %v", p, err)
	}
	r, err := d.Open(t.Context(), p.Units[0], export.Wanted{}) // no matcher: a fault of ours
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer func() {
		v, ok := recover().(*export.Panic)
		if !ok || !strings.Contains(v.Stack, "block") {
			t.Errorf("got %v", v)
		}
	}()
	_, err = r.Next(t.Context())
	t.Errorf("no panic, but %v", err)
}

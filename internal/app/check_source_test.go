package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"dsr-server/internal/app"
	"dsr-server/internal/config"
)

// newSilent is a program with a source whose vendor takes calls and never answers; asked
// is closed with the first of them.
func newSilent(t *testing.T) (p *app.Program, asked chan struct{}) {
	t.Helper()
	asked = make(chan struct{})
	var first sync.Once
	vendor := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		first.Do(func() { close(asked) })
		<-r.Context().Done()
	}))
	t.Cleanup(vendor.Close)
	dir := t.TempDir()
	path := filepath.Join(dir, "dsr.yaml")
	text := fmt.Sprintf("listen: 127.0.0.1:0\ndata_dir: ./data\nsources:\n- {name: bot, type: converse, base_url: %q, bot_name: b1, api_key_file: ./key, earliest: 2025-04-01}\n", vendor.URL)
	for name, content := range map[string]string{path: text, filepath.Join(dir, "key"): "a-key-of-the-vendor"} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, _, err := config.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if p, err = app.Open(t.Context(), cfg, app.Env{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p, asked
}

// TestATestOfASourceThatTakesTooLongIsAFinding: and what went wrong besides is not lost.
func TestATestOfASourceThatTakesTooLongIsAFinding(t *testing.T) {
	t.Parallel()
	for name, trigger := range map[string]string{
		"in order":           `SELECT 1`,
		"the lease is stuck": `CREATE TRIGGER stuck BEFORE DELETE ON jobs BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`,
	} {
		p, asked := newSilent(t)
		if _, err := p.Store.DB().ExecContext(t.Context(), trigger); err != nil {
			t.Fatal(err)
		}
		ctx, end := context.WithCancelCause(t.Context())
		go func() {
			<-asked
			end(context.DeadlineExceeded)
		}()
		findings, err := p.Service().CheckSource(ctx, "bot")
		if len(findings) == 0 || findings[len(findings)-1].Name != "time" {
			t.Errorf("%s: found %+v, %v", name, findings, err)
		}
		if name == "in order" && err != nil || name != "in order" && (err == nil || !strings.Contains(err.Error(), "the disk is full")) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

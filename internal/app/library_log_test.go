package app

import (
	"io"
	"log"
	"log/slog"
	"strings"
	"testing"

	"dsr-server/internal/config"
)

// TestLibrariesLinesAreWithheld: of a line only the function that wrote it is logged,
// whichever logger it was written to.
func TestLibrariesLinesAreWithheld(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	to := libraryLog{slog.New(slog.NewJSONHandler(&out, nil))}
	log.New(to, "", 0).Printf("Unsolicited response starting with %q", "ana@example.com")
	slog.New(slog.NewTextHandler(to, nil)).Warn("ana@example.com")
	_, _ = io.WriteString(to, "ana@example.com")
	if lines := strings.Count(out.String(), "\n"); lines != 3 || strings.Contains(out.String(), "ana") {
		t.Errorf("got %s", &out)
	}
	if n := strings.Count(out.String(), "TestLibrariesLinesAreWithheld"); n != 2 {
		t.Errorf("the function is named %d times, want 2: %s", n, &out)
	}
}

// TestServersLinesAreWithheld: what net/http writes about a connection is withheld on
// every port.
func TestServersLinesAreWithheld(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	env := Env{Log: slog.New(slog.NewJSONHandler(&out, nil))}
	cfg := config.Config{Listen: "127.0.0.1:0", DebugListen: "127.0.0.1:0", DataDir: t.TempDir()}
	p, err := Open(t.Context(), &cfg, env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	for _, logger := range []*log.Logger{p.server.ErrorLog, p.debug.server.ErrorLog} {
		logger.Print("panic serving ana@example.com")
	}
	if n := strings.Count(out.String(), "its text is withheld"); n != 2 || strings.Contains(out.String(), "ana@") {
		t.Errorf("%d lines, want 2: %s", n, &out)
	}
}

package archive_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dsr-server/internal/archive"
)

// TestPagesAreValidHTML lets html-validate (npm, version 10) look at start pages and
// transcripts with its recommended rules. It is no Debian package and comes from
// another registry than everything else here, so this test asks for it only where
// .ci/run could install it.
func TestPagesAreValidHTML(t *testing.T) {
	t.Parallel()
	validator := os.Getenv("DSR_TEST_HTML_VALIDATE")
	if validator == "" {
		t.Skip("DSR_TEST_HTML_VALIDATE does not name an html-validate; .ci/run installs it where there is npm")
	}
	dir := t.TempDir()
	pages := 0
	for name, in := range map[string]archive.Input{"sample": sample(t), "informed": informed(t), "long": germanLong(t), "wild": wild(signer(t), longWords())} {
		_, content := unpack(t, write(t, in))
		for entry, text := range content {
			if strings.HasSuffix(entry, ".html") {
				savePage(t, filepath.Join(dir, name, filepath.FromSlash(entry)), text)
				pages++
			}
		}
	}
	if out, err := exec.CommandContext(t.Context(), validator, "--preset", "recommended", "--ext", "html", dir).CombinedOutput(); err != nil {
		t.Errorf("of %d pages: %v\n%s", pages, err, out)
	}
	savePage(t, filepath.Join(dir, "bad.html"), []byte("<!DOCTYPE html>\n<html lang=\"en\"><head><title>x</title></head><body><p><div></p></body></html>\n"))
	if err := exec.CommandContext(t.Context(), validator, "--preset", "recommended", "--ext", "html", dir).Run(); err == nil {
		t.Error("a page that is not valid passes: this test proves nothing")
	}
}

func savePage(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

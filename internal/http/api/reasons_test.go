package api

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dsr-server/internal/dsr"
)

// TestEveryReasonIsDocumented: programs find the code in the API's description, operators
// find what to do in the runbook.
func TestEveryReasonIsDocumented(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"api/openapi.yaml", "docs/runbook.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range dsr.ReasonCodes {
			if !strings.Contains(string(text), "`"+code+"`") {
				t.Errorf("%s does not tell about %s", name, code)
			}
		}
	}
}

package web

import (
	"io/fs"
	"strings"
	"testing"
)

// TestTheScriptKeepsNothing: what a page shows stays in the page, and text stays text.
func TestTheScriptKeepsNothing(t *testing.T) {
	t.Parallel()
	script, err := fs.ReadFile(Static(), "app.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"localStorage", "sessionStorage", "indexedDB", "document.cookie", "caches.", "serviceWorker", "postMessage",
		"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "import("} {
		if strings.Contains(string(script), name) {
			t.Errorf("app.js uses %s", name)
		}
	}
}

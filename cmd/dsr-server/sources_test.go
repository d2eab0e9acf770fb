package main

import (
	"strings"
	"testing"

	"dsr-server/internal/export/declared"
)

func TestDeclarationsAreListedAndPrinted(t *testing.T) {
	t.Parallel()
	h := &harness{t: t, dir: t.TempDir()}
	listed := h.runs("sources")
	out, status := listed.stdout, listed.status
	if status != 0 {
		t.Fatalf("exit status %d:\n%s", status, out)
	}
	for _, name := range declared.Names() {
		d, _ := declared.Read(name, nil)
		if !strings.Contains(out, name) || !strings.Contains(out, d.SHA256) {
			t.Errorf("%s with %s is not listed:\n%s", name, d.SHA256, out)
		}
		text, _ := declared.Shipped(name)
		if r := h.runs("sources", name); r.status != 0 || r.stdout != string(text) {
			t.Errorf("%s is printed as (status %d)\n%s", name, r.status, r.stdout)
		}
	}
	if r := h.runs("sources", "adda"); r.status != 1 || !strings.Contains(r.stderr, `"ada"`) {
		t.Errorf("an unknown name: status %d, %s", r.status, r.stderr)
	}
}

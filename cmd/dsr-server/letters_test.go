package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dsr-server/internal/fake/vendor"
)

// TestAFaultInALetterIsFoundByCheckAndByTheStart: and what is right is used.
func TestAFaultInALetterIsFoundByCheckAndByTheStart(t *testing.T) {
	t.Parallel()
	s := setup{options: vendor.Options{RateWindow: vendor.Off}, earliest: "2023-12-01"}
	h := build(t, vendor.Sample(), s)
	h.stop()
	if err := os.Mkdir(filepath.Join(h.dir, "letters"), 0o700); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(h.dir, "dsr.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	h.write("dsr.yaml", "letters_dir: ./letters\n"+string(text))
	h.write("letters/receipt.en.txt", "{{.Nobody}}")
	for _, command := range []string{"serve", "check"} {
		if status, said := h.program(command); status != 1 || !strings.Contains(said, "letters_dir: receipt.en.txt") || !strings.Contains(said, "Nobody") {
			t.Errorf("%s ends with %d and says %s", command, status, said)
		}
	}
	h.write("letters/receipt.en.txt", "We have {{.Reference}}.")
	if _, said := h.program("check"); !strings.Contains(said, "ok            letters") {
		t.Errorf("check says %s", said)
	}
	h.start(s)
	id := h.submit(canaryRequest)
	if got := h.do("GET", "/api/v1/requests/"+id+"/letter?kind=receipt", "", http.StatusOK).raw; string(got) != "We have CANARY-REF-93F1.\n" {
		t.Errorf("got %q", got)
	}
}

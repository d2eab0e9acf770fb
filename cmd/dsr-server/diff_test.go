package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dsr-server/internal/archive"
	"dsr-server/internal/export"
	"dsr-server/internal/fake/vendor"
)

// TestDiffOfTwoAnswersToOnePerson takes two requests through the service, the vendor
// having gone on in between.
func TestDiffOfTwoAnswersToOnePerson(t *testing.T) {
	t.Parallel()
	h := build(t, vendor.Sample(), setup{earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}})
	var files []string
	for _, id := range vendor.SampleConversations()[:2] {
		request := h.submit(`{"selectors":[{"conversation_id":"` + id + `"}]}`)
		h.until(request, "ready")
		file := filepath.Join(t.TempDir(), "a.zip")
		if err := os.WriteFile(file, h.download(request).raw, 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	for _, c := range []struct {
		a, b string
		want error
	}{{files[0], files[0], nil}, {files[0], files[1], exitDifferent}, {files[0], filepath.Join(h.dir, "key"), exitUnreadable}} {
		if err := (diffCommand{Older: c.a, Newer: c.b}).Run(); !errors.Is(err, c.want) {
			t.Errorf("got %v, want %v", err, c.want)
		}
	}
	d, err := archive.Compare(files[0], files[1], nil, export.Named)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := printDiff(&out, d); !errors.Is(err, exitDifferent) {
		t.Errorf("got %v", err)
	}
	for _, text := range []string{"note          the two requests do not have the same selectors", "conversations 1 new, 1 gone, 0 changed",
		"  gone        " + vendor.SampleConversations()[0] + ": messages 0 new, ", "  new         " + vendor.SampleConversations()[1] + ": messages ", "DIFFERENT"} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("there is no %q in\n%s", text, &out)
		}
	}
}

func TestDiffPrintsNoIDThatSteersATerminal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	wild := "\x1b[31m\u202e\n" + strings.Repeat("x", 10_000)
	err := printDiff(&out, archive.Diff{Sources: []archive.SourceDiff{{Name: "bot", Details: []archive.ConversationDiff{{ID: wild, Record: archive.Changes{Changed: 1}}, {}}}}})
	if !errors.Is(err, exitDifferent) || strings.ContainsAny(out.String(), "\x1b\u202e") || out.Len() > 1000 || !strings.Contains(out.String(), "  changed     ") || !strings.Contains(out.String(), "  same record (without an id)") {
		t.Errorf("got %v\n%q", err, &out)
	}
}

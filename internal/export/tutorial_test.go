package export_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
)

// blocks are the texts of a tutorial in YAML, in order.
var blocks = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// TestTheTutorialsDeclaration reads a stand-in that behaves as the tutorial's documentation says
// through the tutorial's declaration, under every reading of it.
func TestTheTutorialsDeclaration(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "tutorial-declaration.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := blocks.FindAllStringSubmatch(string(page), -1)
	if len(found) != 3 {
		t.Fatalf("%d texts in YAML, want two steps and the whole", len(found))
	}
	whole := strings.ReplaceAll(strings.TrimPrefix(found[2][1], "sources:\n  - "), "\n    ", "\n")
	for _, step := range found[:2] {
		if !strings.Contains(whole, step[1]) {
			t.Errorf("the whole has not\n%s", step[1])
		}
	}
	parts := partsOf(t, whole)
	for name := range parts {
		if !slices.Contains(declared.Keys, name) {
			delete(parts, name) // a setting that every source has
		}
	}
	d, wrong := declared.Read("", parts)
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	parlour := vendor.Shop(vendor.Next{Kind: vendor.ByCursor, To: "query.cursor", From: "next"})
	for _, v := range chaos.RestVariants(parlour) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			c := tutorialSource(t, parlour, v.Choices, d)
			c.wantAll(t, c.read(t, false))
			id := vendor.SampleConversations()[0]
			if got, want := unique(c.messages(t, id)), unique(compactAll(c.held.MessagesOf(id))); !slices.Equal(got, want) || len(want) == 0 {
				t.Errorf("%d messages, want %d", len(got), len(want))
			}
		})
	}
}

func tutorialSource(t *testing.T, l vendor.Layout, choices vendor.RestChoices, d *declared.Declaration) *candidate {
	t.Helper()
	data := l.RestSample()
	fake := vendor.NewRest(l, data, vendor.RestOptions{Now: now, Keys: []string{secret}, RateWindow: vendor.Off, Choices: &choices})
	server := httptest.NewServer(fake)
	r := export.NewRest(export.RestConfig{BaseURL: server.URL, Declaration: d, Secret: secret, Timeout: time.Second})
	t.Cleanup(func() {
		r.Close()
		server.Close()
		if v := fake.Violations(); len(v) > 0 {
			t.Errorf("the vendor's rules were broken: %v", v)
		}
	})
	s := settings(d.Conversations.Window.By)
	return &candidate{
		Source: r, settings: s, scanned: data.Conversations(), held: data, calls: func() int { return fake.Count("") },
		selector: dsr.Selector{Metadata: &dsr.Metadata{Key: "*", Value: vendor.SampleEmail, Match: dsr.Normalized}},
	}
}

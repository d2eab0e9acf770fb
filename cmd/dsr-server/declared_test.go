package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/fake/vendor"
)

// TestADeclarationBringsTheSameArchive: the export that is read by a source written by hand,
// and by its declaration, gives the same records, byte for byte.
func TestADeclarationBringsTheSameArchive(t *testing.T) {
	t.Parallel()
	h := prepare(t, vendor.Sample(), setup{earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}})
	text, err := os.ReadFile(filepath.Join(h.dir, "dsr.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "name: bot,")
	_, rest, _ = strings.Cut(rest, "base_url: ")
	address, _, _ := strings.Cut(rest, ",")
	bot := fmt.Sprintf("{query: {bot_name: %s}}", vendor.DefaultBot)
	twin := fmt.Sprintf("  - {name: twin, type: rest, declaration: agentx, base_url: %s, auth: {file: ./key}, earliest: 2023-12-01, rate: 1000/s, conversations: %s, messages: %s}\nbootstrap:", address, bot, bot)
	h.write("dsr.yaml", strings.Replace(string(text), "bootstrap:", twin, 1))
	h.start(setup{})
	for _, q := range []question{ask(typedAddress), ask(selector{Key: "*", Value: "nobody@nowhere.example"})} {
		id := h.submit(q.over("bot", "twin"))
		if r := h.until(id, "ready", "review", "failed"); r["status"] != "ready" || r["complete"] != true {
			t.Fatalf("%v, complete %v, error %v", r["status"], r["complete"], r["error"])
		}
		b := h.download(id)
		for _, kind := range []string{"conversations", "messages"} {
			byHand, declared := b.lines(t, "data/bot/"+kind+".ndjson"), b.lines(t, "data/twin/"+kind+".ndjson")
			if diff := cmp.Diff(byHand, declared); diff != "" {
				t.Errorf("%s (-by hand +declared):\n%s", kind, diff)
			}
		}
	}
}

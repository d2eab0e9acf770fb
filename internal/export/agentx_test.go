package export_test

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
)

// TestTheDeclarationOfAgentXBringsWhatConverseBrings reads one vendor in both ways, under every
// reading of its documentation. An archive follows from the records that are kept; real dialogues are
// read in both ways by the whole program (TestEveryRecordOfRealDialogues).
func TestTheDeclarationOfAgentXBringsWhatConverseBrings(t *testing.T) {
	t.Parallel()
	data := vendor.Sample()
	for _, v := range chaos.Variants() {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			fake := chaos.New(data, vendor.Options{Now: now, Keys: []string{secret}, RateWindow: vendor.Off, Choices: v.Choices})
			server := httptest.NewServer(fake)
			t.Cleanup(server.Close)
			byHand, byDeclaration := bothWays(t, server.URL, data)
			every := 100
			if v.Choices.MaxSpan > 0 {
				every = 0 // the engine asks for shorter intervals of messages, and this test does not
			}
			want, got := keptOf(t, byHand, every), keptOf(t, byDeclaration, every)
			if len(want) != len(got) || len(want) < 30 {
				t.Fatalf("%d records by hand, %d by declaration", len(want), len(got))
			}
			for i := range want {
				if diff := cmp.Diff(want[i], got[i]); diff != "" {
					t.Fatalf("record %d of %d: %.2000s", i, len(want), diff)
				}
			}
			if bad := fake.Violations(); len(bad) > 0 {
				t.Errorf("the vendor complains: %v", bad)
			}
		})
	}
}

// bothWays are one vendor as `converse` and as its declaration reads it.
func bothWays(t *testing.T, url string, data *vendor.Data) (byHand, byDeclaration *candidate) {
	t.Helper()
	d, wrong := declared.Read("agentx", partsOf(t, `{conversations: {query: {bot_name: `+vendor.DefaultBot+`}}, messages: {query: {bot_name: `+vendor.DefaultBot+`}}}`))
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	hand := export.NewConverse(export.ConverseConfig{BaseURL: url, BotName: vendor.DefaultBot, APIKey: secret, Timeout: 10 * time.Second})
	rest := export.NewRest(export.RestConfig{BaseURL: url, Declaration: d, Secret: secret, Timeout: 10 * time.Second})
	t.Cleanup(func() { hand.Close(); rest.Close() })
	settings := settings(dsr.FieldUnknown)
	settings.PageSize = 1000
	everybody := dsr.Selector{Metadata: &dsr.Metadata{Key: "*", Value: "user", Match: dsr.Contains}}
	return &candidate{Source: hand, settings: settings, scanned: data.Conversations(), selector: everybody},
		&candidate{Source: rest, settings: settings, scanned: data.Conversations(), selector: everybody}
}

// keptOf are the records that are kept of every conversation that matches, and the messages of
// every so many of them, in order.
func keptOf(t *testing.T, c *candidate, every int) []dsr.Record {
	t.Helper()
	kept := c.read(t, false).kept
	for i, r := range kept {
		if every > 0 && i%every == 0 {
			kept = append(kept, c.messageRecords(t, r.ID)...)
		}
	}
	slices.SortFunc(kept, func(a, b dsr.Record) int {
		return strings.Compare(string(a.Kind)+a.ConversationID+a.ID+string(a.Raw), string(b.Kind)+b.ConversationID+b.ID+string(b.Raw))
	})
	return slices.CompactFunc(kept, func(a, b dsr.Record) bool { return a.ID == b.ID && a.Kind == b.Kind && string(a.Raw) == string(b.Raw) })
}

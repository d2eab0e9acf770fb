package export_test

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
)

// This file reads the stand-in of every vendor whose declaration comes with the program
// through it: the conformance suite knows them as it knows every source.

// own is what a declaration that comes with the program leaves to its user.
var own = map[string]string{
	"ada":      `{}`,
	"agentx":   `{conversations: {query: {bot_name: r3}}, messages: {query: {bot_name: r3}}}`,
	"botpress": `{headers: {x-bot-id: b-1}}`,
	"cognigy":  `{}`,
	"intercom": `{}`,
	"liveperson": `{conversations: {post: /messaging_history/api/account/20345678/conversations/search},
		auth: {client_credentials: {id: dsr, url: "BASE/sentinel/api/account/20345678/app/token?v=1.0&grant_type=client_credentials"}}}`,
	"voiceflow":    `{conversations: {post: /v1/transcript/project/63204daf2c4a550006873772}}`,
	"zendesk-chat": `{}`,
}

// declarationOf is a declaration that comes with the program, for a vendor at url.
func declarationOf(t *testing.T, name, url string) *declared.Declaration {
	t.Helper()
	d, wrong := declared.Read(name, partsOf(t, strings.ReplaceAll(own[name], "BASE", url)))
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	return d
}

func partsOf(t *testing.T, text string) map[string]declared.Part {
	t.Helper()
	tree, err := parser.ParseBytes([]byte(text), 0)
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]declared.Part{}
	for it := tree.Docs[0].Body.(ast.MapNode).MapRange(); it.Next(); {
		parts[it.Key().String()] = declared.PartOf(it.Value())
	}
	return parts
}

// shipped is a vendor with a declaration that comes with the program.
func shipped(l vendor.Layout, choices vendor.RestChoices, faults ...chaos.Fault) maker {
	return func(t *testing.T) *candidate {
		data := l.RestSample()
		fake := chaos.NewRest(l, data, vendor.RestOptions{Now: now, Keys: []string{secret}, RateWindow: vendor.Off, Choices: &choices})
		for _, f := range faults {
			fake.Fault(f)
		}
		server := httptest.NewServer(fake)
		d := declarationOf(t, l.Name(), server.URL)
		r := export.NewRest(export.RestConfig{BaseURL: server.URL, Declaration: d, Secret: secret, Timeout: time.Second, Agent: "test"})
		t.Cleanup(func() {
			r.Close()
			server.Close()
			if v := fake.Violations(); len(v) > 0 {
				t.Errorf("the vendor's rules were broken: %v", v)
			}
		})
		s := settings(d.Conversations.Window.By)
		s.PageSize = max(s.PageSize, d.SizeMin)
		return &candidate{
			Source: r, settings: s, scanned: data.Conversations(), held: data,
			calls: func() int {
				return fake.Count(vendor.Conversations) + fake.Count(vendor.Messages) + fake.Count(vendor.Detail)
			},
			selector: dsr.Selector{Metadata: &dsr.Metadata{Key: "*", Value: vendor.SampleEmail, Match: dsr.Normalized}},
		}
	}
}

// shippedVariants are all of them under every reading of their documentation.
func shippedVariants() map[string]maker {
	all := map[string]maker{}
	for _, l := range vendor.Layouts() {
		for _, v := range chaos.RestVariants(l) {
			all[l.Name()+"/"+v.Name] = shipped(l, v.Choices)
		}
	}
	return all
}

// shippedFaults are things that go wrong once, for each of them.
func shippedFaults() map[string]maker {
	all := map[string]maker{}
	for _, l := range vendor.Layouts() {
		for _, f := range faultsOnce() {
			all[l.Name()+"/"+string(f.Kind)] = shipped(l, l.Choices(), f)
		}
	}
	return all
}

// untold are faults that cannot be told from a vendor that means it, by any one page, of those
// whose documentation has no total: a page of records that came before, or of none, in place of others.
var untold = map[string][]chaos.FaultKind{
	"converse":  chains,
	"voiceflow": {chaos.RepeatCursor, chaos.CycleCursor, chaos.DropRecord, chaos.EmptyPage},
	"cognigy":   {chaos.DropRecord}, "ada": chains, "agentx": chains, "botpress": chains, "zendesk-chat": slices.Concat(chains, []chaos.FaultKind{chaos.EmptyPage}),
}

// chains are faults of a chain of cursors, which the engine notices, and a record left out.
var chains = []chaos.FaultKind{chaos.RepeatCursor, chaos.CycleCursor, chaos.DropRecord}

// TestEveryShippedDeclarationHasALayout: none is shipped that no stand-in has answered.
func TestEveryShippedDeclarationHasALayout(t *testing.T) {
	t.Parallel()
	var layouts []string
	for _, l := range vendor.Layouts() {
		layouts = append(layouts, l.Name())
	}
	slices.Sort(layouts)
	if names := slices.Sorted(slices.Values(declared.Names())); !slices.Equal(names, layouts) {
		t.Errorf("declarations of %v, layouts of %v", names, layouts)
	}
}

// TestShippedDeclarationsSayWhatTheyRestOn: each has the addresses of its documentation, what
// is its user's to give, what is documented, the traps and what is left open.
func TestShippedDeclarationsSayWhatTheyRestOn(t *testing.T) {
	t.Parallel()
	for _, name := range declared.Names() {
		text, _ := declared.Shipped(name)
		for _, part := range []string{"\n#   https://", "\n# Yours to give", "\n# Documented: ", "\n# Left open: ", "\nversion: "} {
			if !strings.Contains(string(text), part) {
				t.Errorf("%s has no %q", name, part)
			}
		}
	}
}

// TestShippedDeclarationsKeepToTheSizesOfTheirVendors: the documented maximum, limit and scope.
func TestShippedDeclarationsKeepToTheSizesOfTheirVendors(t *testing.T) {
	t.Parallel()
	for _, l := range vendor.Layouts() {
		d := declarationOf(t, l.Name(), "http://127.0.0.1:1")
		calls, per, host := l.Limit()
		if d.Defaults.PageSize != l.LargestPage() || d.PerHost != host {
			t.Errorf("%s asks for %d of at most %d records, counts by host: %v, want %v", l.Name(), d.Defaults.PageSize, l.LargestPage(), d.PerHost, host)
		}
		if r := d.Defaults.Rate; int64(r.Count)*int64(per) > int64(calls)*int64(r.Per) {
			t.Errorf("%s makes %v calls, more than %d in %v", l.Name(), fmt.Sprint(r), calls, per)
		}
	}
}

// TestAListByNumberWithoutATotalSaysSo: what it cannot notice, it says that it supposes.
func TestAListByNumberWithoutATotalSaysSo(t *testing.T) {
	t.Parallel()
	for _, l := range vendor.Layouts() {
		c := shipped(l, l.Choices())(t)
		said := c.Assumes(export.Searched{Source: c.settings, Search: dsr.SourceSearch{Source: c.settings.Name, AsOf: now()}})
		got := slices.ContainsFunc(said, func(a dsr.Assumption) bool { return a.Code == dsr.AssumesByNumber })
		if want := l.Name() == "voiceflow"; got != want {
			t.Errorf("%s says so: %v, want %v", l.Name(), got, want)
		}
	}
}

// TestAShippedDeclarationReadsAListInTheFewestCalls: one for each page, and one more where
// only an empty page, or one without a new record, is an end.
func TestAShippedDeclarationReadsAListInTheFewestCalls(t *testing.T) {
	t.Parallel()
	for _, l := range vendor.Layouts() {
		d := declarationOf(t, l.Name(), "http://127.0.0.1:1")
		if d.Conversations.Window.Span > 0 {
			continue // its pieces each have an end
		}
		c := shipped(l, l.Choices())(t)
		c.wantAll(t, c.read(t, false))
		size, more := max(sampleSize, d.SizeMin), 0
		if d.Conversations.End.Kind == declared.EndEmpty || d.Conversations.Next.Kind == declared.ByKeyset {
			more = 1
		}
		if fewest := (len(c.scanned)+size-1)/size + more; c.calls() > fewest {
			t.Errorf("%s: %d calls, want %d", l.Name(), c.calls(), fewest)
		}
	}
}

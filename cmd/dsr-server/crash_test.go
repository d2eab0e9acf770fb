package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/fake/chaos"
	"dsr-server/internal/fake/vendor"
)

// crashData is the sample and one long conversation: chains of many pages, in which a
// kill can cost more than it should.
func crashData(t *testing.T) (*vendor.Data, corpus) {
	t.Helper()
	sample := vendor.Sample()
	conversation, messages := vendor.LongConversation("long", time.Date(2025, 2, 3, 4, 5, 6, 0, time.UTC), 160, json.RawMessage(`{"locale":"de_de"}`))
	return mustData(t, append(sample.Conversations(), conversation), append(sample.Messages(), messages...))
}

// crashSetup is a search of two sources on one host in many small pages.
func crashSetup(g *gate, data *vendor.Data) setup {
	return setup{pageSize: 4, earliest: "2023-12-01", options: vendor.Options{
		RateWindow: vendor.Off, Latency: 2 * time.Millisecond, OnCall: g.onCall,
		Bots: map[string]*vendor.Data{"second": data},
	}}
}

var crashQuestion = question{selectors: []selector{{Key: "locale", Value: "de_de"}, {Key: "*", Value: vendor.SampleEmail}}}

// undisturbed is a run that nothing happens to.
type undisturbed struct {
	records map[string][]byte // entries of data/ and conversations/
	calls   int
}

func runUndisturbed(t *testing.T) undisturbed {
	t.Helper()
	data, c := crashData(t)
	h := open(t, data, crashSetup(&gate{}, data))
	id := h.submit(crashQuestion.body())
	h.until(id, "ready", "review")
	b := h.download(id)
	conversations, messages := c.expect(t, crashQuestion)
	for _, source := range []string{"bot", "second"} {
		b.wantLines(t, "data/"+source+"/conversations.ndjson", conversations)
		b.wantLines(t, "data/"+source+"/messages.ndjson", messages)
	}
	h.wantFewRepeats(nil, undisturbed{calls: h.vendor.Count("")})
	return undisturbed{b.records(), h.vendor.Count("")}
}

// records are the entries that follow from the found records alone.
func (b bundle) records() map[string][]byte {
	return maps.Collect(func(yield func(string, []byte) bool) {
		for name, body := range b.entries {
			if (strings.HasPrefix(name, "data/") || strings.HasPrefix(name, "conversations/")) && !yield(name, body) {
				return
			}
		}
	})
}

// killsPerRound is how often the program dies over one request.
const killsPerRound = 4

// TestKilledAtAnyMoment kills the real process at moments spread over scan, collect
// and packaging: the request completes, its records are the same to the byte, and a
// kill costs no more than the page that each running range was at.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	want, rounds := runUndisturbed(t), 3
	if os.Getenv("DSR_SOAK") != "" {
		rounds = 50
	}
	for round := range rounds {
		t.Run(fmt.Sprint("round ", round+1), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(uint64(round), 4))
			g := &gate{}
			data, _ := crashData(t)
			h := prepare(t, data, crashSetup(g, data))
			p := h.spawn()
			id := h.submit(crashQuestion.body())
			var kills []int
			for i := range killsPerRound {
				share := want.calls / killsPerRound
				h.come("the call to die at", g.at(i*share+1+random.IntN(share)))
				pause(t, time.Duration(random.IntN(25))*time.Millisecond)
				p.kill()
				kills = append(kills, h.vendor.Count(""))
				p = h.spawn()
			}
			h.until(id, "ready", "review")
			h.wantSameRecords(id, want)
			h.wantFewRepeats(kills, want)
			h.wantNoAttemptUsed()
			h.wantNothingStray()
		})
	}
}

func (h *harness) wantSameRecords(id string, want undisturbed) {
	h.t.Helper()
	got := h.download(id).records()
	if !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want.records))) {
		h.t.Errorf("the archive has %d entries of records, want %d", len(got), len(want.records))
	}
	for name, body := range want.records {
		if string(got[name]) != string(body) {
			h.t.Errorf("%s differs from the undisturbed run's", name)
		}
	}
	if n := h.events("request.ready", id) + h.events("request.in_review", id); n != 1 {
		h.t.Errorf("the run ended %d times", n)
	}
}

// wantFewRepeats checks the vendor's own list of calls: a page is asked for again only
// after a kill, and of each range at most one.
func (h *harness) wantFewRepeats(kills []int, want undisturbed) {
	h.t.Helper()
	seen, ranges, repeats := map[string]int{}, map[string]bool{}, map[string]int{}
	for i, call := range h.vendor.Calls() {
		epoch, _ := slices.BinarySearch(kills, i+1)
		chain := chainOf(call)
		if call.Endpoint == vendor.Conversations {
			ranges[chain] = true
		}
		if call.Page == 0 { // nobody was there any more for the answer
			repeats[fmt.Sprint(chain, " after kill ", epoch+1)]++
			continue
		}
		page := fmt.Sprint(chain, " page ", call.Page)
		if before, again := seen[page]; again {
			repeats[fmt.Sprint(chain, " after kill ", epoch)]++
			if before == epoch {
				h.t.Errorf("call %d repeats one that no kill lies between", i+1)
			}
		}
		seen[page] = epoch
	}
	for chain, n := range repeats {
		if n > 1 {
			h.t.Errorf("%d pages are repeated of %s", n, chain)
		}
	}
	// Where ranges are cut depends on latency; each has one page that is not full.
	if len(seen) > want.calls+len(ranges) {
		h.t.Errorf("%d pages are read, %d without the kills", len(seen), want.calls)
	}
	h.t.Logf("%d kills, %d calls, %d pages, %d ranges of conversations, %d repeats", len(kills), h.vendor.Count(""), len(seen), len(ranges), len(repeats))
}

// chainOf names the chain of pages that a call belongs to.
func chainOf(call vendor.Call) string {
	params := maps.Clone(call.Params)
	params.Del("cursor")
	return call.Endpoint + "?" + params.Encode()
}

// TestStoppedInMidPage: the page under way is finished and kept, then the program
// ends; its successor goes on where it stopped.
func TestStoppedInMidPage(t *testing.T) {
	t.Parallel()
	g := &gate{}
	h := prepare(t, vendor.Sample(), setup{pageSize: 10, earliest: "2023-12-01",
		options: vendor.Options{RateWindow: vendor.Off, OnCall: g.onCall}})
	p := h.spawn()
	id := h.submit(ofAna.body())
	reached, release := g.hold(t, 7)
	h.come("the seventh page", reached)
	p.terminate(release)
	h.wantNoAttemptUsed()
	if n := h.number(`SELECT count(*) FROM jobs WHERE state = 'due' AND taken_over = 0`); n == 0 {
		t.Error("the work was not given back")
	}
	p = h.spawn()
	h.wantExact(sampleCorpus(t), ofAna, id)
	h.wantFewRepeats(nil, undisturbed{calls: h.vendor.Count("")})
	p.terminate(func() {})
}

// TestStoppedWhileTheVendorHangs: the program does not wait for an answer that does
// not come.
func TestStoppedWhileTheVendorHangs(t *testing.T) {
	t.Parallel()
	hangs := make(chan struct{})
	h := prepare(t, vendor.Sample(), setup{pageSize: 10, earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off}})
	h.vendor.Fault(chaos.Fault{Kind: chaos.Hang, Endpoint: vendor.Conversations, Page: 3, Match: func(vendor.Call) bool {
		close(hangs) // the fault comes once
		return true
	}})
	p := h.spawn()
	id := h.submit(ofAna.body())
	h.come("the page that does not come", hangs)
	p.terminate(func() {})
	h.wantNoAttemptUsed()
	kill := h.vendor.Count("")
	h.spawn()
	h.wantExact(sampleCorpus(t), ofAna, id)
	h.wantFewRepeats([]int{kill}, undisturbed{calls: h.vendor.Count("")})
}

// client has no connections from before a restart.
func (h *harness) client() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
}

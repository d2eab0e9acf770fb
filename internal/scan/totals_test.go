package scan_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"dsr-server/internal/dsr"
)

// totals are what vendors count beside a page's records: so many are on it, so many came up
// to it, so many different ones there are on all pages.
var totals = map[string]func(onPage, soFar, different int) string{
	"of the page":  func(onPage, _, _ int) string { return fmt.Sprintf(`"count":%d,`, onPage) },
	"so far":       func(_, soFar, _ int) string { return fmt.Sprintf(`"total":%d,`, soFar) },
	"of all":       func(_, _, different int) string { return fmt.Sprintf(`"meta":{"total":%d},`, different) },
	"page and all": func(onPage, _, different int) string { return fmt.Sprintf(`"count":%d,"total":%d,`, onPage, different) },
	"on the first page alone": func(onPage, soFar, different int) string {
		if onPage < soFar {
			return ""
		}
		return fmt.Sprintf(`"totalCount":"%d",`, different)
	},
}

// countedPages are a sound export in pages; some begin with the last record of the one before.
func countedPages(rng *rand.Rand, kind string, total func(onPage, soFar, different int) string, repeats bool) map[string][]byte {
	different, size, soFar := 2+rng.IntN(9), 1+rng.IntN(4), 0
	files := map[string][]byte{}
	for at := 0; at < different; at += size {
		var page []string
		for i := at; i < min(at+size, different); i++ {
			page = append(page, fmt.Sprintf(`{"_id":"%s%d","conversationId":"conversations0","startTime":1744750665,"time":1744750666,"metadata":{"email":"x@example.com"}}`, kind, i))
			soFar++
		}
		if repeats && at > 0 {
			page = append(page, fmt.Sprintf(`{"_id":"%s%d","conversationId":"conversations0","startTime":1744750665,"time":1744750666,"metadata":{"email":"x@example.com"}}`, kind, at-1))
		}
		cursor := fmt.Sprintf("%q", fmt.Sprint(at))
		if at+size >= different {
			cursor = "null"
		}
		said, data := total(min(size, different-at), soFar, different), `"data":[`+strings.Join(page, ",")+`]`
		text := "{" + said + data + `,"cursor":` + cursor + "}"
		if rng.IntN(2) == 0 {
			text = "{" + data + "," + said + `"cursor":` + cursor + "}"
		}
		files[fmt.Sprintf("%s-%d.json", kind, at)] = []byte(text)
	}
	return files
}

// TestSoundTotalsAreNoContradiction, in every way in which vendors count, and whatever lies
// beside the pages.
func TestSoundTotalsAreNoContradiction(t *testing.T) {
	t.Parallel()
	for name, total := range totals {
		for seed := range uint64(4) {
			t.Run(fmt.Sprint(name, "/", seed), func(t *testing.T) {
				t.Parallel()
				rng := rand.New(rand.NewPCG(seed, uint64(len(name))))
				files := countedPages(rng, "conversations", total, seed%2 == 1)
				for name, body := range countedPages(rng, "messages", total, seed%2 == 1) {
					files[name] = body
				}
				if seed > 1 {
					files["conversations-more.ndjson"] = lines([]json.RawMessage{json.RawMessage(`{"_id":"beside","startTime":1744750665,"metadata":{"email":"x@example.com"}}`)})
				}
				b := newBench(t, folder(t, files))
				id := b.ask([]string{"old"}, dsr.Selector{Metadata: &dsr.Metadata{Key: "*", Value: "x@example.com", Match: dsr.Exact}})
				b.must(b.scan("dump:old", nil))
				b.wantComplete(id, true)
			})
		}
	}
}

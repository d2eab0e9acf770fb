package match_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
)

// TestKeysInAnyOrder reads records whose keys follow each other in the order of the
// record before, or nearly, or not at all: more keys than are remembered, keys that
// begin alike, some at the limit of what is remembered, some repeated.
func TestKeysInAnyOrder(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(21, 22))
	pool := []string{`"_id"`, `"_ID"`, `"metadata"`, `"Metadata"`, `"startTime"`, `""`, `"\u0061"`, `"é"`}
	for n := range 600 {
		pool = append(pool, fmt.Sprintf(`"k%d"`, n))
	}
	for n := range '\\' - '0' { // these differ in the middle only
		pool = append(pool, fmt.Sprintf(`"beginnings%cthe-ending"`, '0'+n))
	}
	for n := 1; n < 60; n++ {
		pool = append(pool, `"`+strings.Repeat("a", n)+`"`, `"`+strings.Repeat("a", n)+`b"`)
	}
	order := random.Perm(len(pool))[:20:20]
	object := func(values ...string) string {
		var members []string
		for _, k := range order {
			members = append(members, pool[k]+either(random, ":", " : ")+values[random.IntN(len(values))])
		}
		return "{" + strings.Join(members, ",") + "}"
	}
	queries := []match.Query{{Selectors: []dsr.Selector{
		by("", "x", dsr.Exact), by(strings.Repeat("a", 40), "x", dsr.Exact), by("a.a", "x", dsr.Normalized), byID("x"),
	}}}
	for range 100 {
		var block bytes.Buffer
		for range 10 {
			switch random.IntN(4) {
			case 0:
				order = random.Perm(len(pool))[:1+random.IntN(40)]
			case 1:
				order[random.IntN(len(order))] = order[random.IntN(len(order))]
			case 2: // only keys that differ in the middle
				order = nil
				for range 12 {
					order = append(order, 608+random.IntN(40))
				}
			}
			inner := object(`"x"`, `"y"`, `1`)
			fmt.Fprintf(&block, `{"_id":"x","metadata":%s,"o":%s}`+"\n", object(`"x"`, inner, `[`+inner+`]`), inner)
		}
		compareScan(t, fields, block.Bytes(), match.NDJSON, queries)
	}
}

func either(r *rand.Rand, a, b string) string {
	if r.IntN(8) == 0 {
		return b
	}
	return a
}

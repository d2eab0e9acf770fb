package record_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/record"
)

func TestLeavesAreEveryTextAsItIsMeant(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string][]record.Leaf{
		`{"a":"x","b":[1.50,{"c":"y"}],"d":null,"e":true}`: {{"a", "a", true}, {"a", "x", false}, {"b", "b", true}, {"b", "1.50", false},
			{"b.c", "c", true}, {"b.c", "y", false}, {"d", "d", true}, {"e", "e", true}},
		`{"a":"\u0041\/\"\ud83d\udc4b\n","a":""}`: {{"a", "a", true}, {"a", "A/\"👋\n", false}, {"a", "a", true}, {"a", "", false}},
		`{"a":"\ud83d!"}`:                         {{"a", "a", true}, {"a", "\uFFFD!", false}},
		`{"a":" {\"k\":\"v\"} "}`:                 {{"a", "a", true}, {"a", ` {"k":"v"} `, false}, {"a.k", "k", true}, {"a.k", "v", false}},
		`{"a":"\"[\\\"v\\\"]\""}`:                 {{"a", "a", true}, {"a", `"[\"v\"]"`, false}, {"a", `["v"]`, false}, {"a", "v", false}},
		`{"a":"[1, oops"}`:                        {{"a", "a", true}, {"a", "[1, oops", false}},
	} {
		if diff := cmp.Diff(want, record.Leaves([]byte(raw))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", raw, diff)
		}
	}
}

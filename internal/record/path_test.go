package record_test

import (
	"slices"
	"strings"
	"testing"

	"dsr-server/internal/record"
)

func TestPathsFindWhatTheyName(t *testing.T) {
	rec := record.Parse([]byte(`{"id":7,"a":{"b.c":{"d":"dotted"},"*":"star","":"none","q\"\\":"quoted"},"list":[{"n":1},{"n":2},{"m":3}],"by":{"x":{"n":4},"y":{"n":5}}}`))
	for path, want := range map[string]string{
		"id": "7", `a."b.c".d`: "dotted", `a."*"`: "star", `a.""`: "none", `a."q\"\\"`: "quoted",
		"list.*.n": "1 2", "by.*.n": "4 5", "absent": "", "id.below": "", "list.n": "", "*.x.n": "4",
	} {
		p, err := record.ParsePath(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		var got []string
		for _, v := range p.Of(rec) {
			got = append(got, v.Text())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s found %q, want %q", path, got, want)
		}
		if p.String() != path {
			t.Errorf("%s is written as %s", path, p)
		}
	}
	whole, err := record.ParsePath(".")
	if err != nil || len(whole.Of(rec)) != 1 || whole.Of(rec)[0] != rec || whole.String() != "." {
		t.Errorf(". is not the whole record: %v %v", whole, err)
	}
}

func TestPathsThatSayNothingAreRefused(t *testing.T) {
	for _, path := range []string{"", "a.", ".a", "a..b", `a"b`, `"a`, `"a"b`, `a."b`} {
		if p, err := record.ParsePath(path); err == nil {
			t.Errorf("%q was taken for %q", path, slices.Clone(p))
		}
	}
}

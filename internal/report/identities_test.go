package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsr-server/internal/dsr"
)

// leaf is a text of the metadata, found by the selector with this number at its path.
type leaf struct {
	selector   int
	path, text string
}

func identitiesOf(selectors []dsr.Selector, leaves ...leaf) []dsr.Warning {
	i := NewIdentities(dsr.Request{Selectors: selectors})
	for _, l := range leaves {
		i.Add([]dsr.Why{{Selector: l.selector, Path: "id"}}, l.path, l.text)
	}
	return i.Warnings()
}

var byID = []dsr.Selector{
	{Metadata: &dsr.Metadata{Key: "id", Value: "ab12", Match: dsr.Normalized}},
	{Metadata: &dsr.Metadata{Key: "tier", Value: "gold", Match: dsr.Exact}},
}

func TestSeveralAddressesBesideOneSelectorAreSeveralPeoples(t *testing.T) {
	t.Parallel()
	at := func(texts ...string) (out []leaf) {
		for _, text := range texts {
			out = append(out, leaf{1, "email", text})
		}
		return out
	}
	for name, c := range map[string]struct {
		leaves []leaf
		want   []string
	}{
		"three":              {leaves: at("a@x.de", "b@x.de", "c@x.de")},
		"four":               {at("d@x.de", "a@x.de", "b@x.de", "c@x.de"), []string{"a@x.de", "b@x.de", "c@x.de", "d@x.de"}},
		"spelt differently":  {leaves: at("a@x.de", "A@X.DE", "mailto:a@x.de?subject=x", "Ana <a@x.de>", " a@x.de ")},
		"in a list":          {at("a@x.de; b@x.de, c@x.de", "d@x.de"), []string{"a@x.de", "b@x.de", "c@x.de", "d@x.de"}},
		"mentioned in texts": {leaves: at("write to a@x.de", "or b@x.de", "c@x.de or d@x.de", strings.Repeat("a@x.de,", 1000))},
		"of two selectors":   {leaves: append(at("a@x.de", "b@x.de"), leaf{0, "email", "c@x.de"}, leaf{0, "email", "d@x.de"})},
	} {
		var got []string
		for _, w := range identitiesOf(byID, c.leaves...) {
			if w.Code != dsr.WarnSeveralIdentities || strings.Contains(w.Detail, "@") {
				t.Errorf("%s: %+v", name, w)
			}
			got = append(got, w.Named...)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	var many []leaf
	for n := range 1000 {
		many = append(many, leaf{1, "email", fmt.Sprintf("%d@x.de", n)})
	}
	if w := identitiesOf(byID, many...); len(w) != 1 || len(w[0].Named) != mostNamed || !strings.Contains(w[0].Detail, "at least 100") {
		t.Errorf("of a thousand addresses: %+v", w)
	}
}

func TestIDsThatDifferInCaseMayBeTwoPeoples(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		leaves []leaf
		want   []string
	}{
		"one spelling":      {leaves: []leaf{{0, "id", "AB12"}, {0, "id", "AB12"}}},
		"two":               {[]leaf{{0, "id", "ab12"}, {0, "id", "AB12"}, {0, "id", "Ab12"}}, []string{"AB12", "Ab12", "ab12"}},
		"another place":     {leaves: []leaf{{0, "id", "ab12"}, {0, "other", "AB12"}}},
		"another value":     {leaves: []leaf{{0, "id", "ab12"}, {0, "id", "AB13"}}},
		"a selector of two": {leaves: []leaf{{1, "id", "gold1"}, {1, "id", "GOLD1"}}},
	} {
		var got []string
		for _, w := range identitiesOf(byID, c.leaves...) {
			if w.Code != dsr.WarnIDsDifferInCase || strings.Contains(strings.ToLower(w.Detail), "ab12") {
				t.Errorf("%s: %+v", name, w)
			}
			got = append(got, w.Named...)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for _, value := range []string{"anna", "ana 12", "ana12@x.de"} { // a name, a name and a number, an address
		selectors := []dsr.Selector{{Metadata: &dsr.Metadata{Key: "id", Value: value, Match: dsr.Normalized}}}
		if w := identitiesOf(selectors, leaf{0, "id", value}, leaf{0, "id", strings.ToUpper(value)}); slices.ContainsFunc(w, func(w dsr.Warning) bool { return w.Code == dsr.WarnIDsDifferInCase }) {
			t.Errorf("%s is taken for an id: %+v", value, w)
		}
	}
}

package dsr

import (
	"errors"
	"testing"
	"time"
	"unicode"
)

func TestE164(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, region, want string }{
		{"+49 (0)30 123456", "", "+4930123456"},
		{"0049 30 123456", "", "+4930123456"},
		{"0049 30 123456", "US", "+4930123456"}, // there 011 is dialled, but this is how it is written
		{"030/12 34 56", "DE", "+4930123456"},
		{"030/12 34 56", "", ""},
		{"(202) 555-0123 ext. 9", "US", "+12025550123"},
		{"555-0123", "US", ""}, // without its area code
		{"1-800-FLOWERS", "US", "+18003569377"},
		{"０３０　１２３４５６", "DE", "+4930123456"},
		{"٠٣٠ ١٢٣٤٥٦", "DE", "+4930123456"},
		{"०३० १२३४५६", "DE", "+4930123456"},
		{"tel:+49-30-123456;phone-context=+1", "", "+4930123456"},
		{"+390612345678", "", "+390612345678"}, // keeps its nought
		{"ana@example.com", "US", ""},
		{"+4", "", ""},
		{"", "DE", ""},
		{"+4930123456", "XX", "+4930123456"},
	} {
		if got := E164(c.text, c.region); got != c.want {
			t.Errorf("E164(%q, %q) = %q, want %q", c.text, c.region, got, c.want)
		}
	}
}

func TestDigitKnowsEveryDecimalDigit(t *testing.T) {
	t.Parallel()
	count := map[rune]int{}
	for r := range rune(unicode.MaxRune) {
		d, ok := Digit(r)
		if ok != unicode.IsDigit(r) {
			t.Fatalf("%U: %v", r, ok)
		}
		if ok {
			count[d]++
		}
	}
	for d := range rune(10) {
		if count[d] != count[0] || count[d] < 60 {
			t.Errorf("%d scripts have a %d, %d a nought", count[d], d, count[0])
		}
	}
	for r, want := range map[rune]rune{'٧': 7, '९': 9, '０': 0, '𝟗': 9, '5': 5} {
		if d, ok := Digit(r); !ok || d != want {
			t.Errorf("%c is %d, %v", r, d, ok)
		}
	}
}

func TestPhoneNumbersAreUnderstoodOrRefused(t *testing.T) {
	t.Parallel()
	regions := map[string]string{"berlin": "DE", "boston": "US"}
	for _, c := range []struct {
		name, value, region string
		match               Match
		sources             []string
		want, field         string // the value afterwards, or the field at fault
	}{
		{name: "international", value: "+49 30 123456", sources: []string{"plain"}, want: "+4930123456"},
		{name: "in the source's region", value: "030 123456", sources: []string{"berlin"}, want: "+4930123456"},
		{name: "in the region of one of them", value: "030 123456", sources: []string{"berlin", "plain"}, want: "+4930123456"},
		{name: "in its own region", value: "020 7946 0018", region: "gb", sources: []string{"berlin"}, want: "+442079460018"},
		{name: "without any region", value: "030 123456", sources: []string{"plain"}, field: "selectors[0].metadata.value"},
		{name: "another number in each", value: "2025550123", sources: []string{"berlin", "boston"}, field: "selectors[0].metadata.value"},
		{name: "no number", value: "ana@example.com", sources: []string{"berlin"}, field: "selectors[0].metadata.value"},
		{name: "unknown region", value: "030 123456", region: "XX", sources: []string{"berlin"}, field: "selectors[0].metadata.region"},
		{name: "region without phone", value: "030 123456", region: "DE", match: Exact, sources: []string{"berlin"}, field: "selectors[0].metadata.region"},
	} {
		mode := Phone
		if c.match != "" {
			mode = c.match
		}
		s := Submission{Sources: c.sources, Selectors: []Selector{{Metadata: &Metadata{Value: c.value, Region: c.region, Match: mode}}}}
		err := s.Validate(time.Now(), []string{"berlin", "boston", "plain"}, regions).Err()
		e, invalid := errors.AsType[*Error](err)
		switch {
		case c.field == "" && (err != nil || s.Selectors[0].Metadata.Value != c.want):
			t.Errorf("%s: %q, %v", c.name, s.Selectors[0].Metadata.Value, err)
		case c.field != "" && (!invalid || e.Field != c.field):
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

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

// TestOneNumberInManySpellings: all of a line are one subscriber's number.
func TestOneNumberInManySpellings(t *testing.T) {
	t.Parallel()
	for want, spellings := range map[string][]string{
		"+4930123456": {
			"whatsapp://send?phone=4930123456&text=hi", "https://wa.me/4930123456?text=Hallo%2049", "wa.me/4930123456", "https://api.whatsapp.com/send/?text=x&phone=4930123456", "whatsapp:+4930123456",
			"4930123456:12@s.whatsapp.net", "4930123456_1@s.whatsapp.net", "4930123456_1:12@s.whatsapp.net", "4930123456@c.us", "tel:030123456;phone-context=+49", "tel:30123456;phone-context=+49", "tel:+49-30-123456;phone-context=+1",
			"+49 30 123456 (home)", "+49 30 123456 (privat)", "+49 30 123456 ext. 5", "+49 (0)30 123456", "<sip:+4930123456@example.com>", `"Ana" <sip:+4930123456@example.com;user=phone>;tag=49`, "sip:%2B4930123456@example.com",
			"viber://chat?number=%2B4930123456", "viber://add?number=4930123456", "skype:+4930123456?call", "xmpp:4930123456@s.whatsapp.net", "xmpp:+4930123456@example.com", "sms:+4930123456?body=hi", "facetime-audio:+4930123456", "https://t.me/+4930123456",
		},
		"+525512345678": {
			"+52 044 55 1234 5678", "+52 045 55 1234 5678", "+52 01 55 1234 5678", "+52 1 55 1234 5678", "5215512345678@c.us", "0052 045 55 1234 5678", "+52 55 1234 5678", "https://wa.me/5215512345678",
			"044 55 1234 5678", "045 55 1234 5678", "01 55 1234 5678", "55 1234 5678",
		},
		"+541123456789": {
			"+54 9 011 2345-6789", "+54 9 11 2345-6789", "+54 011 15 2345-6789", "+54 9 011 15 2345-6789", "+54 11 15 2345-6789", "+54 11 2345 6789", "5491123456789@s.whatsapp.net", "011 15-2345-6789", "011 2345-6789",
		},
		"+543512345678": {"+54 0351 15 234-5678", "+54 9 351 234-5678", "+54 9 0351 234 5678", "+54 351 15 234 5678", "0351 15 234-5678"},
	} {
		region := map[string]string{"+49": "DE", "+52": "MX", "+54": "AR"}[want[:3]]
		for _, text := range spellings {
			if got := PhoneKey(text, region); got != want {
				t.Errorf("%s: got %q, want %q", text, got, want)
			}
		}
	}
}

// TestAnotherSubscribersNumberIsAnother: nothing that looks like a number becomes one that
// it is not.
func TestAnotherSubscribersNumberIsAnother(t *testing.T) {
	t.Parallel()
	for number, others := range map[string][]string{
		"+4930123456": {
			"4930123456@lid", "4930123456@g.us", "4930123456-1456789012@g.us", "1456789012-4930123456@g.us", "4930123456@example.com", "sip:4930123456@example.com", "xmpp:4930123456@example.com", "viber:4930123456",
			"https://example.com/4930123456", "https://shop.example/?order=+4930123456", "https://wa.me/49301234567", "https://wa.me/493012345", "wa.me/1?text=+4930123456", "49301234561@c.us", "149301234561@c.us",
			"whatsapp://send?text=+4930123456&phone=4930654321", "sms:+4930654321?body=+4930123456", `"+4930123456" <sip:+4930654321@example.com>`, "tel:123456;phone-context=+1930", "tel:123456;phone-context=+49",
			"+49 30 123456 / +49 30 654321", "+49 30 1234560", "+49 30 12345",
		},
		"+525512345678":  {"+52 2 55 1234 5678", "+52 04 55 1234 5678", "+52 55 1234 567", "+1 55 1234 5678"},
		"+541123456789":  {"+54 9 11 2345-678", "+54 11 2315 6789", "+54 11 1523 4567", "+54 15 2345 6789", "+54 9 341 2345 6789"},
		"+5511987654321": {"+55 11 88765-4321", "+55 12 98765-4321", "+55 11 9 9876-5432"},
	} {
		for _, text := range others {
			if got := PhoneKey(text, ""); got == PhoneKey(number, "") {
				t.Errorf("%s is taken for %s", text, number)
			}
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

func TestLocalNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"030 3923415": "303923415", "(030) 392-34 15": "303923415", "٠٣٠ ٣٩٢٣٤١٥": "303923415", "0171/1234567": "1711234567",
		"+49 30 3923415": "", "0049 30 3923415": "", "30 3923415": "", "030 3923": "", "030 3923415 Ana": "", "+030 3923415": "", "030 3923415 ext. 5": "", "030 3923415#5": "", "": "",
	} {
		if got := LocalNumber(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

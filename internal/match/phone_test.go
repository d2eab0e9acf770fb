package match_test

import (
	"math/big"
	"strings"
	"testing"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
)

var phoneSeeds = []string{
	"+4930123456", "+12025550123", "+5491123456789", "+390612345678", "+18003569377", "+441212345678", "+2902000", "+6834000",
	"+49 (0)30 123456", "0049-30-123456",
}

// phone is one of the numbers, or nearly, in one of the ways to write it.
func (g generator) phone() string {
	n, err := phonenumbers.Parse(g.of(phoneSeeds), "ZZ")
	if err != nil {
		n, _ = phonenumbers.Parse(phoneSeeds[0], "ZZ")
	}
	s := phonenumbers.Format(n, phonenumbers.PhoneNumberFormat(g.pick(4)))
	for g.oneIn(2) {
		switch g.pick(9) {
		case 0:
			s = wide(s)
		case 1:
			s = strings.Map(func(r rune) rune {
				if r >= '0' && r <= '9' {
					return r - '0' + '٠'
				}
				return r
			}, s)
		case 2:
			s = strings.ReplaceAll(s, "+", "00")
		case 3:
			s += g.of([]string{" ext. 5", "x17", ";ext=3", " #4"})
		case 4:
			s = g.of([]string{"Tel: ", "(", "p ", "\u00a0"}) + s
		case 5:
			s = strings.ReplaceAll(s, " ", g.of([]string{"", "-", ".", "\u00a0", "/", "\u2011"}))
		case 6:
			s = strings.ReplaceAll(s, "356", g.of([]string{"FLO", "flo", "Ｆlo"}))
		case 7:
			s += g.of([]string{";phone-context=+49", " Ana", "1"})
		case 8:
			s = strings.ReplaceAll(s, "1", g.of([]string{"①", "¹", "𝟏", "१", "1"}))
		}
	}
	return s
}

// referencePhone asks the library about every leaf, with digits of its own.
func referencePhone(text, region string) string {
	if len(text) > 250 {
		return ""
	}
	var b strings.Builder
	for _, r := range string(norm.NFKC.Bytes([]byte(text))) {
		if unicode.IsDigit(r) {
			first := r
			for unicode.IsDigit(first - 1) {
				first--
			}
			r = '0' + (r-first)%10
		}
		b.WriteRune(r)
	}
	text = strings.SplitN(b.String(), ";phone-context=", 2)[0]
	tries := [][2]string{{text, region}}
	if region == "" {
		tries[0][1] = "ZZ"
	}
	if i := strings.IndexAny(text, "+0123456789"); i >= 0 && strings.HasPrefix(text[i:], "00") {
		tries = append(tries, [2]string{"+" + text[i+2:], "ZZ"})
	}
	for _, try := range tries {
		n, err := phonenumbers.Parse(try[0], try[1])
		if err == nil && phonenumbers.IsPossibleNumberWithReason(n) == phonenumbers.IS_POSSIBLE {
			return phonenumbers.Format(n, phonenumbers.E164)
		}
	}
	return ""
}

func referencePhoneEqual(s dsr.Metadata, leaf *node, region string) bool {
	if s.Region != "" {
		region = s.Region
	}
	text := leaf.text
	if leaf.kind == 'n' {
		if len(text) > 60 || strings.ContainsAny(text, "eE") && len(text) > 30 {
			return false
		}
		n := jsonNumber.FindStringSubmatch(text)
		if len(n[4]) > 3 {
			return false
		}
		r, ok := new(big.Rat).SetString(text)
		if !ok || !r.IsInt() || r.Sign() <= 0 {
			return false
		}
		text = r.Num().String()
	}
	number := referencePhone(text, region)
	return number != "" && number == referencePhone(s.Value, region)
}

// TestPhoneNumberOfEveryRegionIsFoundHoweverItIsWritten: each region's rules for
// prefixes are its own, and none may change what the sieve looks at.
func TestPhoneNumberOfEveryRegionIsFoundHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	kinds := []phonenumbers.PhoneNumberType{phonenumbers.FIXED_LINE, phonenumbers.MOBILE, phonenumbers.TOLL_FREE, phonenumbers.SHARED_COST, phonenumbers.UAN}
	var found, regions int
	for region := range phonenumbers.GetSupportedRegions() {
		regions++
		for _, kind := range kinds {
			n := phonenumbers.GetExampleNumberForType(region, kind)
			if n == nil || phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE {
				continue
			}
			value := phonenumbers.Format(n, phonenumbers.E164)
			m := mustCompile(t, []match.Query{{Selectors: []dsr.Selector{by("", value, dsr.Phone)}, Region: region}})
			for _, text := range []string{
				value, phonenumbers.Format(n, phonenumbers.NATIONAL), phonenumbers.Format(n, phonenumbers.INTERNATIONAL), phonenumbers.Format(n, phonenumbers.RFC3966),
				phonenumbers.FormatOutOfCountryCallingNumber(n, "US"), wide(phonenumbers.Format(n, phonenumbers.NATIONAL)), phonenumbers.GetNationalSignificantNumber(n),
			} {
				if referencePhone(text, region) != value {
					continue // written for another region
				}
				found++
				hits, _, err := decide(m, []byte(`{"metadata":{"a":"`+text+`"}}`))
				if err != nil || len(hits) != 1 {
					t.Errorf("%s %s: %q is not found: %v", region, value, text, err)
				}
			}
		}
	}
	if regions < 200 || found < 3000 {
		t.Errorf("looked at %d numbers of %d regions", found, regions)
	}
}

func TestPhoneRules(t *testing.T) {
	t.Parallel()
	german := dsr.Selector{Metadata: &dsr.Metadata{Key: "tel", Value: "+4930123456", Match: dsr.Phone, Region: "DE"}}
	plain := by("tel", "+4930123456", dsr.Phone)
	cases := []struct {
		name     string
		selector dsr.Selector
		leaf     string
		found    bool
	}{
		{"as it is", plain, `"+4930123456"`, true},
		{"written internationally", plain, `"+49 (0)30 / 12 34-56"`, true},
		{"with 00", plain, `"0049 30 123456"`, true},
		{"without a region a national number is none", plain, `"030 123456"`, false},
		{"in the selector's region", german, `"030 123456"`, true},
		{"with an extension", german, `"030 123456 ext. 7"`, true},
		{"another extension of digits is another number", german, `"030 1234567"`, false},
		{"in full-width digits", german, `"０３０ １２３４５６"`, true},
		{"in Arabic digits, escaped", german, `"\u0660\u0663\u0660 \u0661\u0662\u0663\u0664\u0665\u0666"`, true},
		{"as a number", german, `4930123456`, true},
		{"as a number with a fraction", german, `4930123456.0`, true},
		{"as half a number", german, `4930123456.5`, false},
		{"as a negative number", german, `-4930123456`, false},
		{"as a number without a region", plain, `4930123456`, false},
		{"inside a text", german, `"please ring me at 030 123456 tomorrow morning"`, false},
		{"true", german, `true`, false},
	}
	for _, c := range cases {
		if got := paths(t, c.selector, `{"_id":"1","metadata":{"tel":`+c.leaf+`}}`); (len(got) == 1) != c.found {
			t.Errorf("%s: %s: found %q", c.name, c.leaf, got)
		}
	}
}

func TestLeavesAreReadInTheSourcesRegion(t *testing.T) {
	t.Parallel()
	record := []byte(`{"metadata":{"tel":"0121 234 5678"}}`)
	for region, want := range map[string]int{"GB": 1, "DE": 0, "": 0} {
		m := mustCompile(t, []match.Query{{Selectors: []dsr.Selector{by("tel", "+441212345678", dsr.Phone)}, Region: region}})
		if hits, _, err := decide(m, record); err != nil || len(hits) != want {
			t.Errorf("region %q: %v, %v", region, hits, err)
		}
	}
}

package match_test

import (
	"fmt"
	"math/big"
	"net/url"
	"regexp"
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
	"+49 (0)30 123456", "0049-30-123456", "+5215512345678", "+525512345678", "+541123456789", "+5511987654321", "+551187654321",
}

// phone is one of the numbers, or nearly, in one of the ways to write it.
func (g generator) phone() string {
	n, err := phonenumbers.Parse(g.of(phoneSeeds), "ZZ")
	if err != nil {
		n, _ = phonenumbers.Parse(phoneSeeds[0], "ZZ")
	}
	s := phonenumbers.Format(n, phonenumbers.PhoneNumberFormat(g.pick(4)))
	for g.oneIn(2) {
		switch g.pick(13) {
		case 9:
			s = g.of([]string{"tel:", "sip:", "SIPS:", "whatsapp:", "sms:"}) + s
		case 10:
			s += g.of([]string{"@s.whatsapp.net", "@c.us", ":23@s.whatsapp.net", "@example.com", ":5@sip.example.com"})
		case 11:
			s = g.of(invisible) + s + g.of(invisible)
		case 12:
			s = strings.NewReplacer("+", "%2B", " ", "%20").Replace(s)
			s = strings.ReplaceAll(s, "%2", g.of([]string{"%2", "％2", "\ufe6a2", "%\u200b2", "％２\u00ad"}))
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
	text = strings.Map(func(r rune) rune {
		if unicode.Is(ignorable, r) {
			return -1
		}
		return r
	}, text)
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
	text = inAddress(b.String())
	tries := [][2]string{{text, region}}
	if region == "" {
		tries[0][1] = "ZZ"
	}
	if i := strings.IndexAny(text, "+0123456789"); i >= 0 && strings.HasPrefix(text[i:], "00") {
		tries = append(tries, [2]string{"+" + text[i+2:], "ZZ"})
	}
	for _, try := range tries {
		n, err := phonenumbers.Parse(try[0], try[1])
		if err == nil {
			n, err = withoutOldPrefix(n)
		}
		if err == nil && phonenumbers.IsPossibleNumberWithReason(n) == phonenumbers.IS_POSSIBLE {
			return phonenumbers.Format(n, phonenumbers.E164)
		}
	}
	return ""
}

// withoutOldPrefix mends what people in Mexico and Argentina write behind the country's code.
func withoutOldPrefix(n *phonenumbers.PhoneNumber) (*phonenumbers.PhoneNumber, error) {
	digits := strings.TrimPrefix(phonenumbers.Format(n, phonenumbers.E164), fmt.Sprintf("+%d", n.GetCountryCode()))
	for _, old := range []string{"1", "01", "044", "045"} {
		if n.GetCountryCode() == 52 && strings.HasPrefix(digits, old) && len(digits) == 10+len(old) {
			return phonenumbers.Parse("+52"+digits[len(old):], "ZZ")
		}
	}
	for _, old := range []string{"9", "0", "90"} {
		rest, found := strings.CutPrefix(digits, old)
		if n.GetCountryCode() == 54 && found && (len(rest) == 10 || len(rest) == 12) {
			if m, err := phonenumbers.Parse("0"+rest, "AR"); err == nil {
				return phonenumbers.Parse(phonenumbers.Format(m, phonenumbers.E164), "ZZ")
			}
		}
	}
	if n.GetCountryCode() == 54 && len(digits) == 12 {
		if m, err := phonenumbers.Parse("0"+digits, "AR"); err == nil {
			return m, nil
		}
	}
	return n, nil
}

// inAddress is the number of an address, or the text. What reads links is too much of a rule
// to be written twice: TestOneNumberInManySpellings (internal/dsr) has its cases.
func inAddress(text string) string {
	if plain, err := url.PathUnescape(text); err == nil {
		text = plain
	}
	rest, scheme := strings.TrimSpace(text), ""
	if strings.Contains(text, "<") || strings.Contains(text, "://") {
		return ""
	}
	for _, s := range []string{"tel:", "callto:", "sms:", "sip:", "sips:", "whatsapp:", "viber:"} {
		if len(rest) >= len(s) && strings.EqualFold(rest[:len(s)], s) {
			scheme, rest = s, strings.TrimLeft(rest[len(s):], "/")
			break
		}
	}
	p := referenceAddress.FindStringSubmatch(rest)
	if p == nil {
		return behind(text)
	}
	number, host := p[1], strings.ToLower(p[2])
	country := referenceContext.FindStringSubmatch(p[3])
	switch {
	case host == "s.whatsapp.net", host == "c.us", scheme == "whatsapp:":
		return "+" + strings.TrimLeft(number, "+ 0")
	case scheme == "" && host != "":
		return text
	case scheme == "" && !strings.Contains(strings.ToLower(p[3]), ";phone-context="):
		return behind(text)
	case country != nil && len(country[1]) <= 3 && !strings.HasPrefix(number, "+"):
		return "+" + country[1] + " " + number
	}
	return number
}

// behind is a text without a remark in parentheses at its end.
func behind(text string) string {
	return referenceRemark.ReplaceAllString(strings.TrimSpace(text), "")
}

var (
	referenceAddress = regexp.MustCompile(`^([^@:;?]*?)(?:_\d+)?(?::\d+)?(?:@([^@\s\x{85}\p{Z};?/]+))?((?:[;?/].*)?)$`)
	referenceContext = regexp.MustCompile(`(?i);phone-context=\+?([\d-]+)`)
	referenceRemark  = regexp.MustCompile(`\s*\([^()]*\p{L}[^()]*\)\s*$`)
)

// referenceKey takes out the digit that not everybody writes.
func referenceKey(number string) string {
	n := len(number)
	switch {
	case strings.HasPrefix(number, "+549") && n == 14:
		return number[:3] + number[4:]
	case strings.HasPrefix(number, "+55") && n == 14 && number[3] != '0' && number[5] == '9' && number[6] >= '6':
		return number[:5] + number[6:]
	}
	return number
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
	return number != "" && referenceKey(number) == referenceKey(referencePhone(s.Value, region))
}

// TestPhoneNumberOfEveryRegionIsFoundHoweverItIsWritten: each region's rules for
// prefixes are its own, and none may change what the filter looks at.
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
		{"a link", plain, `"tel:+49-30-123456"`, true},
		{"a link in the region", german, `"tel:030-123456"`, true},
		{"a SIP address", plain, `"sip:+4930123456@sip.example.com;user=phone"`, true},
		{"a SIP address in the region", german, `"sip:030123456@sip.example.com"`, true},
		{"a WhatsApp id", plain, `"4930123456@s.whatsapp.net"`, true},
		{"a WhatsApp id with a device", plain, `"4930123456:23@s.whatsapp.net"`, true},
		{"an older WhatsApp id", plain, `"4930123456@c.us"`, true},
		{"a Twilio address", plain, `"whatsapp:+4930123456"`, true},
		{"the plus escaped", plain, `"%2B4930123456"`, true},
		{"all of it escaped", plain, `"%2B49%2030%20123%20456"`, true},
		{"an e-mail address", plain, `"4930123456@example.com"`, false},
		{"marks around it", plain, `"\u202a+49 30 123456\u202c"`, true},
		{"marks inside", plain, `"+49\u200b30\u2060123456\u200e"`, true},
		{"Mexico with a 1", by("tel", "+525512345678", dsr.Phone), `"+52 1 55 1234 5678"`, true},
		{"Mexico without a 1", by("tel", "+5215512345678", dsr.Phone), `"+52 55 1234 5678"`, true},
		{"Argentina with a 9", by("tel", "+541123456789", dsr.Phone), `"+54 9 11 2345-6789"`, true},
		{"Brazil with a ninth digit", by("tel", "+551187654321", dsr.Phone), `"5511987654321@c.us"`, true},
		{"a Brazilian landline has no ninth digit", by("tel", "+551132654321", dsr.Phone), `"+55 11 93265-4321"`, false},
	}
	for _, c := range cases {
		if got := paths(t, c.selector, `{"_id":"1","metadata":{"tel":`+c.leaf+`}}`); (len(got) == 1) != c.found {
			t.Errorf("%s: %s: found %q", c.name, c.leaf, got)
		}
	}
}

// TestANumberInALinkIsFoundHoweverItsPercentSignsAreWritten: an escape hides a digit from who
// looks for the last ones of a number, whatever hides the escape.
func TestANumberInALinkIsFoundHoweverItsPercentSignsAreWritten(t *testing.T) {
	t.Parallel()
	number := by("tel", "+4930123456", dsr.Phone)
	for _, sign := range []string{"%", "％", "\ufe6a"} {
		for _, hidden := range append([]string{""}, invisible...) {
			for _, digit := range []string{"33", "３3", "3\u200b3"} {
				text := "+49 30 12" + sign + hidden + digit + "456"
				for _, leaf := range []string{text, escapedIn(text, sign), escapedIn(text, digit)} {
					if got := paths(t, number, `{"_id":"1","metadata":{"tel":"`+leaf+`"}}`); len(got) != 1 {
						t.Errorf("%+q: found %q", leaf, got)
					}
				}
			}
		}
	}
}

// escapedIn is a text with the characters of part in JSON's escapes.
func escapedIn(text, part string) string {
	var escaped strings.Builder
	for _, r := range part {
		fmt.Fprintf(&escaped, `\u%04X`, r)
	}
	return strings.ReplaceAll(text, part, escaped.String())
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

package dsr

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"
)

// MaxPhoneBytes is the longest text that E164 reads as one number.
const MaxPhoneBytes = 250

// E164 reads the text as one phone number and returns it in the form of ITU-T E.164,
// "+" and digits; or "" if it is none. How it is written does not matter: punctuation,
// an extension, letters of a keypad, the digits of any script. region (ISO 3166) says
// where a number without a country code is dialled; without one only numbers that begin
// with + or 00 are read. A number without its area code is none.
func E164(text, region string) string {
	if len(text) > MaxPhoneBytes {
		return ""
	}
	text, _ = dialled(strings.Map(plainDigit, norm.NFKC.String(WithoutInvisible(text))))
	if region == "" {
		region = phonenumbers.UNKNOWN_REGION
	}
	if number := read(text, region); number != "" {
		return number
	}
	if i := strings.IndexAny(text, "+0123456789"); i >= 0 && strings.HasPrefix(text[i:], "00") {
		return read("+"+text[i+2:], phonenumbers.UNKNOWN_REGION)
	}
	return ""
}

// PhoneKey is equal for equal numbers: E164, without the digit that a country writes in
// some numbers and leaves out of the same ones elsewhere.
func PhoneKey(text, region string) string {
	number := E164(text, region)
	for _, p := range optionalDigit {
		if parts := p.FindStringSubmatch(number); parts != nil {
			return parts[1] + parts[2]
		}
	}
	return number
}

var optionalDigit = []*regexp.Regexp{
	regexp.MustCompile(`^(\+54)9(\d{10})$`),            // Argentina: mobile numbers, from abroad
	regexp.MustCompile(`^(\+55[1-9]\d)9([6-9]\d{7})$`), // Brazil: the ninth digit of mobile numbers, added from 2012 to 2016
}

func read(text, region string) string {
	n, err := phonenumbers.Parse(text, region)
	if err != nil {
		return ""
	}
	if number := withoutPrefix(n); number != "" {
		n, err = phonenumbers.Parse(number, phonenumbers.UNKNOWN_REGION)
	}
	if err != nil || phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE {
		return ""
	}
	return phonenumbers.Format(n, phonenumbers.E164)
}

// LocalNumber is what follows the 0 of a number that is written as it is dialled within its
// country, in ASCII digits: "3031234567" of "(030) 312-34567". Which country that is it does
// not say. Any other text has none, nor has one of fewer than seven digits or with an extension.
func LocalNumber(text string) string {
	if len(text) > MaxPhoneBytes || !phoneShape.MatchString(text) {
		return ""
	}
	digits := strings.Map(func(r rune) rune {
		if d, is := Digit(r); is {
			return '0' + rune(d)
		}
		return -1
	}, text)
	local, is := strings.CutPrefix(digits, "0")
	if !is || len(local) < localDigits || strings.HasPrefix(local, "0") || strings.ContainsAny(text, "+＋#") || strings.ContainsFunc(text, unicode.IsLetter) {
		return ""
	}
	return local
}

// localDigits are how many a number has at least that somebody can be told by.
const localDigits = 7

const argentina, brazil, mexico = 54, 55, 52

// National is what PhoneKey makes of a number, taken apart: the country's code, and the rest
// in each of the ways in which it may be written after it.
func National(key string) (country string, numbers []string) {
	n, err := phonenumbers.Parse(key, phonenumbers.UNKNOWN_REGION)
	if err != nil {
		return "", nil
	}
	number := phonenumbers.GetNationalSignificantNumber(n)
	numbers = []string{number}
	switch code := n.GetCountryCode(); {
	case code == brazil && len(number) == 10:
		numbers = append(numbers, number[:2]+"9"+number[2:])
	case code == argentina && len(number) == 10:
		for area := 2; area <= 4; area++ {
			numbers = append(numbers, number[:area]+"15"+number[area:])
		}
	}
	return strconv.Itoa(int(n.GetCountryCode())), numbers
}

var (
	// No number of either country begins with 0, and none of Mexico has 11 digits.
	mexicosPrefix    = regexp.MustCompile(`^(?:1|01|04[45])(\d{10})$`)
	argentinasPrefix = regexp.MustCompile(`^9?0?(\d{10}|\d{12})$`)
)

// withoutPrefix is a number, with its country's code, without what was dialled in front of
// it within its country and is often left standing after the code; "" if there is nothing
// of that kind.
func withoutPrefix(n *phonenumbers.PhoneNumber) string {
	national := strings.Repeat("0", leadingZeros(n)) + strconv.FormatUint(n.GetNationalNumber(), 10)
	switch n.GetCountryCode() {
	case mexico: // the 1 was dialled until 2019, and is still in WhatsApp's names
		if p := mexicosPrefix.FindStringSubmatch(national); p != nil {
			return "+52" + p[1]
		}
	case argentina: // the 0 of the area and the 15 of mobiles, where 9 or neither belongs
		if p := argentinasPrefix.FindStringSubmatch(national); p != nil && p[1] != national {
			if m, err := phonenumbers.Parse("0"+p[1], "AR"); err == nil {
				return phonenumbers.Format(m, phonenumbers.E164)
			}
		}
	}
	return ""
}

func leadingZeros(n *phonenumbers.PhoneNumber) int {
	if !n.GetItalianLeadingZero() {
		return 0
	}
	return int(max(n.GetNumberOfLeadingZeros(), 1))
}

func plainDigit(r rune) rune {
	if d, ok := Digit(r); ok {
		return '0' + d
	}
	return r
}

// Digit is the value of a decimal digit of any script.
func Digit(r rune) (value rune, ok bool) {
	if r < 0x80 || !unicode.Is(unicode.Nd, r) {
		return r - '0', r >= '0' && r <= '9'
	}
	for _, s := range unicode.Nd.R16 { // digits stand in runs of ten, beginning with nought
		if lo, hi := rune(s.Lo), rune(s.Hi); r >= lo && r <= hi {
			return (r - lo) % 10, true
		}
	}
	for _, s := range unicode.Nd.R32 {
		if lo, hi := rune(s.Lo), rune(s.Hi); r >= lo && r <= hi { //nolint:gosec // a character
			return (r - lo) % 10, true
		}
	}
	return 0, false
}

// KnownRegion reports whether E164 knows how numbers are dialled there.
func KnownRegion(region string) bool { return phonenumbers.GetSupportedRegions()[region] }

// readPhone puts the number in the place of the value as it was given. A number without
// a country code means what it means in the selector's region, else in those of the
// sources asked; they must agree.
func (m *Metadata) readPhone(field string, regions []string, f *Faults) {
	m.Region = strings.ToUpper(m.Region)
	switch {
	case m.Match != Phone && m.Region != "":
		f.Add(field+".region", FaultRegionUnused)
		return
	case m.Match != Phone:
		return
	case m.Region != "" && !KnownRegion(m.Region):
		f.Add(field+".region", FaultUnknownRegion)
		return
	case m.Region != "":
		regions = []string{m.Region}
	}
	var numbers []string
	for _, region := range append(regions, "") {
		if n := E164(m.Value, region); n != "" && !slices.Contains(numbers, n) {
			numbers = append(numbers, n)
		}
	}
	switch len(numbers) {
	case 0:
		f.Add(field+".value", FaultNotPhone)
	case 1:
		m.Value = numbers[0]
	default:
		f.Add(field+".value", FaultAmbiguousPhone)
	}
}

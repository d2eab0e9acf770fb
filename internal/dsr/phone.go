package dsr

import (
	"slices"
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
	text = strings.Map(plainDigit, norm.NFKC.String(text))
	text, _, _ = strings.Cut(text, ";phone-context=") // RFC 3966: digits that are not of the number itself
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

func read(text, region string) string {
	n, err := phonenumbers.Parse(text, region)
	if err != nil || phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE {
		return ""
	}
	return phonenumbers.Format(n, phonenumbers.E164)
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

package finder

import (
	"bytes"
	"regexp"

	"github.com/nyaruka/phonenumbers"

	"dsr-server/internal/dsr"
)

var (
	// abroad has its country's code (ITU-T E.123); 00 is dialled for + in most of the world.
	abroad = regexp.MustCompile(`(?:\+|\b00)[1-9](?:[ ./()-]{0,3}\d){6,16}\b`)
	// national has none: groups of digits, a first 0 or an area in parentheses as it may be.
	national = regexp.MustCompile(`(?:\(\d{2,5}\)|\b\d)(?:[ ./()-]{0,3}\d){4,14}\b`)
	// telephone are words for it. Without a country code digits may count anything else.
	telephone = words(`tele|tel\b|phone|cell\b|mobile?n?\b|mobil|mob\b|call(?:ed|ing)?\b|ring\b|dial|text me|sms|whatsapp|fax|handy|ruf|anruf|erreich|nummer (?:ist|von)|her number|his number|` +
		`appel|portable|joindre|movil|llam|celular|cellulare|chiam|bel\b|bellen|telefoon|zadzwo|komork`)
	// area in parentheses, as in North America, says it without a word.
	area = regexp.MustCompile(`^\(\d{3}\) ?\d{3}[ .-]\d{4}$`)
)

// phones looks for telephone numbers that can be dialled.
func (f Finder) phones(v *view, found func(from, to int)) {
	v.each(abroad, nil, func(from, to int) {
		if to = v.cut(from, to, f.isAbroad); to > 0 {
			found(from, to)
		}
	})
	v.each(national, nil, func(from, to int) {
		if to = v.cut(from, to, f.isNational); to > 0 {
			found(from, to)
		}
	})
}

// cut is where a number ends that may have something else behind it, as the time to call;
// 0: nowhere.
func (v *view) cut(from, to int, is func(v *view, from, to int) bool) int {
	for range 4 {
		if v.standsAlone(from, to) && is(v, from, to) {
			return to
		}
		rest := bytes.TrimRight(v.text[from:to], "0123456789")
		if to = from + len(bytes.TrimRight(rest, " ./()-")); to-from < leastDigits {
			return 0
		}
	}
	return 0
}

func (f Finder) isAbroad(v *view, from, to int) bool {
	return dialled(dsr.E164(string(v.text[from:to]), ""))
}

// dialled reports whether a number in the form of E.164 is one that a country's plan has.
func dialled(number string) bool {
	n, err := phonenumbers.Parse(number, phonenumbers.UNKNOWN_REGION)
	return err == nil && phonenumbers.IsValidNumber(n)
}

func (f Finder) isNational(v *view, from, to int) bool {
	text := string(v.text[from:to])
	digits := digitsIn(text)
	switch {
	case digits < 7 || digits > 15 || dated.MatchString(text):
		return false
	case area.MatchString(text):
		return dialled(dsr.E164(text, "US"))
	case !telephone.Match(v.around(from, to)) || ordered.Match(v.before(from)):
		return false
	}
	return f.region == "" || dialled(dsr.E164(text, f.region))
}

// dated are days, and points in time: 2024-05-01 12, 01.05.2024.
var dated = regexp.MustCompile(`^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2}))(?:\D.*)?$`)

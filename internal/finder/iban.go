package finder

import (
	"regexp"
	"strconv"
)

// ibanLengths are those of the IBAN Registry (SWIFT, by ISO 13616-2), with the country's
// code and the check digits.
var ibanLengths = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29, "BY": 28,
	"CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
	"FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28,
	"IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
	"LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28,
	"NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24,
	"SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26,
	"UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}

var (
	ibanBegins = regexp.MustCompile(`\b[A-Za-z]{2} ?\d{2}`)
	ibanGoesOn = regexp.MustCompile(`^(?:[ -]{0,2}[A-Za-z0-9]){11,29}`)
)

// accounts looks for IBANs, however they are parted. How long one is follows from its
// country; a word may stand right behind it.
func accounts(v *view, found func(from, to int)) {
	done := 0
	v.each(ibanBegins, nil, func(from, head int) {
		if from < done {
			return
		}
		if to := ibanEnd(v, from, head); to > 0 {
			found(from, to)
			done = to
		}
	})
}

// ibanEnd is where the IBAN ends that begins at from with its first four characters up to
// head; 0: it is none.
func ibanEnd(v *view, from, head int) int {
	rest := ibanGoesOn.Find(v.text[head:])
	begins := compact(string(v.text[from:head]))
	missing := ibanLengths[begins[:2]] - len(begins)
	to := head
	for _, c := range rest {
		if missing <= 0 {
			break
		}
		if to++; c != ' ' && c != '-' {
			missing--
		}
	}
	text := compact(string(v.text[from:to]))
	if missing != 0 || to == head || to < len(v.text) && isWord(v.text[to]) || digitsIn(text) < 8 || mod97(text[4:]+text[:4]) != 1 {
		return 0
	}
	return to
}

func digitsIn(text string) (n int) {
	for i := range len(text) {
		if isDigit(text[i]) {
			n++
		}
	}
	return n
}

func decimal(n int) string { return strconv.Itoa(n) }

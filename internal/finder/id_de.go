package finder

import (
	"fmt"
	"regexp"
)

var germanForms = []form{
	{
		kind: IDNumber, rule: GermanPension, written: true, valid: isGermanPension,
		shape: regexp.MustCompile(`(?i)\b\d{2} ?\d{6} ?[a-z] ?\d{3}\b|\b\d{2} \d{2} ?\d{2} ?\d{2} [a-z] \d{2} ?\d\b`),
	},
	{
		kind: IDNumber, rule: GermanTax, written: true, valid: isGermanTax, unless: ordered,
		shape: regexp.MustCompile(`\b[1-9]\d{10}\b|\b[1-9]\d \d{3} \d{3} \d{3}\b|\b[1-9]\d-\d{3}-\d{3}-\d{3}\b|\b[1-9]\d/\d{3}/\d{3}/\d{3}\b`),
	},
	{
		kind: IDNumber, rule: GermanCard, written: true, valid: isGermanCard,
		shape: regexp.MustCompile(`(?i)\b[lmnprtvwxy][cfghjklmnprtvwxyz0-9]{8}(?: ?\dd?)?\b`),
		near:  words(`(?:personal)?ausweis|perso\b|ausweisnr|identity card|id[- ]card|german id\b|passport|reisepass|pass-?(?:nr|nummer)`),
	},
}

// isGermanTax checks a tax identification number: § 139b AO; its first ten digits hold one
// digit twice or three times and every other at most once (§ 1 StIdV and the description
// of the check by the Federal Central Tax Office), and the last is by ISO/IEC 7064, MOD 11,10.
func isGermanTax(digits string) bool {
	var count [10]int
	for i := range 10 {
		count[digits[i]-'0']++
	}
	repeated := 0
	for _, n := range count {
		if n > 3 {
			return false
		}
		if n > 1 {
			repeated++
		}
	}
	return repeated == 1 && mod11and10(digits)
}

// isGermanPension checks a pension insurance number: § 2 VKVV. Area, date of birth, first
// letter of the name at birth, serial number and a check digit: every digit, the letter as
// two of them, is multiplied by its factor, and the cross sums make the check digit.
func isGermanPension(n string) bool {
	if day, month := number(n[2:4]), number(n[4:6]); day == 0 || day > 31 || month == 0 || month > 12 {
		return false
	}
	digits := fmt.Sprintf("%s%02d%s", n[:8], n[8]-'A'+1, n[9:11])
	sum := 0
	for i, factor := range []int{2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1} {
		sum += crossSum(int(digits[i]-'0') * factor)
	}
	return sum%10 == int(n[11]-'0')
}

// isGermanCard checks the number of an identity card or passport (§ 5 PAuswG): nine
// characters with a digit among them, and behind them perhaps the check digit of ICAO
// Doc 9303, part 3, 4.9, and a D, as in the machine-readable zone.
func isGermanCard(n string) bool {
	if digitsIn(n[:9]) == 0 {
		return false
	}
	if len(n) == 9 {
		return true
	}
	sum := 0
	for i, weight := range []int{7, 3, 1, 7, 3, 1, 7, 3, 1} {
		value := int(n[i] - '0')
		if n[i] >= 'A' {
			value = int(n[i]-'A') + 10
		}
		sum += value * weight
	}
	return sum%10 == int(n[9]-'0')
}

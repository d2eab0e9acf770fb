package finder

import (
	"regexp"
	"slices"
)

var englishForms = []form{
	{
		kind: IDNumber, rule: BritishNINO, written: true, valid: isBritishNINO,
		shape: regexp.MustCompile(`(?i)\b[a-z]{2}[ -]?\d{2}[ -]?\d{2}[ -]?\d{2}[ -]?[a-d]\b`),
		near:  words(`national insurance|nino\b|n\.?i\.? ?(?:no|num|number|#)|nat(?:ional)? ins|insurance n(?:o|um)`),
	},
	{
		kind: IDNumber, rule: BritishNHS, written: true, valid: isBritishNHS,
		shape: regexp.MustCompile(`\b\d{3}[ -]?\d{3}[ -]?\d{4}\b`),
		near:  words(`nhs\b`),
	},
	{
		kind: IDNumber, rule: AmericanSSN, written: true, valid: isAmericanSSN,
		shape: regexp.MustCompile(`\b\d{3}([ -]?)\d{2}[ -]?\d{4}\b`),
		near:  words(`ssn\b|ss#|ss number|social ?security|social\b|soc sec|seguro social`),
	},
}

// isBritishNINO checks the letters of a national insurance number (HMRC, National Insurance
// Manual NIM39110): some are never used, some pairs neither.
func isBritishNINO(n string) bool {
	const never = "DFIQUV"
	first, second := n[0], n[1]
	unused := []string{"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}
	return !contains(never, first) && !contains(never, second) && second != 'O' && !slices.Contains(unused, n[:2])
}

func contains(text string, c byte) bool { return slices.Contains([]byte(text), c) }

// isBritishNHS is the check of an NHS number, modulus 11 (NHS Data Model and Dictionary,
// NHS NUMBER); a check digit of 10 is never issued.
func isBritishNHS(digits string) bool {
	check := (11 - weighted(digits, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11) % 11
	return check == int(digits[9]-'0')
}

// isAmericanSSN leaves out what the Social Security Administration never issues
// (20 CFR 422.103; SSA, Social Security Number Randomization): areas 000, 666 and from 900
// on, groups 00 and serials 0000, and two numbers that were printed as examples.
func isAmericanSSN(digits string) bool {
	area, group, serial := digits[:3], digits[3:5], digits[5:]
	return area != "000" && area != "666" && area < "900" && group != "00" && serial != "0000" &&
		digits != "078051120" && digits != "219099999"
}

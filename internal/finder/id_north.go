package finder

import "regexp"

var northForms = []form{
	{
		kind: IDNumber, rule: PolishPESEL, written: true, valid: isPolishPESEL, unless: ordered,
		shape: regexp.MustCompile(`\b\d{11}\b`),
	},
	{
		kind: IDNumber, rule: DutchBSN, written: true, valid: isDutchBSN,
		shape: regexp.MustCompile(`\b\d{8,9}\b|\b\d{3}[ .-]\d{3}[ .-]\d{3}\b|\b\d{4}\.\d{2}\.\d{3}\b`),
		near:  words(`bsn|burgerservice|sofi-?nummer|citizen service|burgerservicenummer|burgernummer`),
	},
}

// isDutchBSN is the check of the burgerservicenummer, "elfproef" with a last weight of -1
// (Logisch Ontwerp BSN); it has nine digits, of which a first 0 is often left out.
func isDutchBSN(digits string) bool {
	if len(digits) == 8 {
		digits = "0" + digits
	}
	sum := weighted(digits, 9, 8, 7, 6, 5, 4, 3, 2, -1)
	return sum%11 == 0 && number(digits) > 0
}

// isPolishPESEL checks date and check digit of a PESEL: the month holds the century
// (ustawa o ewidencji ludności, art. 15 and the ministry's page on the number).
func isPolishPESEL(digits string) bool {
	day, month := number(digits[4:6]), number(digits[2:4])%20
	if day == 0 || day > 31 || month == 0 || month > 12 {
		return false
	}
	sum := weighted(digits, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
	return (10-sum%10)%10 == int(digits[10]-'0')
}

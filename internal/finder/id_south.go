package finder

import (
	"regexp"
	"strings"
)

var southForms = []form{
	{
		kind: IDNumber, rule: ItalianCode, valid: isItalianCode, written: true,
		shape: regexp.MustCompile(`(?i)\b[a-z]{3} ?[a-z]{3} ?[0-9lmnpqrstuv]{2}[abcdehlmprst][0-9lmnpqrstuv]{2} ?[a-z][0-9lmnpqrstuv]{3}[a-z]\b`),
	},
	{
		kind: IDNumber, rule: FrenchNIR, valid: isFrenchNIR, written: true,
		shape: regexp.MustCompile(`(?i)\b[1-478]` + nirGap + `\d\d` + nirGap + `\d\d` + nirGap + `\d[\dab]` + nirGap + `\d{3}` + nirGap + `\d{3}` + nirGap + `\d\d\b`),
	},
	{
		kind: IDNumber, rule: FrenchNIR, valid: isFrenchNIRWithoutKey, written: true,
		shape: regexp.MustCompile(`(?i)\b[1-478]` + nirGap + `\d\d` + nirGap + `\d\d` + nirGap + `\d[\dab]` + nirGap + `\d{3}` + nirGap + `\d{3}\b`),
		near:  words(`securite sociale|(?:n|num|numero)[^a-z]{0,4}(?:de )?secu\b|secu\b|nir\b|insee\b|social security|sozialversicherung`),
	},
	{
		kind: IDNumber, rule: SpanishDNI, valid: isSpanishDNI, written: true, unless: ordered,
		shape: regexp.MustCompile(`(?i)\b(?:\d{8}|\d{2}\.\d{3}\.\d{3}|[xyz][ -]?\d{7}|[xyz][ -]?\d\.\d{3}\.\d{3})[ -]?[trwagmyfpdxbnjzsqvhlcke]\b`),
	},
}

const nirGap = `[ .-]?`

// isSpanishDNI checks a DNI or NIE: the letter is that of the number's remainder by 23
// (Real Decreto 1553/2005, art. 11; the Interior Ministry's page on the NIF letter); of a
// foreigner's, X, Y and Z are 0, 1 and 2 in front.
func isSpanishDNI(n string) bool {
	digits := strings.NewReplacer("X", "0", "Y", "1", "Z", "2").Replace(n[:1]) + n[1:8]
	return n[8] == "TRWAGMYFPDXBNJZSQVHLCKE"[number(digits)%23]
}

// isFrenchNIR checks sex, month and key: the key is 97 less the remainder of the number by
// 97, with 2A counted as 19 and 2B as 18 (Code de la sécurité sociale, R. 115-1 and R. 115-2;
// the INSEE's description of the répertoire). Months beyond 12 are of births whose date is
// not known for certain.
func isFrenchNIR(n string) bool {
	return isFrenchNIRWithoutKey(n[:13]) && number(n[13:]) == 97-number(corsican(n[:13]))%97
}

func isFrenchNIRWithoutKey(n string) bool {
	month := number(n[3:5])
	real := month >= 1 && month <= 12 || month >= 20 && month <= 42 || month >= 50
	letter := n[6] == 'A' || n[6] == 'B'
	return real && (!letter || n[5] == '2') && n[7:10] != "000" && n[10:13] != "000"
}

func corsican(n string) string {
	return strings.NewReplacer("2A", "19", "2B", "18").Replace(n)
}

// isItalianCode checks the letter at the end of a codice fiscale: the characters at odd and
// even places count by two tables (Decreto Ministeriale 23 December 1976), together modulo 26.
// Digits may have been replaced by letters (omocodia).
func isItalianCode(n string) bool {
	odd := [26]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	sum := 0
	for i := range 15 {
		value := int(n[i] - 'A')
		if isDigit(n[i]) {
			value = int(n[i] - '0') // the tables count 0 as A
		}
		if i%2 == 0 {
			value = odd[value]
		}
		sum += value
	}
	return n[15] == byte('A'+sum%26)
}

package dsr

import (
	"strings"
	"unicode"
)

// fewLetters is what a part of a text needs at least to say something of one person, and
// fewDigits the same where it has no letters.
const (
	fewLetters = 4
	fewDigits  = 6
)

// everybodys are parts that stand in the details of nearly everybody: of addresses.
var everybodys = []string{
	"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "aol.com", "gmx.de", "gmx.net", "web.de", "t-online.de",
	"https://", "http://", "www.",
}

// Broad reports whether the value is a part that nearly everybody's conversations hold.
func (m Metadata) Broad() bool {
	if m.Match != Contains {
		return false
	}
	value := FoldText(m.Value)
	var letters, digits int
	for _, r := range value {
		switch {
		case unicode.IsLetter(r):
			letters++
		case unicode.IsDigit(r):
			digits++
		}
	}
	if letters+digits < fewLetters || letters == 0 && digits < fewDigits {
		return true
	}
	for _, part := range everybodys {
		if strings.Contains("@"+part, value) {
			return true
		}
	}
	return false
}

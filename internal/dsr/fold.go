package dsr

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

var foldCase = cases.Fold()

// Fold is the form in which Normalized compares: FoldText, and of an e-mail address the
// domain by the name that its ASCII form (IDNA) means.
func Fold(s string) string { return FoldDomain(FoldText(s)) }

// FoldDomain makes the Fold of what FoldText has made.
func FoldDomain(folded string) string {
	at := strings.LastIndexByte(folded, '@')
	if at < 1 || !strings.Contains(folded[at:], acePrefix) && !strings.Contains(folded[at:], ideographicStop) || !isAddress(folded) {
		return folded
	}
	return folded[:at+1] + FoldText(unicodeDomain(strings.ReplaceAll(folded[at+1:], ideographicStop, ".")))
}

// ideographicStop separates the labels of a domain as the dot does (UTS 46); the other two
// that do are one of these by NFKC.
const ideographicStop = "\u3002"

// Spellings are the forms in which a value is looked for inside of texts that FoldText has
// made: an e-mail address also with the other form of its domain.
func Spellings(value string) []string {
	out := []string{FoldText(value)}
	if !isAddress(out[0]) {
		return out
	}
	at := strings.LastIndexByte(out[0], '@') + 1
	out = append(out, Fold(value))
	shown := strings.ToLower(norm.NFKC.String(WithoutInvisible(value)))
	for _, domain := range []string{out[1][at:], strings.TrimSpace(shown[strings.LastIndexByte(shown, '@')+1:])} {
		if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
			out = append(out, out[0][:at]+FoldText(ascii))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// FoldText is the form in which Contains compares: NFKC, case folding and NFKC again of
// the text without invisible characters, every run of white space as one blank, none at
// the ends.
func FoldText(s string) string {
	s = norm.NFKC.String(WithoutInvisible(s))
	s = norm.NFKC.String(strings.Map(cherokee, foldCase.String(s)))
	// x/text puts an invisible character into very long runs of marks.
	return oneBlank(WithoutInvisible(s))
}

// acePrefix begins a label of a domain in its ASCII form.
const acePrefix = "xn--"

// unicodeDomain decodes the labels of a domain. What is no valid label stays as it is.
func unicodeDomain(domain string) string {
	labels := strings.Split(domain, ".")
	for i, label := range labels {
		if !strings.HasPrefix(label, acePrefix) {
			continue
		}
		if decoded, err := idna.Lookup.ToUnicode(label); err == nil {
			labels[i] = decoded
		}
	}
	return strings.Join(labels, ".")
}

// isAddress reports whether a folded text has the form of an e-mail address.
func isAddress(s string) bool {
	local, domain, found := strings.Cut(s, "@")
	return found && local != "" && domain != "" && !strings.ContainsAny(domain, "@ /:") && !strings.Contains(local, " ")
}

// oneBlank writes every run of white space as one blank, and none at the ends.
func oneBlank(s string) string {
	for i, before := 0, true; i < len(s); i++ {
		blank := s[i] == ' '
		if s[i] >= 0x80 || s[i]-'\t' <= '\r'-'\t' || blank && (before || i == len(s)-1) {
			return strings.Join(strings.Fields(s), " ")
		}
		before = blank
	}
	return s
}

// WithoutInvisible removes the characters that cannot be seen: the default-ignorable
// ones of Unicode, which hold those that steer the direction of writing.
func WithoutInvisible(s string) string {
	if strings.IndexFunc(s, Invisible) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if Invisible(r) {
			return -1
		}
		return r
	}, s)
}

// Invisible reports whether a character has the property Default_Ignorable_Code_Point
// (DerivedCoreProperties.txt has the derivation).
func Invisible(r rune) bool {
	if r < 0xAD {
		return false
	}
	if unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
		return true
	}
	return unicode.Is(unicode.Cf, r) && !unicode.In(r, unicode.White_Space, unicode.Prepended_Concatenation_Mark) &&
		(r < 0xFFF9 || r > 0xFFFB) && (r < 0x13430 || r > 0x1343F)
}

// trimInvisible takes white space, and what looks like it or like nothing, off the ends.
func trimInvisible(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unprintable(r) || r == blankPattern })
}

// blankPattern is the letter of Braille without a dot: it looks like a blank.
const blankPattern = '\u2800'

// unprintable reports whether nobody sees a character, and nobody means it: the invisible ones
// and control characters but for white space.
func unprintable(r rune) bool { return Invisible(r) || unicode.IsControl(r) && !unicode.IsSpace(r) }

// typed is a value as its writer sees it: without what cannot be seen, and with a blank for
// what looks like one.
func typed(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unprintable(r):
			return -1
		case r == blankPattern:
			return ' '
		}
		return r
	}, s)
}

// cherokee mends the one script that golang.org/x/text folds in both directions, so
// that its upper and lower case would never meet: Unicode's CaseFolding.txt folds the
// small letters to the capital ones, and those to themselves.
func cherokee(r rune) rune {
	switch {
	case r >= 0xAB70 && r <= 0xABBF:
		return r - 0xAB70 + 0x13A0
	case r >= 0x13F8 && r <= 0x13FD:
		return r - 8
	}
	return r
}

package dsr

import (
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	// inBrackets is an address after a name, as mail programs copy it, and commented is
	// one with the name behind it.
	inBrackets = regexp.MustCompile(`^[^<>]*<([^<>]+)>$`)
	commented  = regexp.MustCompile(`^([^\s()<>]+@[^\s()<>]+)\s+\([^()]*\)$`)
	mailLink   = regexp.MustCompile(`^(?i)mailto:([^?]+)(?:\?.*)?$`)
	escape     = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
)

// quotes are what people and programs put around a value.
var quotes = []struct{ open, close string }{
	{`"`, `"`}, {"'", "'"}, {"`", "`"}, {"“", "”"}, {"„", "“"}, {"„", "”"}, {"‘", "’"}, {"‚", "‘"}, {"«", "»"}, {"»", "«"}, {"‹", "›"}, {"<", ">"},
}

// pasted is a value without what was copied along with it: quotation marks, the separator
// of a list or the end of a sentence, a name beside an address, the scheme of a link, and
// the escapes of one.
func pasted(text string) string {
	for {
		shorter := unwrap(typed(trimInvisible(text)))
		if shorter == text {
			return text
		}
		text = shorter
	}
}

// unwrap takes off one layer.
func unwrap(text string) string {
	for _, q := range quotes {
		inner, opened := strings.CutPrefix(text, q.open)
		inner, closed := strings.CutSuffix(inner, q.close)
		if opened && closed && !strings.Contains(inner, q.open) && !strings.Contains(inner, q.close) && trimInvisible(inner) != "" {
			return inner
		}
	}
	if shorter := strings.TrimRight(text, ";,"); shorter != text && shorter != "" {
		return shorter
	}
	if shorter := strings.TrimRight(text, ".!?:"); shorter != text && speaks(shorter) {
		return shorter
	}
	for _, p := range []*regexp.Regexp{inBrackets, commented, mailLink} {
		if parts := p.FindStringSubmatch(text); parts != nil && (p == mailLink || isAddress(FoldText(unescapedOnce(parts[1])))) {
			return parts[1]
		}
	}
	return unescapedOnce(text)
}

// speaks reports whether a text says by its shape what it is, so that a mark behind it is
// none of its own.
func speaks(text string) bool {
	return isAddress(FoldText(text)) || phoneShape.MatchString(text) || idShape.MatchString(text) && strings.ContainsAny(text, "0123456789")
}

// unescapedOnce takes the escapes of a link off, unless it is a link, or a sentence in which a
// percent sign is one.
func unescapedOnce(text string) string {
	if !escape.MatchString(text) || strings.ContainsAny(text, " /") {
		return text
	}
	plain, err := url.PathUnescape(text)
	if err != nil || !utf8.ValidString(plain) || trimInvisible(plain) == "" {
		return text
	}
	return plain
}

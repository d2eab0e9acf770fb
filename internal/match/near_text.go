package match

import (
	"bytes"
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match/prefilter"
)

// heard is a value that stands in a text.
type heard struct {
	selectors []int
	at, n     int  // where in the folded text
	inSpoken  bool // or in its spoken form, because it is spelt otherwise
}

// listen finds the values that stand in a folded text as a whole: no letter and no digit
// goes on before or after them.
func (m *Matcher) listen(folded []byte, ask prefilter.Asks, hear func(heard)) {
	if ask&prefilter.Number != 0 {
		m.listenForNumbers(folded, hear)
	}
	if ask&prefilter.Mention == 0 {
		return
	}
	var room [256]byte // which most texts find room in
	spoken := bytes.TrimRight(prefilter.AppendSpoken(room[:0], folded), " ")
	for i := range m.mentions {
		v := &m.mentions[i]
		if at := standsIn(folded, v.folded); at >= 0 {
			hear(heard{v.selectors, at, len(v.folded), false})
		} else if at := standsIn(spoken, v.spoken); at >= 0 {
			hear(heard{v.selectors, at, len(v.spoken), true})
		}
	}
}

// standsIn is where a value stands in a text as a whole, or -1.
func standsIn(text, value []byte) int {
	for from := 0; ; {
		i := bytes.Index(text[from:], value)
		if i < 0 {
			return -1
		}
		i += from
		before, _ := utf8.DecodeLastRune(text[:i])
		first, size := utf8.DecodeRune(value)
		last, _ := utf8.DecodeLastRune(value)
		behind, _ := utf8.DecodeRune(text[i+len(value):])
		goesOn := wordly(before) && wordly(first) || wordly(last) && wordly(behind)
		if !goesOn {
			return i
		}
		from = i + size
	}
}

func wordly(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// around is the part of a text that the value stands in.
func (h heard) around(text []byte) []byte {
	ahead := (maxNearText - min(h.n, maxNearText)) / 2 // of the value
	if len(text) <= ahead {
		return text
	}
	form := func(b []byte) int { return len(dsr.FoldText(string(b))) }
	if h.inSpoken {
		form = func(b []byte) int { return len(spokenForm([]byte(dsr.FoldText(string(b))))) }
	}
	start, size := 0, len(text)
	for step := size / 2; step > 0; step /= 2 { // forms of beginnings grow with them, or nearly
		if mid := start + step; form(text[:mid]) <= h.at {
			start = mid
		}
	}
	from := max(0, start-ahead)
	for from > 0 && !utf8.RuneStart(text[from]) {
		from--
	}
	return text[from:]
}

// A long text is looked at in parts, so that memory stays within bounds. They overlap by
// more than the longest value takes, however it is escaped.
const (
	partSize    = 64 << 10
	partOverlap = 16 << 10
	partSlack   = 4 << 10 // within which a part begins and ends between two words, if it can
)

// parts are the parts of a text, mostly one.
func parts(text []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(text) > partSize {
			end := partSize
			if blank := bytes.LastIndexByte(text[end-partSlack:end], ' '); blank >= 0 {
				end += blank - partSlack
			}
			if !yield(text[:end]) {
				return
			}
			next := end - partOverlap
			if blank := bytes.IndexByte(text[next:next+partSlack], ' '); blank >= 0 {
				next += blank
			}
			for !utf8.RuneStart(text[next]) {
				next++
			}
			text = text[next:]
		}
		yield(text)
	}
}

// spokenForm is the spoken form of a folded text (prefilter/spoken.go has what that is).
func spokenForm(folded []byte) []byte {
	return bytes.TrimRight(prefilter.AppendSpoken(nil, folded), " ")
}

// apostrophes may be a blank in another spelling: an accent that stands by itself is one
// with a mark.
var apostrophes = strings.NewReplacer("'", " ", "’", " ", "‘", " ", "ʼ", " ", "`", " ")

// digitsAlone are the digits of a folded text without letters, if there are enough of them.
func digitsAlone(folded []byte) string {
	var digits []byte
	for _, r := range string(folded) {
		if unicode.IsLetter(r) {
			return ""
		}
		if d, ok := dsr.Digit(r); ok {
			digits = append(digits, '0'+byte(d)) //nolint:gosec // one digit
		}
	}
	if len(digits) < minDigits {
		return ""
	}
	return string(digits)
}

// mailbox is an address without what many providers leave out of account: dots, and from
// a plus on.
func mailbox(folded string) string {
	local, domain, found := strings.Cut(folded, "@")
	local, _, _ = strings.Cut(local, "+")
	local = strings.ReplaceAll(local, ".", "")
	if !found || local == "" || domain == "" || strings.ContainsAny(domain, "@ ") || strings.Contains(local, " ") {
		return ""
	}
	return local + "@" + domain
}

package match_test

import (
	"fmt"
	"math/big"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
)

// generator writes queries and records that often match each other, in every spelling
// that JSON and Unicode allow. pick chooses one of n.
type generator struct {
	pick func(n int) int
}

var seeds = []string{
	"jane@example.com", "Jane@Example.COM", "Ana  García", "Straße", "STRASSE", "ﬁsh", "FISH", "K9", "\u212a9", "ſs", "ss",
	"é", "e\u0301", "１２３", "123", "1", "1.0", "1e0", "10e-1", "-0", "0", "0.0e5", "007", "+1", "1e400", "10e399", "-7.50",
	"12345678901234567890", "12345678901234567891", "1e99999999999999999999", "true", "null", "ΐ", "ᾳ", "α\u0345\u0301",
	"가", "\u1100\u1161", "İstanbul", "ǆ", "ǅ", "a.b", "5c80416892d94e40a64cea7dc6406e25", "٣", "Ω", "\u2126", "日本語",
	"ana@bücher.example", "ana@xn--bcher-kva.example", "bo@straße.example", "bo@strasse.example", "bo@xn--strae-oqa.example", "BO@XN--STRAE-OQA.example",
	"José  Díaz", "jose\ndiaz", "a\u200bna@example.com", "ana@example。com", "O'Brien", "O’Brien", "O\u00b4Brien", "Jean-Luc P", "Jean\u2800Luc", "x\x7fyz", "\u202aana\u202c", "\ufeffx y",
	"😀 hi", "a\"b\\c/d", "tab\there", "x\u0000y", "a\u034fb", "¨x", "Ａｎａ", "ⅷ", "viii", "½", "1⁄2", "\ufb03", "o\u0308", "ö",
}

var spaces = []string{" ", "\t", "\n", "\u00a0", "\u3000", "\u2003", "\u0085", "\u1680", "\u2028"}

var invisible = []string{"\u200b", "\u202a", "\u202c", "\ufeff", "\u00ad", "\u2060", "\ufe0f", "\u3164", "\U000e0041"}

var letters = []rune("\u200b\u00ad\u202e\ufe0f" + "aAbBkK\u212asSſßéeE\u0301\u0308\u0345ιιfiﬁＡａ \u00a0\u3000´¨01９.@日가\u1100\u1161\u11a8\u034f😀ΣσςİıᎠꭰÅ\u212b")

func (g generator) oneIn(n int) bool { return g.pick(n) == 0 }

func (g generator) of(list []string) string { return list[g.pick(len(list))] }

// text is a value, or a part of one.
func (g generator) text() string {
	if !g.oneIn(3) {
		return g.of(seeds)
	}
	var b strings.Builder
	for range 1 + g.pick(6) {
		b.WriteRune(letters[g.pick(len(letters))])
	}
	return b.String()
}

// variant is s in another spelling, equal in some of the modes.
func (g generator) variant(s string) string {
	for g.oneIn(2) {
		switch g.pick(12) {
		case 9:
			s = strings.ReplaceAll(s, " ", g.of(spaces)+g.of(spaces))
		case 10:
			at := g.pick(len(s) + 1)
			for at > 0 && at < len(s) && !utf8.RuneStart(s[at]) {
				at--
			}
			s = s[:at] + g.of(invisible) + s[at:]
		case 11:
			if local, domain, found := strings.Cut(s, "@"); found {
				if ascii, err := idna.Punycode.ToASCII(domain); err == nil {
					s = local + "@" + ascii
				}
			}
		case 0:
			s = strings.ToUpper(s)
		case 1:
			s = norm.NFD.String(s)
		case 2:
			s = g.of(spaces) + s
		case 3:
			s += g.of(spaces)
		case 4:
			s = strings.ToLower(s)
		case 5:
			s = wide(s)
		case 6:
			s = g.text() + s
		case 7:
			s += g.text()
		case 8:
			s = norm.NFKC.String(s)
		}
	}
	return s
}

// wide replaces ASCII by its full-width form.
func wide(s string) string {
	return strings.Map(func(r rune) rune {
		if r > 0x20 && r < 0x7f {
			return r + 0xfee0
		}
		return r
	}, s)
}

func (g generator) key() string {
	return g.of([]string{"email", "Email", "a", "b", "a.b", "", "*", "metadata", "_id", "é", "e\u0301", "user", "x\ufffd"})
}

func (g generator) shape() match.Fields { return shapes[g.pick(len(shapes))] }

func (g generator) queries() []match.Query {
	queries := make([]match.Query, 1+g.pick(3))
	for q := range queries {
		queries[q].Region = g.of([]string{"", "US", "DE", "AR"})
		for range 1 + g.pick(3) {
			queries[q].Selectors = append(queries[q].Selectors, g.selector())
		}
	}
	return queries
}

func (g generator) selector() dsr.Selector {
	value := g.variant(g.text())
	for dsr.Fold(value) == "" {
		value = g.of(seeds)
	}
	if g.oneIn(5) {
		return dsr.Selector{ConversationID: value}
	}
	key := g.of([]string{"", "", "*", "email", "a", "a.b", "email", "a.b", "a", "user.email", ".a", "a.", "metadata", g.key()})
	m := &dsr.Metadata{Key: key, Value: value, Match: dsr.Matches[g.pick(len(dsr.Matches))]}
	if m.Match == dsr.Phone {
		m.Value = g.of(phoneSeeds)
		m.Region = g.of([]string{"", "", "DE", "GB"})
	}
	return dsr.Selector{Metadata: m}
}

// record writes a record that is likely to hold some of the values.
func (g generator) record(queries []match.Query) []byte {
	var values []string
	for _, q := range queries {
		for _, s := range q.Selectors {
			if s.Metadata != nil {
				values = append(values, s.Metadata.Value)
			} else {
				values = append(values, s.ConversationID)
			}
		}
	}
	w := recordWriter{generator: g, values: values}
	w.object(0, func() string {
		return g.of([]string{"_id", "_id", "metadata", "metadata", "metadata", "startTime", "lastActionAt", "_ID"})
	})
	return []byte(w.String())
}

type recordWriter struct {
	strings.Builder
	generator
	values []string
}

func (w *recordWriter) space() {
	for w.oneIn(8) {
		w.WriteByte(" \t\r\n"[w.pick(4)])
	}
}

func (w *recordWriter) object(depth int, key func() string) {
	w.WriteByte('{')
	w.space()
	for i := range w.pick(6-depth) + 1 - min(depth, 1) {
		if i > 0 {
			w.WriteByte(',')
			w.space()
		}
		w.str(key())
		w.space()
		w.WriteByte(':')
		w.space()
		w.value(depth + 1)
		w.space()
	}
	w.WriteByte('}')
}

func (w *recordWriter) array(depth int) {
	w.WriteByte('[')
	w.space()
	for i := range w.pick(4) {
		if i > 0 {
			w.WriteByte(',')
			w.space()
		}
		w.value(depth + 1)
		w.space()
	}
	w.WriteByte(']')
}

func (w *recordWriter) value(depth int) {
	switch k := w.pick(10); {
	case (k < 3 || k < 5 && depth == 1) && depth < 5:
		w.object(depth, w.key)
	case k < 4 && depth < 5:
		w.array(depth)
	case k < 5:
		w.WriteString(w.of([]string{"true", "false", "null"}))
	case k < 6:
		w.number()
	default:
		w.str(w.leaf())
	}
}

func (w *recordWriter) leaf() string {
	if w.oneIn(8) {
		return w.inner()
	}
	if w.oneIn(4) {
		return w.variant(w.text())
	}
	if w.oneIn(6) {
		return w.phone()
	}
	if w.oneIn(6) {
		return w.text() + w.of([]string{" ", ", ", "(", "x", ".", ""}) + w.of(w.values) + w.of([]string{" ", ", ", ")", "x", ".", "", "é"}) + w.text()
	}
	return w.variant(w.of(w.values))
}

// inner is JSON as a text, now and then cut or with something after it.
func (w *recordWriter) inner() string {
	in := recordWriter{generator: w.generator, values: w.values}
	in.WriteString(w.of([]string{"", "", " ", "\n\t", "\u00a0"}))
	if w.oneIn(2) {
		in.object(3, in.key)
	} else {
		in.array(3)
	}
	in.WriteString(w.of([]string{"", "", "", " ", "\r\n", "x", "}"}))
	return in.String()
}

// number writes one of the values in another number form, if it is a number.
func (w *recordWriter) number() {
	value := strings.TrimSpace(w.of(w.values))
	if digits := strings.TrimPrefix(value, "+"); digits != value && len(digits) > 6 {
		w.WriteString(w.of([]string{digits, digits + ".0", digits[:len(digits)-1] + "." + digits[len(digits)-1:] + "e1", digits[2:]}))
		return
	}
	if !jsonNumber.MatchString(value) || len(value) > 10 {
		w.WriteString(w.of([]string{"0", "-0", "1", "1.0", "10e-1", "123", "7", "-7.5", "1E2", "1e99999999999999999999", "0e999999999999999999999", "12345678901234567890"}))
		return
	}
	r, _ := new(big.Rat).SetString(value)
	shift := w.pick(7) - 3
	scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(shift, -shift))), nil))
	if shift < 0 {
		scale.Inv(scale)
	}
	mantissa := new(big.Rat).Mul(r, scale).FloatString(8)
	fmt.Fprintf(w, "%s%s%d", mantissa, w.of([]string{"e", "E"}), -shift)
}

// str writes s as a string, each character in one of its spellings.
func (w *recordWriter) str(s string) {
	w.WriteByte('"')
	plain := w.oneIn(2)
	for _, r := range s {
		w.char(r, plain)
	}
	if w.oneIn(40) {
		w.WriteString(w.of([]string{`\ud800`, `\udc00`, "\xff", "\xc3", `\ud83d\u0041`, "\xed\xa0\x80", `\ud83d\ud83d\ude00`, "\xe2\x82"}))
	}
	w.WriteByte('"')
}

func (w *recordWriter) char(r rune, plain bool) {
	short := strings.IndexRune("\"\\/\b\f\n\r\t", r)
	must := r < 0x20 || r == '"' || r == '\\'
	switch {
	case !must && (plain || !w.oneIn(4)):
		w.WriteRune(r)
	case short >= 0 && w.oneIn(2):
		w.WriteByte('\\')
		w.WriteByte(`"\/bfnrt`[short])
	case r > 0xFFFF:
		hi, lo := utf16.EncodeRune(r)
		w.hex(hi)
		w.hex(lo)
	case r == utf8.RuneError:
		w.WriteRune(r)
	default:
		w.hex(r)
	}
}

func (w *recordWriter) hex(r rune) {
	fmt.Fprintf(w, w.of([]string{`\u%04x`, `\u%04X`}), r)
}

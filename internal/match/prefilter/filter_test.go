package prefilter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"dsr-server/internal/dsr"
)

// spell writes s as a string token's content, some characters as escapes.
func spell(random *rand.Rand, s string) []byte {
	if random.IntN(2) == 0 {
		b, _ := json.Marshal(s)
		return b[1 : len(b)-1]
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r > 0xFFFF && random.IntN(2) == 0:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		case r < 0x20 || r == '"' || r == '\\' || r < 0x10000 && random.IntN(4) == 0:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return []byte(b.String())
}

var filterLetters = []rune("aAbBzZ09@.-_ \"/\\\t kK\u212asSſßéÉ\u0301\u0308\u0345ιᾳﬁ\u3000\u00a0ａＡ日가\u1100\u1161😀Ꭰꭰ\u034f")

func filterText(random *rand.Rand, n int) string {
	var b strings.Builder
	ascii := random.IntN(2) == 0
	for range n {
		r := filterLetters[random.IntN(len(filterLetters))]
		if !ascii || r < 0x80 {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// respell changes s without changing its fold.
func respell(random *rand.Rand, s string) string {
	switch random.IntN(5) {
	case 0:
		return norm.NFD.String(s)
	case 1:
		return dsr.Fold(s)
	case 2:
		if upper := strings.ToUpper(s); dsr.Fold(upper) == dsr.Fold(s) {
			return upper
		}
	case 3:
		return "  " + s + "\u3000 "
	}
	return s
}

// What the filters let through is decided exactly afterwards, so all that can go wrong
// in them is to hold back a leaf that matches.
func TestFiltersNeverHoldBackAMatch(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(9, 10))
	for range 2_000 {
		var equal equalFilter
		var within containsFilter
		values := make([]string, 1+random.IntN(4))
		for i := range values {
			for dsr.Fold(values[i]) == "" {
				values[i] = filterText(random, 1+random.IntN(30))
			}
			equal.add(dsr.Fold(values[i]))
			within.add(dsr.FoldText(values[i]))
		}
		within.build()
		for range 10 {
			leaf := respell(random, values[random.IntN(len(values))])
			if random.IntN(2) == 0 {
				leaf = filterText(random, random.IntN(20)) + leaf + filterText(random, random.IntN(20))
			}
			checkFilters(t, random, &equal, &within, values, leaf)
		}
	}
}

func checkFilters(t *testing.T, random *rand.Rand, equal *equalFilter, within *containsFilter, values []string, leaf string) {
	t.Helper()
	raw := append(spell(random, leaf), '"')
	end, tr := StringEnd(raw, 0)
	if tr&Broken != 0 || end != len(raw)-1 || string(Decode(nil, raw[:end])) != leaf {
		t.Fatalf("%+q is not read as %+q", raw, leaf)
	}
	isEqual, isWithin := false, false
	for _, v := range values {
		isEqual = isEqual || dsr.Fold(v) == dsr.Fold(leaf)
		isWithin = isWithin || strings.Contains(dsr.FoldText(leaf), dsr.FoldText(v))
	}
	if isEqual && !equal.passAny(raw[:end]) {
		t.Fatalf("%+q equals one of %+q and is held back", raw, values)
	}
	if isEqual && tr&(Escaped|NonASCII) == 0 && !equal.passASCII(raw, 0, end) {
		t.Fatalf("%+q equals one of %+q and is held back as ASCII", raw, values)
	}
	if pass, _ := within.pass(raw[:end], tr|standIns(raw[:end]), nil); isWithin && !pass {
		t.Fatalf("%+q contains one of %+q and is held back", raw, values)
	}
}

// A filter that lets everything through would be right and useless.
func TestFiltersHoldBackTheRest(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(11, 12))
	var equal equalFilter
	var within containsFilter
	for i := range 300 {
		value := dsr.Fold(fmt.Sprintf("Ana.García-%d@example.org", i))
		equal.add(value)
		within.add(value)
	}
	within.build()
	passed := 0
	const leaves = 20_000
	for range leaves {
		leaf := filterText(random, 10+random.IntN(40))
		raw := append(spell(random, leaf), '"')
		end, tr := StringEnd(raw, 0)
		pass, _ := within.pass(raw[:end], tr, nil)
		if pass || equal.passAny(raw[:end]) || tr&(Escaped|NonASCII) == 0 && equal.passASCII(raw, 0, end) {
			passed++
		}
	}
	if passed > leaves/20 {
		t.Errorf("%d of %d leaves passed", passed, leaves)
	}
}

// oddLetters are in a text in which a mention is not written as it is folded.
var oddLetters = []rune("aAbBzZss09@.-_ \"\\\tkK\u212aSſßéÉ\u0301\u0308ιﬁ\u3000\u00a0ａＡ＠．。？日本語本日가\u1100\u1161😀\u034f\u00ad\u200b\u200b\ufe0fиИвВаłøıİ①½𝐚")

func oddText(random *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteRune(oddLetters[random.IntN(len(oddLetters))])
	}
	return b.String()
}

// hide puts what is not seen into a text, and writes letters wide.
func hide(random *rand.Rand, s string) string {
	var b strings.Builder
	for _, r := range s {
		for random.IntN(6) == 0 {
			b.WriteRune([]rune("\u00ad\u200b\ufe0f\u034f")[random.IntN(4)])
		}
		if r > ' ' && r < 0x7F && random.IntN(8) == 0 {
			r += 0xFEE0
		}
		b.WriteRune(r)
	}
	return b.String()
}

func TestMentionsAreNeverHeldBack(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(13, 14))
	mentions := 0
	for range 3_000 {
		var filter mentionFilter
		values := make([]string, 1+random.IntN(3))
		for i := range values {
			for len([]rune(string(AppendSpoken(nil, []byte(values[i]))))) < 5 {
				values[i] = dsr.FoldText(oddText(random, 4+random.IntN(12)))
			}
			filter.add(values[i])
		}
		filter.build()
		for range 10 {
			leaf := oddText(random, random.IntN(9)) + " " + hide(random, respell(random, values[random.IntN(len(values))])) + " " + oddText(random, random.IntN(9))
			folded := " " + dsr.FoldText(leaf) + " "
			if !slices.ContainsFunc(values, func(v string) bool { return strings.Contains(folded, " "+v+" ") }) {
				continue
			}
			mentions++
			raw := append(spell(random, leaf), '"')
			end, tr := StringEnd(raw, 0)
			tr |= standIns(raw[:end])
			word := filter.wordIn(raw[:end], tr)
			if pass, _ := filter.pass(raw[:end], tr, word, nil); !pass {
				t.Fatalf("%+q mentions one of %+q and is held back", raw, values)
			}
			compareSights(t, &filter, raw[:end], word)
		}
	}
	if mentions < 10_000 {
		t.Errorf("only %d texts mentioned a value", mentions)
	}
}

// compareSights asks about a leaf between two others of its kind.
func compareSights(t *testing.T, f *mentionFilter, raw []byte, word bool) {
	t.Helper()
	var sights Sights
	before := bytes.Repeat(append(raw[:len(raw):len(raw)], '"', ','), 2+sightPart/(len(raw)+2))
	sights.Begin(&Filter{mentions: *f, has: Mention}, slices.Concat(before, raw, []byte(`","`), raw), 0)
	if got := sights.in(len(before), len(before)+len(raw)); got != word && !f.brief {
		t.Fatalf("%+q: in sight: %v, found: %v", raw, got, word)
	}
}

// standInLeads are what NoStandIn speaks of.
const standInLeads = "\xC2\xC4\xC5\xC7\xCA\xCB\xCD\xD8\xE1\xE2\xE3\xEA\xEF\xF0\xF1\xF2\xF3\xF4"

// standIns is the trait that the index knows of a leaf.
func standIns(raw []byte) Traits {
	if slices.ContainsFunc(raw, func(c byte) bool { return strings.IndexByte(standInLeads, c) >= 0 }) {
		return 0
	}
	return NoStandIn
}

// TestWhatStandsForASCIIBeginsWithOneOfThese: a word of ASCII that the fold of a text without
// any of these bytes holds stands in the text itself.
func TestWhatStandsForASCIIBeginsWithOneOfThese(t *testing.T) {
	t.Parallel()
	for r := rune(utf8.RuneSelf); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) || r == sharpS { // of which values with two of the letter know
			continue
		}
		fold := strings.TrimSuffix(strings.TrimPrefix(dsr.FoldText("x"+string(r)+"x"), "x"), "x")
		standsForASCII := fold == "" || strings.ContainsFunc(fold, func(r rune) bool { return r > ' ' && r < utf8.RuneSelf })
		kana := r >= 0x3040 && r < 0x3100 // which the index tells by two bytes
		if (standsForASCII || isOdd(r)) && (kana || strings.IndexByte(standInLeads, string(r)[0]) < 0) {
			t.Errorf("%U", r)
		}
	}
}

func TestOnlyTheseAreWrittenAsAnAtSign(t *testing.T) {
	t.Parallel()
	for r := range rune(unicode.MaxRune) {
		if is := strings.Contains(string(appendBaseFormOf(nil, r)), "@"); is != (r == '@' || r == '\uFF20' || r == '\uFE6B') {
			t.Errorf("%U: %v", r, is)
		}
	}
}

func TestDigitsBeginWithTheseBytes(t *testing.T) {
	t.Parallel()
	isDigit := func(r rune) bool { _, ok := dsr.Digit(r); return ok }
	for r := range rune(unicode.MaxRune) {
		raw := []byte(string(r))
		if strings.ContainsFunc(string(appendBaseFormOf(nil, r)), isDigit) && (nextDigit(raw, 0, false) != 0 || nextDigit(append(raw, "         "...), 0, false) != 0) {
			t.Errorf("%U is written as a digit and begins with %X", r, raw[0])
		}
	}
}

package prefilter

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"dsr-server/internal/dsr"
)

// asksAbout is what a string's first two bytes tell.
func (n *Needles) asksAbout(raw string) bool {
	pair := int(raw[0]) | int(raw[1])<<8
	return n.begins[pair>>3]>>(pair&7)&1 != 0
}

// TestWhatIsPassedOverBeginsWithALetter: no value begins with one that is not ASCII, and so with no
// character that folding makes another of, or nothing.
func TestWhatIsPassedOverBeginsWithALetter(t *testing.T) {
	t.Parallel()
	var f Filter
	f.AddEqual("zz")
	f.AddLoose("zz")
	n := f.Needles(Numbers{})
	passed := 0
	for r := rune(utf8.RuneSelf); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) || n.asksAbout(string(r)) {
			continue
		}
		passed++
		first, _ := utf8.DecodeRune(appendBaseFormOf(nil, r))
		spoken := string(AppendLoose(nil, []byte(string(r))))
		_, digit := dsr.Digit(r)
		if first == utf8.RuneError || unicode.IsSpace(first) || !unicode.IsLetter(first) && unicode.IsLetter(r) || spoken == "" || digit || unicode.IsSpace(r) || dsr.Invisible(r) {
			t.Errorf("%U begins with %q, spoken %q", r, first, spoken)
		}
		if folded := dsr.FoldText(string(r) + "x"); strings.HasPrefix(folded, "x") || strings.HasPrefix(folded, "zz") {
			t.Errorf("%U is folded to %q", r, folded)
		}
	}
	if passed < 20_000 {
		t.Errorf("only %d are passed over", passed)
	}
}

// TestWhatIsEqualIsAskedAbout: a leaf that is equal to a value in any way begins like it.
func TestWhatIsEqualIsAskedAbout(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(15, 16))
	equal := 0
	for range 30_000 {
		value := dsr.Fold(oddText(random, 1+random.IntN(6)))
		loose := string(AppendLoose(nil, []byte(value)))
		if loose == "" {
			continue
		}
		var f Filter
		f.AddEqual(value)
		f.AddLoose(loose)
		n := f.Needles(Numbers{})
		for range 5 {
			leaf := hide(random, respell(random, value))
			raw := string(spell(random, leaf))
			if len(raw) < 2 || dsr.Fold(leaf) != value && string(AppendLoose(nil, []byte(dsr.Fold(leaf)))) != loose {
				continue
			}
			if equal++; !n.asksAbout(raw) {
				t.Fatalf("%+q is equal to %+q and passed over", raw, value)
			}
		}
	}
	if equal < 10_000 {
		t.Errorf("only %d were equal", equal)
	}
}

// TestAWordHoldsItsGram, in whatever case it is written.
func TestAWordHoldsItsGram(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(17, 18))
	for range 1000 {
		var n Needles
		var words []string
		for i := range 1 + random.IntN(20) {
			word := make([]byte, 3+random.IntN(12))
			for k := range word {
				word[k] = "abcdefghijklmnopqrstuvwxyz0123456789@.-_"[random.IntN(40)]
			}
			words = append(words, string(word))
			n.addWord(word, 1<<(i%8))
		}
		for _, w := range words {
			in := "<" + w + ">"
			if !n.gramIn(in) || !n.gramIn(strings.ToUpper(in)) {
				t.Fatalf("no gram is found in %q", w)
			}
		}
	}
}

// fourAt reports whether a text begins with one of the fours.
func (n *Needles) fourAt(text string) bool {
	if len(text) <= gram {
		return false
	}
	h := fourHash([]byte(text))
	return n.fours[h>>3]>>(h&7)&1 != 0
}

// gramIn is what package index does, with vectors at first.
func (n *Needles) gramIn(text string) bool {
	for i := range len(text) - gram + 1 {
		groups := byte(0xFF)
		for k := range gram {
			c := text[i+k]
			groups &= n.low[k][c&15] & n.high[k][c>>4]
		}
		if groups != 0 && (i > 0 && n.fourAt(text[i-1:]) || n.fourAt(text[i:])) {
			return true
		}
	}
	return false
}

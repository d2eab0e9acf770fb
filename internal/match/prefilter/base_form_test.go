package prefilter

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"dsr-server/internal/dsr"
)

func baseFormString(s string) string { return string(AppendBaseForm(nil, []byte(s))) }

// everyRune calls f for every code point that text can hold.
func everyRune(f func(r rune, s string)) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if utf8.ValidRune(r) {
			f(r, string(r))
		}
	}
}

func TestBaseFormIsUntouchedByEachStepOfFolding(t *testing.T) {
	t.Parallel()
	fold := cases.Fold()
	everyRune(func(r rune, s string) {
		want := baseFormString(s)
		for step, got := range map[string]string{
			"NFKD": norm.NFKD.String(s), "NFKC": norm.NFKC.String(s), "NFD": norm.NFD.String(s), "NFC": norm.NFC.String(s), "case folding": fold.String(s),
		} {
			if baseFormString(got) != want {
				t.Errorf("%U: %s changes the base form from %+q to %+q", r, step, want, baseFormString(got))
			}
		}
		if baseFormString(want) != want {
			t.Errorf("%U: the base form %+q has another base form", r, want)
		}
	})
}

// Reordering may move what is not a starter, so that must leave no trace, but for the
// one letter that is the same wherever it ends up.
func TestBaseFormOfMarksIsEmpty(t *testing.T) {
	t.Parallel()
	everyRune(func(r rune, s string) {
		if ccc := norm.NFD.PropertiesString(s).CCC(); ccc != 0 && r != '\u0345' && baseFormString(s) != "" {
			t.Errorf("%U, class %d, has the base form %+q", r, ccc, baseFormString(s))
		}
	})
	if got := baseFormString("\u0345"); got != "ι" {
		t.Errorf("U+0345 has the base form %+q", got)
	}
}

// Taking white space off the ends of a fold must take only white space off the base form.
func TestBaseFormOfWhiteSpaceIsWhiteSpace(t *testing.T) {
	t.Parallel()
	everyRune(func(r rune, s string) {
		if unicode.IsSpace(r) && strings.TrimSpace(baseFormString(s)) != "" {
			t.Errorf("%U is white space with the base form %+q", r, baseFormString(s))
		}
	})
}

func TestFoldKeepsTheBaseFormOfText(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	interesting := []rune("\u200b\u00ad\ufe0f\u3164aAeE\u0301\u0308\u0345\u034f\u0327ſßﬁ´¨  \u3000가\u1100\u1161\u11a8αΑΣςİıΆᾳᾼ\u0f71\u0f72\u0f80\u09c7\u09beÅ\u212bẛ\u0323\u1e9b")
	for range 60_000 {
		var b strings.Builder
		for range random.IntN(8) {
			switch random.IntN(8) {
			case 0:
				b.WriteRune(rune(random.IntN(0x3100)))
			case 1:
				b.WriteRune(rune(random.IntN(unicode.MaxRune)))
			case 2:
				b.WriteString(strings.Repeat(string(interesting[8+random.IntN(4)]), random.IntN(40)))
			default:
				b.WriteRune(interesting[random.IntN(len(interesting))])
			}
		}
		s := b.String()
		want := strings.Join(strings.Fields(baseFormString(s)), " ")
		if got := strings.Join(strings.Fields(baseFormString(dsr.FoldText(s))), " "); got != want {
			t.Fatalf("%+q: folding changes the base form from %+q to %+q", s, want, got)
		}
	}
}

func TestFoldOfASCIIIsLowerCaseAndTrim(t *testing.T) {
	t.Parallel()
	for a := range byte(utf8.RuneSelf) {
		for b := range byte(utf8.RuneSelf) {
			s := string([]byte{a, b, 'x', b, a})
			if got, want := string(FoldASCII(nil, []byte(s))), dsr.FoldText(s); got != want {
				t.Fatalf("%q: got %q, want %q", s, got, want)
			}
		}
	}
}

package spreadsheet

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestCellsAreNoFormulasAndComeBack(t *testing.T) {
	t.Parallel()
	start := rapid.SampledFrom([]string{"", "=", "+", "-", "@", "\t", "\r", "\n", "'", "''", "\x00", "＝", "＠"})
	rapid.Check(t, func(t *rapid.T) {
		s := start.Draw(t, "start") + rapid.String().Draw(t, "rest")
		cell := safe(s)
		if first, _ := utf8.DecodeRuneInString(cell); first != '\'' && strings.ContainsRune(formulaStart, first) && cell != "" && first != utf8.RuneError {
			t.Fatalf("%q begins a formula", cell)
		}
		if got := Value(cell); got != s {
			t.Fatalf("%q came back as %q", s, got)
		}
	})
}

func TestTableBeginsWithAMarkAndQuotesEverything(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w := NewWriter(&b)
	if err := w.Header("name", "said"); err != nil {
		t.Fatal(err)
	}
	if err := w.Row("=1+1", "two \"lines\"\nof \xff"); err != nil {
		t.Fatal(err)
	}
	if want := Mark + "\"name\",\"said\"\r\n\"'=1+1\",\"two \"\"lines\"\"\nof \uFFFD\"\r\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

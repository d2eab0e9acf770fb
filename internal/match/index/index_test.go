package index

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"dsr-server/internal/match/prefilter"
)

// twin marks a text as the pass does, byte by byte: the words before the one in which the
// first fault shows.
func twin(text []byte) []word {
	words := make([]word, len(text)/64)
	inside, escaped, digits := false, false, 0
	for i, c := range text[:len(words)*64] {
		w, bit := &words[i/64], uint64(1)<<(i%64)
		fault := digits > 0 && !strings.ContainsRune("0123456789abcdefABCDEF", rune(c))
		digits = max(digits-1, 0)
		switch {
		case escaped:
			escaped = false
			w.escaped |= bit
			fault = fault || !strings.ContainsRune(`"\/bfnrtu`, rune(c))
			if c == 'u' {
				digits = 4
			}
			if c == 'u' || c == '\\' {
				w.special |= bit
			}
		case c == '\\':
			escaped = true
		case c == '"':
			inside = !inside
			w.quotes |= bit
		}
		if c >= utf8.RuneSelf {
			w.high |= bit
		}
		if bytes.IndexByte(standInLeads, c) >= 0 && !kana(text, i) {
			w.standIn |= bit
		}
		if strings.ContainsRune("@%&=", rune(c)) {
			w.signs |= bit
		}
		if c == '@' {
			w.ats |= bit
		}
		if fault || inside && c < ' ' || !mayGoOn(text[:i+1]) {
			return words[:i/64]
		}
	}
	return words
}

// kana reports whether text[i] is marked as the first byte of Hiragana or Katakana.
func kana(text []byte, i int) bool {
	return text[i] == 0xE3 && i%64 < 63 && text[i+1]-0x81 < 3
}

// standInLeads are the bytes that are marked as such; that they are all of them is shown where
// they are relied on.
var standInLeads = []byte("\xC2\xC4\xC5\xC7\xCA\xCB\xCD\xD8\xE1\xE2\xE3\xEA\xEF\xF0\xF1\xF2\xF3\xF4\xF5\xF6\xF7\xF8\xF9\xFA\xFB\xFC\xFD\xFE\xFF")

// mayGoOn reports whether a text is UTF-8 but for a beginning of a character at its end. A
// first byte that begins none is seen with the byte after it.
func mayGoOn(text []byte) bool {
	if len(text) > 8 { // what lies before has been looked at
		text = text[len(text)-8:]
		for !utf8.RuneStart(text[0]) {
			text = text[1:]
		}
	}
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == utf8.RuneError && n == 1 {
			return len(text) == 1 && text[0] >= 0xC0 || len(text) < 4 && !utf8.FullRune(text)
		}
		text = text[n:]
	}
	return true
}

// marked is what the pass marks, a window after the other.
func marked(text []byte) (words []word) {
	var m Marks
	for m.Begin(text, 0); m.more; {
		m.next()
		words = append(words, m.room[:(m.limit-m.from)/64]...)
	}
	return words
}

func compareWords(t *testing.T, text []byte) {
	t.Helper()
	want, got := twin(text), marked(text)
	for i := range max(len(want), len(got)) {
		if i == len(want) || i == len(got) || want[i] != got[i] {
			t.Fatalf("%d words of %d, the twin has %d; word %d differs\ntext %q", len(got), len(text)/64, len(want), i, text)
		}
	}
}

// compareStrings asks for the end of every string, as the walker does; what is known must be
// what reading says.
func compareStrings(t *testing.T, text []byte) (known int) {
	t.Helper()
	var m Marks
	m.Begin(text, 0)
	for i := bytes.IndexByte(text, '"') + 1; i > 0; {
		want, traits := prefilter.StringEnd(text, i)
		if end, got := m.StringEnd(text, i); want < m.limit && traits&prefilter.Broken == 0 {
			known++
			const only = prefilter.Proven | prefilter.Signless | prefilter.NoStandIn
			if end != want || got&^only != traits {
				t.Fatalf("string at %d: got %d %b, want %d %b\ntext %q", i, end, got, want, traits, text)
			}
			if !utf8.Valid(text[i:end]) || got&prefilter.Signless != 0 == bytes.ContainsAny(text[i:end], "@%&=") ||
				got&prefilter.NoStandIn != 0 == slices.ContainsFunc(text[i:end], func(c byte) bool { return bytes.IndexByte(standInLeads, c) >= 0 }) {
				t.Fatalf("string at %d: %b\ntext %q", i, got, text)
			}
		}
		if traits&prefilter.Broken != 0 {
			return known
		}
		next := bytes.IndexByte(text[want+1:], '"')
		if next < 0 || bytes.ContainsRune(text[want+1:want+1+next], '\\') {
			return known // not between strings: the walker stops there
		}
		i = want + 1 + next + 1
	}
	return known
}

func needVectors(t testing.TB) {
	if !vectors {
		t.Skip("nothing is marked here")
	}
}

// pieces are what the faults and the edges are made of.
var pieces = []string{
	`"`, `\`, `\\`, `\"`, `\n`, `\/`, `\u00e9`, `\uD83d\uDe00`, `\ud83d`, `\uDC00`, `\u12g4`, `\u123g`, `\x`, "\n", "\x00", "\x1f", " ", "@", "%", "&", "=", "{", "}", ":", ",", "a", "0",
	"é", "日", "😀", "\u00a0", "ĳ", "ŉ", "ǆ", "ʰ", "˘", "\u034f", "ж", "\u061c", "ạ", "’", "。", "ꟲ", "Ａ", "\U000e0041", "\xff", "\xc0", "\xc1\x81", "\xc2", "\xe0\x9f\x80", "\xe0\xa0", "\xed\xa0\x80", "\xed\x9f\xbf", "\xf0\x8f\x80\x80", "\xf0\x90\x80\x80", "\xf4\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\xf5\x80", "\x80", "\xbf\xbf",
}

// TestEveryPieceAtEveryPlace puts every piece, and every pair of them, before, on and after
// the edges of a word and of a vector, inside a string and outside.
func TestEveryPieceAtEveryPlace(t *testing.T) {
	t.Parallel()
	needVectors(t)
	for _, before := range []string{"", `"`} {
		for _, first := range pieces {
			for _, second := range pieces {
				for _, at := range []int{0, 10, 13, 14, 15, 16, 28, 29, 30, 31, 32, 45, 47, 58, 59, 60, 61, 62, 63, 64, 65, 127} {
					text := before + strings.Repeat("-", at) + first + second
					text += strings.Repeat(`x`, 192-len(text)%64)
					compareWords(t, []byte(text))
					compareStrings(t, []byte(`"`+text+`"`))
				}
			}
		}
	}
}

// TestEveryPieceAtTheEdgeOfAPart: the next part begins with what the pass has to know.
func TestEveryPieceAtTheEdgeOfAPart(t *testing.T) {
	t.Parallel()
	needVectors(t)
	for _, piece := range pieces {
		for at := window - 7; at <= window; at++ {
			text := `"` + strings.Repeat("-", at-1) + piece + strings.Repeat("a", 192)
			compareWords(t, []byte(text))
			compareStrings(t, []byte(text+`"`+strings.Repeat(" ", 64)))
		}
	}
}

// TestATextMayEndInsideAPiece cuts the text after each byte of every piece, at the end of a
// word and of a part, where nothing follows that could be read.
func TestATextMayEndInsideAPiece(t *testing.T) {
	t.Parallel()
	needVectors(t)
	for _, piece := range pieces {
		for n := range len(piece) {
			for _, size := range []int{64, 128, window, window + 128} {
				text := `"` + strings.Repeat("-", size-n-2) + piece[:n+1]
				compareWords(t, []byte(text))
				compareStrings(t, []byte(text))
			}
		}
	}
}

// TestRandomTexts goes over the edges of windows.
func TestRandomTexts(t *testing.T) {
	t.Parallel()
	needVectors(t)
	random := rand.New(rand.NewPCG(21, 22))
	for n := range 400 {
		var text []byte
		for size := random.IntN(3 * window / (1 + n%50)); len(text) < size; {
			if random.IntN(20) > 0 {
				text = append(text, `"text": "words and words in a string, ёж `+"\\n"+`",`...)
			} else if good := random.IntN(200) > 0; good {
				text = append(text, pieces[7*random.IntN(2)+2+random.IntN(6)%5]...)
			} else {
				text = append(text, pieces[random.IntN(len(pieces))]...)
			}
		}
		compareWords(t, text)
		compareStrings(t, text)
	}
}

func TestAStringMayBeLongerThanAPart(t *testing.T) {
	t.Parallel()
	needVectors(t)
	for _, inside := range []string{`\ud83d\ude00`, `\n`, "é", "plain @ ", `\\`, `\udc00`} {
		for n := range 64 {
			text := `"` + strings.Repeat("-", n) + strings.Repeat(inside, 5*window/len(inside)) + `"`
			if compareStrings(t, []byte(text+strings.Repeat(" ", 100))) != 1 {
				t.Errorf("%s: not known", inside)
			}
		}
	}
}

// TestNearlyEveryStringIsKnown: it is what the marks are for.
func TestNearlyEveryStringIsKnown(t *testing.T) {
	t.Parallel()
	needVectors(t)
	text := []byte(strings.Repeat(`{"key":"value with \n and ä","other":[1,2,"\ud83d\ude00"]}`+"\n", 5000))
	if known, all := compareStrings(t, text), 4*5000; known < all-20 {
		t.Errorf("%d of %d strings", known, all)
	}
}

func TestMarksBeginAgainAfterAFault(t *testing.T) {
	t.Parallel()
	needVectors(t)
	line := `{"a":"` + strings.Repeat("x", 100) + `"}` + "\n"
	text := []byte(line + "{\"a\":\"\xff\"}" + line + line)
	var m Marks
	m.Begin(text, 0)
	known := func(i int) bool {
		end, traits := m.StringEnd(text, i)
		if text[end] != '"' {
			t.Errorf("the string at %d ends at %d", i, end)
		}
		return traits&(prefilter.Proven|prefilter.Signless) != 0
	}
	last := len(text) - len(line)
	if known(len(line)+len(`{"a":"`)) || known(last-len(line)+len(`{"`)) {
		t.Error("a string with a fault, or after one, is known")
	}
	m.Resume(last - len(line))
	if !known(last - len(line) + len(`{"`)) {
		t.Error("nothing is known after the marks began again")
	}
	if m.End(); known(last + len(`{"`)) {
		t.Error("known without a text")
	}
}

// FuzzIndex compares the pass with its twin, and strings with those that are read.
func FuzzIndex(f *testing.F) {
	for _, p := range pieces {
		f.Add([]byte(`{"a":"`+p+`"}`), uint16(60))
		f.Add([]byte(p), uint16(window-1))
	}
	f.Fuzz(func(t *testing.T, text []byte, padding uint16) {
		if !vectors {
			t.Skip("nothing is marked here")
		}
		padded := append(bytes.Repeat([]byte(" "), int(padding)), text...)
		compareWords(t, padded)
		compareStrings(t, padded)
	})
}

// The text's last bytes lie at the end of its memory: with the address sanitizer, reading
// past them ends the test.
func TestNothingIsReadBeyondTheText(t *testing.T) {
	t.Parallel()
	for size := range 300 {
		text := bytes.Repeat([]byte{'"'}, size)
		_ = marked(text[:size:size])
	}
}

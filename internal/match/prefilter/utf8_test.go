package prefilter

import (
	"math/rand/v2"
	"testing"
	"unicode/utf8"
)

func TestValidUTF8IsWhatTheStandardLibrarySays(t *testing.T) {
	t.Parallel()
	check := func(b []byte) {
		if got, want := ValidUTF8(b), utf8.Valid(b); got != want {
			t.Fatalf("%q: got %v, want %v", b, got, want)
		}
	}
	for lead := 0x7E; lead <= 0xFF; lead++ {
		for second := range 256 {
			for _, third := range []byte{0, 'x', 0x7F, 0x80, 0xBF, 0xC0, 0xC2, 0xE1, 0xFF} {
				for _, rest := range []string{"", "\x80", "\xBF", "x", "12345678", "\x80\xFF"} {
					seq := append([]byte{byte(lead), byte(second), third}, rest...)
					check(seq)
					check(append([]byte("0123456"), seq...))
					check(seq[:2])
					check(seq[:1])
				}
			}
		}
	}
	random := rand.New(rand.NewPCG(13, 14))
	for range 20_000 {
		b := make([]byte, random.IntN(30))
		for i := range b {
			b[i] = "aaaaaé日😀\xed\xa0\xf4\x90"[random.IntN(18)]
		}
		check(b)
	}
}

func TestACharacterIsWhatTheStandardLibrarySays(t *testing.T) {
	t.Parallel()
	for lead := 0x80; lead <= 0xFF; lead++ {
		for second := range 256 {
			for _, rest := range []string{"", "\x80", "\xBF", "x", "\x80\x80", "\xBFx"} {
				b := append([]byte{byte(lead), byte(second)}, rest...)
				for n := 1; n <= len(b); n++ {
					want, size := utf8.DecodeRune(b[:n])
					if r, took := rawRune(b[:n], 0); r != want || took != size {
						t.Fatalf("%q: got %U of %d bytes, want %U of %d", b[:n], r, took, want, size)
					}
				}
			}
		}
	}
}

package prefilter

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestOccursWhereverItStands plants values at every place of texts of every length.
func TestOccursWhereverItStands(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(31, 32))
	for _, values := range [][]string{{"a"}, {"ab"}, {"aba"}, {"abcab"}, {"windows"}, {"bcabc", "cab", "jane.doe@example.com"}} {
		var g gramTable
		longest := 0
		for _, v := range values {
			g.values = append(g.values, []byte(v))
			longest = max(longest, len(v))
		}
		g.build()
		for _, length := range []int{0, 1, 2, 3, 4, 7, 20, 255, 256, 257, 270, 299, 700} {
			for _, letters := range []string{"abcABC ", "xyz"} {
				text := make([]byte, length)
				for i := range text {
					text[i] = letters[random.IntN(len(letters))]
				}
				checkOccurs(t, &g, text, values)
				for at := range max(length-longest+1, 0) {
					planted := bytes.Clone(text)
					copy(planted[at:], bytes.ToUpper([]byte(values[random.IntN(len(values))])))
					checkOccurs(t, &g, planted, values)
				}
			}
		}
	}
}

func checkOccurs(t *testing.T, g *gramTable, text []byte, values []string) {
	t.Helper()
	want := false
	for _, v := range values {
		want = want || bytes.Contains(bytes.ToLower(text), []byte(v))
	}
	if got := g.occurs(text); got != want {
		t.Fatalf("%v in %q: got %v, want %v", values, text, got, want)
	}
}

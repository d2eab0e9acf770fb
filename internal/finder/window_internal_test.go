package finder

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestWindowsLoseNothing: with the whole text as the only window each form accepts the same.
func TestWindowsLoseNothing(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/corpus.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	accepted := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var w struct{ Texts []string }
		if err := json.Unmarshal(lines.Bytes(), &w); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(lines.Text(), "⟦") {
			continue
		}
		far := strings.Repeat("and so on ", 45)
		v := newView(far+strings.Join(w.Texts, "\n")+"\n"+far, nil)
		whole := newView(far+strings.Join(w.Texts, "\n")+"\n"+far, nil)
		whole.ofDigits = []window{{0, len(whole.text)}}
		for _, f := range slices.Concat(keyForms, idForms, []form{emailForm}) {
			plain := f
			plain.hints = nil
			got, want := all(f, v), all(plain, whole)
			if accepted += len(want); !slices.Equal(got, want) {
				t.Errorf("%s in %q: got %v, want %v", f.rule, w.Texts, got, want)
			}
		}
	}
	if accepted == 0 {
		t.Error("nothing was accepted")
	}
}

func all(f form, v *view) (found []window) {
	f.search(v, func(from, to int) { found = append(found, window{from, to}) })
	return found
}

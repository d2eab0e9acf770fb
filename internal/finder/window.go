package finder

import (
	"bytes"
	"slices"
)

// window is a stretch of a folded text in which a form may have a candidate. The forms'
// patterns take much longer than a look for what each candidate has, so that they are tried
// there alone: TestWindowsLoseNothing.
type window struct{ from, to int }

// hints are what one of stands in, or right before, every candidate of a form: words, in
// small letters, at the beginning of a word; signs anywhere. None: any digit.
type hints []string

// What a candidate may have before and behind its hint.
const (
	hintBefore  = 300
	hintBehind  = 400
	keyBehind   = 8 << 10 // of keys, the longest of which have some thousand characters
	digitBefore = 24
	digitBehind = 80
)

// windows are sorted and apart, and begin where no word is cut.
func (v *view) windows(h hints, behind int) []window {
	if h == nil {
		return v.ofDigits
	}
	var all []window
	for _, hint := range h {
		for at := 0; ; at++ {
			i := bytes.Index(v.lower[at:], []byte(hint))
			if i < 0 {
				break
			}
			if at += i; !isWord(hint[0]) {
				all = append(all, window{at - hintBefore, at + behind})
			} else if at == 0 || !isWord(v.text[at-1]) || v.text[at-1] == '_' {
				all = append(all, window{at, at + behind})
			}
		}
	}
	return v.merged(all)
}

func (v *view) digitWindows() []window {
	var all []window
	for i, c := range v.text {
		if !isDigit(c) {
			continue
		}
		w := window{i - digitBefore, i + digitBehind}
		if last := len(all) - 1; last >= 0 && w.from <= all[last].to {
			all[last].to = w.to
		} else {
			all = append(all, w)
		}
	}
	return v.merged(all)
}

// maxWord is how far a window is widened for the word that it begins in.
const maxWord = 128

func (v *view) merged(all []window) (out []window) {
	slices.SortFunc(all, func(a, b window) int { return a.from - b.from })
	for _, w := range all {
		w.from, w.to = max(w.from, 0), min(w.to, len(v.text))
		for n := 0; n < maxWord && w.from > 0 && isWord(v.text[w.from-1]); n++ {
			w.from--
		}
		if last := len(out) - 1; last >= 0 && w.from <= out[last].to {
			out[last].to = max(out[last].to, w.to)
		} else {
			out = append(out, w)
		}
	}
	return out
}

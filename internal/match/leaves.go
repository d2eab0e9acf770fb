package match

import "dsr-server/internal/match/prefilter"

// Leaves calls each with every text that selectors search in a record, by the same walk
// as Decide: all of a repeated key, and what stands inside of a text that is JSON. The
// path is the one that a Hit has. What is no JSON object has no leaves.
func (f Fields) Leaves(record []byte, each func(path, text string)) {
	var leaves []leaf
	w := newWalker(reading(f))
	defer w.release()
	w.told = &leaves
	w.b = record
	i := w.record(prefilter.Next(record, 0))
	if i < 0 || prefilter.Next(record, i) != len(record) {
		return
	}
	for _, l := range leaves {
		each(l.path, l.text)
	}
}

type leaf struct{ path, text string }

func (w *walker) leavesTold() int {
	if w.told == nil {
		return 0
	}
	return len(*w.told)
}

// tellOnly takes back all but the first n leaves that were told.
func (w *walker) tellOnly(n int) {
	if w.told != nil {
		*w.told = (*w.told)[:n]
	}
}

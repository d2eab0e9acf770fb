package match

import "dsr-server/internal/match/prefilter"

// maxLevels is how deep a text may hold JSON whose texts hold JSON.
const maxLevels = 3

// mayHoldJSON says quickly of nearly every string that it is no JSON object or array.
func mayHoldJSON(raw []byte) bool {
	for i := 0; i < len(raw); {
		switch raw[i] {
		case '{', '[':
			return true
		case ' ':
			i++
		case '\\': // white space, or a bracket by its number
			r, n := prefilter.Unescape(raw, i)
			if r == '{' || r == '[' {
				return true
			}
			if r != '\n' && r != '\r' && r != '\t' && r != ' ' {
				return false
			}
			i += n
		default:
			return false
		}
	}
	return false
}

// inside walks a leaf that is a JSON object or array in itself. Its keys go on where the
// leaf's path ends. What is no JSON to its end is a text and nothing else.
func (w *walker) inside(i, end int, in region) {
	if w.level == maxLevels {
		return
	}
	inner := newWalker(w.m)
	defer inner.release()
	inner.b, inner.each = prefilter.Decode(nil, w.b[i:end]), w.each
	inner.begin()
	inner.level, inner.based, inner.base = w.level+1, w.based || len(w.path) > 0, string(w.pathText())
	if after := inner.value(prefilter.Next(inner.b, 0), in); after < 0 || prefilter.Next(inner.b, after) != len(inner.b) {
		return
	}
	for _, r := range inner.found.reasons {
		w.found.keep(r, insidePlace)
	}
	w.near.take(&inner.near)
}

// insidePlace is no place of the walker's own.
const insidePlace = -1

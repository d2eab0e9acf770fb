package dsr

import (
	"strings"

	"github.com/agnivade/levenshtein"
)

// Nearest returns the name most like the one written, for a message that says
// what was probably meant. A name that begins with what was written, or the other
// way round, counts as one slip; otherwise the edit distance decides, and the
// earlier name among equals.
func Nearest(written string, names []string) string {
	best, bestDistance := "", -1
	for _, name := range names {
		d := slips(normalKey(written), normalKey(name))
		if bestDistance < 0 || d < bestDistance {
			best, bestDistance = name, d
		}
	}
	return best
}

// normalKey makes data-dir and Data_Dir the same as data_dir.
func normalKey(s string) string {
	return strings.ReplaceAll(strings.ToLower(s), "-", "_")
}

func slips(a, b string) int {
	if len(a) > 2 && len(b) > 2 && a != b && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a)) {
		return 1
	}
	return levenshtein.ComputeDistance(a, b)
}

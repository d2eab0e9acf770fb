package http

import (
	"net/http"
	"strconv"
	"strings"
)

// Preferred is which of the media types that an answer can have the caller likes best: by
// weight, of those that weigh the same the first. Where none is acceptable it is the first
// too, since an answer of another type says more than none (RFC 9110, 12.4.1 and 12.5.1).
func Preferred(w http.ResponseWriter, r *http.Request, types ...string) string {
	w.Header().Add("Vary", "Accept")
	accept := strings.Join(r.Header.Values("Accept"), ",")
	if strings.TrimSpace(accept) == "" {
		return types[0]
	}
	best, weight := types[0], 0.0
	for _, t := range types {
		if q := acceptWeight(accept, t); q > weight {
			best, weight = t, q
		}
	}
	return best
}

// acceptWeight is what the most specific range of the header that has the type says of it.
func acceptWeight(accept, mediaType string) (weight float64) {
	main, _, _ := strings.Cut(mediaType, "/")
	specific := 0
	for field := range strings.SplitSeq(accept, ",") {
		parts := strings.Split(field, ";")
		how := map[string]int{"*/*": 1, main + "/*": 2, mediaType: 3}[strings.ToLower(strings.TrimSpace(parts[0]))]
		if how > specific {
			weight, specific = qValue(parts[1:]), how
		}
	}
	return weight
}

// qValue is the weight among the parameters of a range, 1 without one.
func qValue(parameters []string) float64 {
	for _, p := range parameters {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil || q < 0 || q > 1 {
			return 0
		}
		return q
	}
	return 1
}

package http

import (
	"mime"
	"net/http"
	"slices"

	"github.com/klauspost/compress/gzhttp"
)

// compressedTypes are what programs read, and public assets. Archives are compressed already,
// and events are sent one by one. Pages are left as they are: some show a secret beside what
// the address says, and the length of a compressed answer would tell something about it.
var compressedTypes = []string{JSONType, problemType, "text/csv", "application/x-ndjson", "text/plain", "text/css", "text/javascript", "application/javascript", "image/svg+xml"}

// compress answers with gzip to callers who take it.
func compress() (func(http.Handler) http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(gzhttp.ContentTypeFilter(isCompressed), gzhttp.EnableZstd(false))
	if err != nil {
		return nil, err
	}
	return func(next http.Handler) http.Handler { return wrap(next) }, nil
}

func isCompressed(contentType string) bool {
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && slices.Contains(compressedTypes, t)
}

// LeaveUncompressed is for an answer that shows a secret, or that has a strong tag: compressed
// it would need another one (RFC 9110, 8.8.3.3).
func LeaveUncompressed(w http.ResponseWriter) { w.Header().Set(gzhttp.HeaderNoCompression, "1") }

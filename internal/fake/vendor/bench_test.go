package vendor

import (
	"net/http/httptest"
	"testing"
)

// BenchmarkPage is what a server costs a benchmark of its client: one full page from the
// middle of a large export.
func BenchmarkPage(b *testing.B) {
	for name, o := range map[string]Options{
		"start": {}, "overlap": {Choices: Choices{WindowField: Overlap}}, "plain": {Choices: Choices{NoGzip: true}},
	} {
		b.Run(name, func(b *testing.B) {
			o.Keys, o.RateWindow = []string{testKey}, Off
			s := New(Synthetic(200_000), o)
			params := ask("per_page", "1000", "start_time", "1735689600", "end_time", "1751328000")
			r := httptest.NewRequest("GET", ConversationsPath+"?"+params.Encode(), nil)
			r.Header.Set("x-api-key", testKey)
			r.Header.Set("Accept-Encoding", "gzip")
			b.ReportAllocs()
			for b.Loop() {
				s.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
}

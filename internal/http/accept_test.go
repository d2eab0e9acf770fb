package http_test

import (
	"net/http/httptest"
	"testing"

	edge "dsr-server/internal/http"
)

func TestTheTypeThatIsLikedBestIsAnswered(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{
		"":                                    "text/plain",
		"*/*":                                 "text/plain",
		"application/json":                    "application/json",
		"Application/JSON;charset=utf-8":      "application/json",
		"application/*":                       "application/json",
		"text/plain;q=0.5, application/json":  "application/json",
		"application/json;q=0.4, text/*;q=.5": "text/plain",
		"application/json;q=0, */*":           "text/plain",
		"*/*, text/plain;q=0":                 "application/json",
		"text/plain; q=0.1, */*;q=0.9":        "application/json",
		"image/png":                           "text/plain",
		"application/json;q=9, text/plain;q=0.001": "text/plain",
		"application/jsonx, text/html":             "text/plain",
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		r.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		if got := edge.Preferred(w, r, "text/plain", "application/json"); got != want || w.Header().Get("Vary") != "Accept" {
			t.Errorf("Accept %q: got %s, want %s", accept, got, want)
		}
	}
}

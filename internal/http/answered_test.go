package http_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	edge "dsr-server/internal/http"
)

// TestEveryCallIsCountedByItsRoute: what is counted has neither addresses nor words that the
// caller made up.
func TestEveryCallIsCountedByItsRoute(t *testing.T) {
	t.Parallel()
	var got []edge.Answered
	s, err := edge.New(edge.Options{Ready: func(context.Context) error { return errSecret }, Answered: func(_ context.Context, a edge.Answered) { got = append(got, a) }})
	if err != nil {
		t.Fatal(err)
	}
	s.Router().Get("/things/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for _, call := range [][2]string{{"GET", "/healthz"}, {"GET", "/readyz"}, {"GET", "/things/ana@example.com?q=ana"}, {"ANA", "/ana"}} {
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), call[0], call[1], nil))
	}
	for i := range got {
		got[i].Took = 0
	}
	want := []edge.Answered{
		{Method: "GET", Route: "/healthz", Status: 200}, {Method: "GET", Route: "/readyz", Status: 503},
		{Method: "GET", Route: "/things/{id}", Status: 418}, {Method: "other", Route: "unmatched", Status: 404},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}

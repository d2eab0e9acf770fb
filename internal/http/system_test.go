package http_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	edge "dsr-server/internal/http"
)

// TestManyWhoAskAtOnceShareOneLook: a look whether the service is ready writes, and anybody
// may ask for it.
func TestManyWhoAskAtOnceShareOneLook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		looks, enough := 0, make(chan struct{})
		s, err := edge.New(edge.Options{Ready: func(context.Context) error {
			looks++
			<-enough
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			go func() {
				w := httptest.NewRecorder()
				s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/readyz", nil))
				if w.Code != 200 {
					t.Errorf("got %d", w.Code)
				}
			}()
		}
		synctest.Wait()
		if looks != 1 {
			t.Errorf("%d looks for 100 questions", looks)
		}
		close(enough)
		synctest.Wait()
	})
}

package api

import (
	"net/http"
	"testing"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/dsr"
)

func TestRouteWithoutARightCannotBeRegistered(t *testing.T) {
	t.Parallel()
	for _, action := range []dsr.Action{"", "fly"} {
		mux := chi.NewRouter()
		a := &registry{api: &API{}, mux: mux}
		a.route("GET", "/secrets", action, func(http.ResponseWriter, *http.Request, dsr.Principal) error { return nil })
		if len(a.errs) != 1 || mux.Match(chi.NewRouteContext(), "GET", "/api/v1/secrets") {
			t.Errorf("action %q: got errors %v, want one and no route", action, a.errs)
		}
	}
}

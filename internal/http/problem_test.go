package http_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/dsr"
)

// errSecret is an internal error whose text is not for callers.
var errSecret = errors.New("open /var/lib/dsr/dsr.db: no such table requests")

func TestEveryKindHasItsStatus(t *testing.T) {
	t.Parallel()
	want := map[dsr.Kind]int{dsr.Malformed: 400, dsr.Unauthenticated: 401, dsr.Forbidden: 403, dsr.NotFound: 404, dsr.Conflict: 409,
		dsr.Gone: 410, dsr.TooLarge: 413, dsr.Invalid: 422, dsr.TooMany: 429, dsr.Unavailable: 503, "": 500, "unheard_of": 500}
	g := apptest.NewRig(t)
	for kind, status := range want {
		g.Intercept.Fail(func(method string) error {
			if method == "Cancel" {
				return fmt.Errorf("while cancelling: %w", dsr.Errorf(kind, "wrong_status", "some detail"))
			}
			return nil
		})
		a := g.Call("POST", "/api/v1/requests/0198c5f0-7a3e-7cc1-9d50-0f6a6e1d2b3c/cancel", "admin", "").Want(status)
		if status != 500 {
			if p := a.Problem(status, "wrong_status"); p.Detail != "some detail" || p.Title != http.StatusText(status) || p.Type != "/problems/wrong_status" {
				t.Errorf("%s: got %+v", kind, p)
			}
		}
	}
}

func TestUnknownErrorShowsAFixedSentenceAndIsLoggedOnce(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	g.Intercept.Fail(func(method string) error {
		if method == "Authenticate" {
			return nil
		}
		return errSecret
	})
	p := g.Call("GET", "/api/v1/requests?q=PRIV-7777", "admin", "").Problem(500, "internal")
	if strings.Contains(fmt.Sprint(p), "dsr.db") {
		t.Errorf("the problem shows internals: %+v", p)
	}
	log := g.Log.String()
	if n := strings.Count(log, "no such table"); n != 1 {
		t.Errorf("the error is in the log %d times, want once:\n%s", n, log)
	}
	for line := range strings.Lines(log) {
		if !strings.Contains(line, p.RequestID) || !strings.Contains(line, `"route":"/api/v1/requests"`) {
			t.Errorf("line without request id or route: %s", line)
		}
	}
	if strings.Contains(log, "PRIV-7777") {
		t.Errorf("the log repeats the query:\n%s", log)
	}
}

func TestErrorsOfCallersAreNotLoggedAsFaults(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	g.Call("POST", "/api/v1/requests", "admin", `{}`).Want(422)
	if log := g.Log.String(); strings.Contains(log, `"ERROR"`) || strings.Count(log, "\n") != 1 {
		t.Errorf("want one line, at info:\n%s", log)
	}
}

func TestServerSurvivesAPanic(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	for _, value := range []any{"canary-7c1f", errors.New("canary-7c1f"), fmt.Errorf("deep: %d", 1)} {
		g.Intercept.Fail(func(method string) error {
			if method == "Requests" {
				panic(value)
			}
			return nil
		})
		g.Call("GET", "/api/v1/requests", "admin", "").Problem(500, "internal")
	}
	g.Intercept.Fail(func(method string) error {
		if method == "Requests" {
			_ = []int{}[len(method)]
		}
		return nil
	})
	g.Call("GET", "/api/v1/requests", "admin", "").Problem(500, "internal")
	g.Intercept.Fail(nil)
	g.Call("GET", "/api/v1/requests", "admin", "").Want(200)
	log := g.Log.String()
	if !strings.Contains(log, "index out of range") || !strings.Contains(log, "intercept.go") {
		t.Errorf("the log says neither what happened nor where:\n%s", log)
	}
	if strings.Contains(log, "canary") {
		t.Error("the log repeats the value of a panic")
	}
}

func TestCallerWhoHasGoneAwayIsNoFault(t *testing.T) {
	t.Parallel()
	g := apptest.NewRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	g.Intercept.Fail(func(method string) error {
		if method == "Requests" {
			cancel()
			return fmt.Errorf("list: %w", ctx.Err())
		}
		return nil
	})
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/api/v1/requests", nil)
	r.Header.Set("Authorization", "Bearer admin")
	g.Server.ServeHTTP(httptest.NewRecorder(), r)
	if log := g.Log.String(); strings.Contains(log, `"ERROR"`) || strings.Count(log, "\n") != 1 {
		t.Errorf("want one line, at info:\n%s", log)
	}
}

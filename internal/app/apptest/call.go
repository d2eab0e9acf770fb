package apptest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	edge "dsr-server/internal/http"
)

// Rig is a Site that is called as a program calls it: every answer is held against
// openapi.yaml and the security headers.
type Rig struct {
	*Site
	client *http.Client
}

// NewRig boots the program for calls of the API.
func NewRig(t testing.TB, changes ...func(*Setup)) *Rig {
	t.Helper()
	s := Open(t, changes...)
	return &Rig{s, &http.Client{Transport: newContract(t, &http.Transport{}),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Minimal is the least that can be submitted.
const Minimal = `{"selectors":[{"conversation_id":"c-1"}]}`

// Answer is what came back, read to its end.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte

	t testing.TB
}

// Call makes one call of the API; headers are name, value, name, value...
func (g *Rig) Call(method, path, token, body string, headers ...string) Answer {
	g.t.Helper()
	a, err := g.Try(method, path, token, body, headers...)
	if err != nil {
		g.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

// Try is Call for a call that may break off.
func (g *Rig) Try(method, path, token, body string, headers ...string) (Answer, error) {
	g.t.Helper()
	r, err := http.NewRequestWithContext(g.t.Context(), method, g.URL+path, strings.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header[http.CanonicalHeaderKey(headers[i])] = []string{headers[i+1]}
	}
	resp, err := g.client.Do(r)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	return Answer{resp.StatusCode, resp.Header, b, g.t}, err
}

// Want asserts the status.
func (a Answer) Want(status int) Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("got status %d, want %d; body %s", a.Status, status, a.Body)
	}
	return a
}

// Object is the answer as a JSON object.
func (a Answer) Object() map[string]any {
	a.t.Helper()
	var v map[string]any
	if err := json.Unmarshal(a.Body, &v); err != nil {
		a.t.Fatalf("answer is no JSON object: %v: %s", err, a.Body)
	}
	return v
}

// Problem asserts that the answer is a problem with this status and code.
func (a Answer) Problem(status int, code string) edge.Problem {
	a.t.Helper()
	a.Want(status)
	var p edge.Problem
	if err := json.Unmarshal(a.Body, &p); err != nil {
		a.t.Fatal(err)
	}
	if ct := a.Header.Get("Content-Type"); ct != "application/problem+json" {
		a.t.Errorf("got Content-Type %q, want application/problem+json", ct)
	}
	if p.Code != code || p.Status != status || p.RequestID != a.Header.Get("X-Request-Id") {
		a.t.Errorf("got problem %+v, want code %s, status %d and the id in X-Request-Id", p, code, status)
	}
	return p
}

// Submit stores one request as the requester and returns its id.
func (g *Rig) Submit(body string) string {
	g.t.Helper()
	return g.Call("POST", "/api/v1/requests", "requester", body).Want(http.StatusCreated).Object()["id"].(string)
}

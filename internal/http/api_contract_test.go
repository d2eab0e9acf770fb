package http

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"dsr-server/api"
)

// document is openapi.yaml as it is served, read once. In it every object of an
// answer is closed: a field that is sent but not described fails the test.
var document = sync.OnceValues(func() (*openapi3.T, error) {
	for _, binary := range []string{"application/zip", "multipart/byteranges", "text/event-stream"} {
		openapi3filter.RegisterBodyDecoder(binary, openapi3filter.FileBodyDecoder)
	}
	text, err := api.JSON()
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	doc.Servers = nil // the router for tests takes "/" for a prefix
	for _, s := range doc.Components.Schemas {
		closeObject(s)
	}
	return doc, doc.Validate(context.Background())
})

var operations = sync.OnceValues(func() (routers.Router, error) {
	doc, err := document()
	if err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	return legacy.NewRouter(doc)
})

func closeObject(ref *openapi3.SchemaRef) {
	if ref == nil || ref.Ref != "" || ref.Value == nil {
		return
	}
	s := ref.Value
	if len(s.Properties) > 0 && s.AdditionalProperties.Has == nil {
		no := false
		s.AdditionalProperties.Has = &no
	}
	for _, p := range s.Properties {
		closeObject(p)
	}
	closeObject(s.Items)
}

// contract is a transport that holds every answer against the document.
type contract struct {
	t      *testing.T
	doc    *openapi3.T
	router routers.Router
	next   http.RoundTripper
}

func newContract(t *testing.T, next http.RoundTripper) *contract {
	t.Helper()
	router, err := operations()
	if err != nil {
		t.Fatal(err)
	}
	doc, _ := document()
	return &contract{t: t, doc: doc, router: router, next: next}
}

func (c *contract) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	c.check(r, resp, body)
	return resp, nil
}

func (c *contract) check(r *http.Request, resp *http.Response, body []byte) {
	c.t.Helper()
	checkSecurityHeaders(c.t, r, resp)
	route, params, err := c.router.FindRoute(r)
	if nothing := slices.Contains(slices.Collect(maps.Values(params)), ""); err != nil || nothing { // the router for tests takes nothing for an id
		c.checkOutside(r, resp, body)
		return
	}
	call := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{MultiError: true, ExcludeRequestQueryParams: true, SkipSettingDefaults: true,
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}}
	in := &openapi3filter.ResponseValidationInput{RequestValidationInput: call, Status: resp.StatusCode, Header: resp.Header,
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true}}
	in.SetBodyBytes(body)
	if err := openapi3filter.ValidateResponse(r.Context(), in); err != nil {
		c.t.Errorf("%s %s: %d does not fit openapi.yaml: %v", r.Method, r.URL.Path, resp.StatusCode, err)
	}
	if resp.StatusCode < 300 {
		c.checkAccepted(call)
	}
}

// checkAccepted asserts that a call that was taken is one that the document allows.
func (c *contract) checkAccepted(call *openapi3filter.RequestValidationInput) {
	c.t.Helper()
	call.Request = call.Request.Clone(call.Request.Context())
	call.Request.Body = http.NoBody
	if call.Request.GetBody != nil {
		call.Request.Body, _ = call.Request.GetBody()
	}
	if err := openapi3filter.ValidateRequest(call.Request.Context(), call); err != nil {
		c.t.Errorf("%s %s was taken and does not fit openapi.yaml: %v", call.Request.Method, call.Request.URL.Path, err)
	}
}

// checkOutside holds the answer at an address or method that is not described
// against the schema of problems: there is nothing else it may be.
func (c *contract) checkOutside(r *http.Request, resp *http.Response, body []byte) {
	c.t.Helper()
	if resp.StatusCode != http.StatusNotFound && resp.StatusCode != http.StatusMethodNotAllowed {
		c.t.Errorf("%s %s is not in openapi.yaml and answers %d", r.Method, r.URL.Path, resp.StatusCode)
	}
	if r.Method == http.MethodHead {
		return
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		c.t.Errorf("%s %s: %d is no problem: %v", r.Method, r.URL.Path, resp.StatusCode, err)
		return
	}
	if err := c.doc.Components.Schemas["Problem"].Value.VisitJSON(v, openapi3.EnableJSONSchema2020()); err != nil {
		c.t.Errorf("%s %s: %d is no problem: %v", r.Method, r.URL.Path, resp.StatusCode, err)
	}
}

// rig is a server over a fake service, with its log and clock at hand.
type rig struct {
	t      *testing.T
	svc    *fakeService
	server *Server
	url    string
	client *http.Client
	log    *lockedBuffer
	clock  *fakeClock
}

func newRig(t *testing.T, change ...func(*Options)) *rig {
	t.Helper()
	clock := &fakeClock{t: time.Date(2025, 6, 30, 10, 0, 0, 0, time.UTC)}
	log := &lockedBuffer{}
	g := &rig{t: t, svc: newFakeService(clock.now), log: log, clock: clock}
	opts := Options{BaseURL: "https://dsr.example", Sources: []string{"it-desk", "support-bot"}, Now: clock.now,
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeText(w, []byte("dsr_up 1\n")) }),
		Log:     slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, c := range change {
		c(&opts)
	}
	var err error
	if g.server, err = New(g.svc, opts); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(nil)
	srv.Config = NewHTTPServer("", g.server)
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.Start()
	t.Cleanup(srv.Close)
	g.url = srv.URL
	g.client = srv.Client()
	g.client.Transport = newContract(t, g.client.Transport)
	return g
}

// answer is what came back, read to its end.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// call makes one call of the API; headers are name, value, name, value...
func (g *rig) call(method, path, token, body string, headers ...string) answer {
	g.t.Helper()
	a, err := g.try(method, path, token, body, headers...)
	if err != nil {
		g.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func (g *rig) try(method, path, token, body string, headers ...string) (answer, error) {
	g.t.Helper()
	r, err := http.NewRequestWithContext(g.t.Context(), method, g.url+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
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
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	return answer{g.t, resp.StatusCode, resp.Header, b}, err
}

func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("got status %d, want %d; body %s", a.status, status, a.body)
	}
	return a
}

func (a answer) object() map[string]any {
	a.t.Helper()
	var v map[string]any
	if err := json.Unmarshal(a.body, &v); err != nil {
		a.t.Fatalf("answer is no JSON object: %v: %s", err, a.body)
	}
	return v
}

// problem asserts that the answer is a problem with this status and code.
func (a answer) problem(status int, code string) problem {
	a.t.Helper()
	a.want(status)
	var p problem
	if err := json.Unmarshal(a.body, &p); err != nil {
		a.t.Fatal(err)
	}
	if ct := a.header.Get("Content-Type"); ct != "application/problem+json" {
		a.t.Errorf("got Content-Type %q, want application/problem+json", ct)
	}
	if p.Code != code || p.Status != status || p.RequestID != a.header.Get("X-Request-Id") {
		a.t.Errorf("got problem %+v, want code %s, status %d and the id in X-Request-Id", p, code, status)
	}
	return p
}

// submit stores one request as the requester and returns its id.
func (g *rig) submit(body string) string {
	g.t.Helper()
	return g.call("POST", "/api/v1/requests", "requester", body).want(http.StatusCreated).object()["id"].(string)
}

const minimal = `{"selectors":[{"conversation_id":"c-1"}]}`

type fakeClock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *fakeClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *fakeClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

package apptest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"dsr-server/api"
)

// Document is openapi.yaml as it is served, read once. In it every object of an
// answer is closed: a field that is sent but not described fails the test.
var Document = sync.OnceValues(func() (*openapi3.T, error) {
	for _, binary := range []string{"application/zip", "multipart/byteranges", "text/event-stream", "text/csv", "text/html"} {
		openapi3filter.RegisterBodyDecoder(binary, openapi3filter.FileBodyDecoder)
	}
	// The format of the library has no small letters, which RFC 3339 allows.
	openapi3.DefineStringFormatValidator("date-time", openapi3.NewRegexpFormatValidator(strings.NewReplacer("T", "[Tt]", "Z", "[Zz]").Replace(openapi3.FormatOfStringDateTime)))
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
	nameStatuses(doc)
	return doc, doc.Validate(context.Background())
})

// nameStatuses takes the answers off that stand for all others: what is answered here must be
// described by its status.
func nameStatuses(doc *openapi3.T) {
	for _, item := range doc.Paths.Map() {
		for _, operation := range item.Operations() {
			operation.Responses.Delete("default")
		}
	}
}

var operations = sync.OnceValues(func() (routers.Router, error) {
	doc, err := Document()
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
	t      testing.TB
	doc    *openapi3.T
	router routers.Router
	next   http.RoundTripper
}

func newContract(t testing.TB, next http.RoundTripper) *contract {
	t.Helper()
	router, err := operations()
	if err != nil {
		t.Fatal(err)
	}
	doc, _ := Document()
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
	CheckSecurityHeaders(c.t, r, resp)
	route, params, err := c.router.FindRoute(asGet(r))
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
	if r.Method == http.MethodHead {
		in.Options.ExcludeResponseBody = true
		if len(body) > 0 {
			c.t.Errorf("HEAD %s: the answer has a body of %d bytes", r.URL.Path, len(body))
		}
	}
	if err := openapi3filter.ValidateResponse(r.Context(), in); err != nil {
		c.t.Errorf("%s %s: %d does not fit openapi.yaml: %v", r.Method, r.URL.Path, resp.StatusCode, err)
	}
	if resp.StatusCode < 300 {
		c.checkAccepted(call)
	}
}

// asGet is the call whose answer HEAD has the headers of.
func asGet(r *http.Request) *http.Request {
	if r.Method != http.MethodHead {
		return r
	}
	get := r.Clone(r.Context())
	get.Method = http.MethodGet
	return get
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
// against the schema of problems: there is nothing else it may be but a page.
func (c *contract) checkOutside(r *http.Request, resp *http.Response, body []byte) {
	c.t.Helper()
	if page := strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html"); page && !strings.HasPrefix(r.URL.Path, "/api/") {
		return
	}
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

// CheckSecurityHeaders runs on every answer of every test.
func CheckSecurityHeaders(t testing.TB, r *http.Request, resp *http.Response) {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Cache-Control":                "no-store",
	} {
		if got := resp.Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s %s (%d): got %s %q, want one %q", r.Method, r.URL.Path, resp.StatusCode, name, got, want)
		}
	}
	for name := range resp.Header {
		if strings.HasPrefix(name, "Access-Control-") || name == "Server" || name == "X-Powered-By" {
			t.Errorf("%s %s (%d): header %s must not be there", r.Method, r.URL.Path, resp.StatusCode, name)
		}
	}
}

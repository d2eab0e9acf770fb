package api_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"dsr-server/internal/app/apptest"
	"dsr-server/internal/dsr"
)

// callsEach is how many calls are made of each operation.
const callsEach = 70

// TestGeneratedCallsAreAnsweredAsDescribed makes thousands of calls after the document, a half of
// them as it has them and the rest with something changed: in the address, the parameters, the
// headers, the method, the body or its encoding. None may be answered with a fault of ours, with
// a status or a shape that is not described, nor taken if the document does not allow it (the
// rig asserts these of every call).
func TestGeneratedCallsAreAnsweredAsDescribed(t *testing.T) {
	t.Parallel()
	doc, err := apptest.Document()
	if err != nil {
		t.Fatal(err)
	}
	run := &generatedRun{Rig: apptest.NewRig(t), t: t, gen: generator{rand.New(rand.NewPCG(1, 2))}, statuses: map[int]int{}}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		item := doc.Paths.Value(path)
		for _, method := range slices.Sorted(maps.Keys(item.Operations())) {
			for range callsEach {
				run.call(method, path, item, item.Operations()[method])
			}
		}
	}
	t.Logf("calls by status: %v", run.statuses)
	for _, status := range []int{200, 201, 204, 304, 400, 401, 403, 404, 405, 409, 410, 412, 415, 422} {
		if run.statuses[status] == 0 {
			t.Errorf("no call was answered with %d: this run proves less than it says", status)
		}
	}
}

type generatedRun struct {
	*apptest.Rig
	t        *testing.T
	gen      generator
	ids      []string // of requests that there are
	statuses map[int]int
}

// called is one generated call.
type called struct {
	method, path, token, body string
	query                     url.Values
	headers                   map[string]string
}

func (g *generatedRun) call(method, path string, item *openapi3.PathItem, o *openapi3.Operation) {
	g.t.Helper()
	c := called{method: method, token: "admin", query: url.Values{}, headers: map[string]string{}}
	address := g.parameters(&c, path, append(slices.Clone(item.Parameters), o.Parameters...))
	if o.RequestBody != nil {
		g.body(&c, o.RequestBody.Value.Content)
	}
	if g.gen.IntN(2) == 0 {
		g.spoil(&c)
	}
	if query := c.query.Encode(); query != "" {
		address += "?" + query
	}
	var headers []string
	for _, name := range slices.Sorted(maps.Keys(c.headers)) {
		headers = append(headers, name, c.headers[name])
	}
	a, err := g.Try(c.method, address, c.token, c.body, headers...)
	if err != nil {
		g.t.Fatalf("%s %s %v: %v", c.method, address, c.headers, err)
	}
	g.statuses[a.Status]++
	if a.Status >= 500 && path != "/readyz" { // which no workers run for
		g.t.Errorf("%s %s %v with %.200q: %d %s", c.method, address, c.headers, c.body, a.Status, a.Body)
	}
}

// parameters fills in the address, and chooses parameters and headers.
func (g *generatedRun) parameters(c *called, path string, all openapi3.Parameters) string {
	for _, ref := range all {
		p := ref.Value
		if p.In == "path" {
			path = strings.Replace(path, "{"+p.Name+"}", url.PathEscape(g.inAddress(p.Name, path)), 1)
			continue
		}
		if !p.Required && g.gen.IntN(3) > 0 {
			continue
		}
		text := plainText(g.gen.value(p.Schema))
		if p.In == "query" {
			c.query.Set(p.Name, text)
			continue
		}
		c.headers[p.Name] = pick(g.gen, text, `"1"`, `W/"2", "3"`, "*", "bytes=0-3", "bytes=-0", "x")
	}
	return path
}

func plainText(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	if list, ok := v.([]any); ok {
		if len(list) == 0 {
			return ""
		}
		return plainText(list[0])
	}
	text, _ := json.Marshal(v)
	return string(text)
}

// inAddress is what stands in an address: mostly a request that there is, in any status that
// has an end where a stream is asked for.
func (g *generatedRun) inAddress(name, path string) string {
	if name != "id" || g.gen.IntN(8) == 0 && !strings.HasSuffix(path, "/events") {
		return pick(g.gen, "support-bot", "w1", "none", "..", "%00", "ü", "0198c5f0-7a3e-7cc1-9d50-0f6a6e1d2b3c", strings.Repeat("x", 300))
	}
	if strings.HasSuffix(path, "/events") {
		return g.request(dsr.Ready)
	}
	if len(g.ids) < 40 || g.gen.IntN(10) == 0 {
		g.ids = append(g.ids, g.request(pick(g.gen, dsr.Statuses...)))
	}
	return pick(g.gen, g.ids[max(0, len(g.ids)-40):]...)
}

func (g *generatedRun) request(in dsr.Status) string {
	id := g.Submit(apptest.Minimal)
	g.Move(id, in, true)
	return id
}

func (g *generatedRun) body(c *called, content openapi3.Content) {
	kind := pick(g.gen, slices.Sorted(maps.Keys(content))...)
	c.headers["Content-Type"] = kind
	if kind != "application/json" {
		c.body = "reference,identifier\n,ana@example.com\n"
		return
	}
	v := g.gen.value(content[kind].Schema)
	if g.gen.IntN(3) == 0 {
		v = g.gen.changed(v)
	}
	var text bytes.Buffer
	if err := json.NewEncoder(&text).Encode(v); err != nil {
		g.t.Fatal(err)
	}
	c.body = text.String()
}

// spoil changes something of the call.
func (g *generatedRun) spoil(c *called) {
	switch g.gen.IntN(7) {
	case 0:
		c.method = pick(g.gen, "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
		if strings.Contains(c.path, "/events") {
			c.method = "HEAD"
		}
	case 1:
		c.query.Set(pick(g.gen, "unheard_of", "limit", "status", "", "a b"), plainText(g.gen.junk()))
	case 2:
		c.headers[pick(g.gen, "If-Match", "If-None-Match", "Idempotency-Key", "Accept", "Range", "Last-Event-ID")] =
			pick(g.gen, "", `"1"`, "*", "x;q=9", strings.Repeat("k", 300), "gzip;q=0.5, br", "text/html", "bytes=5-1")
	case 3:
		c.token = pick(g.gen, "", "wrong", "auditor", "requester", "approver")
	case 4:
		c.headers["Content-Type"] = pick(g.gen, "", "text/plain", "application/json; charset=utf-16", "application/json;", "*/*")
	case 5:
		c.headers["Content-Encoding"] = pick(g.gen, "gzip", "identity", "br, gzip", "")
	default:
		if c.body != "" {
			c.body = g.gen.broken(c.body)
		}
	}
}

package main

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"dsr-server/internal/fake/vendor"
)

// spanCollector takes what an OpenTelemetry collector takes.
type spanCollector struct {
	mu    sync.Mutex
	raw   []byte
	spans []*trace.Span
}

func (c *spanCollector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var sent collector.ExportTraceServiceRequest
	if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &sent) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw = append(c.raw, body...)
	for _, resource := range sent.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			c.spans = append(c.spans, scope.GetSpans()...)
		}
	}
}

// named is the first span of this name.
func (c *spanCollector) named(t *testing.T, name string) *trace.Span {
	t.Helper()
	var names []string
	for _, s := range c.spans {
		if s.GetName() == name {
			return s
		}
		names = append(names, s.GetName())
	}
	slices.Sort(names)
	t.Fatalf("there is no span %q, only %v", name, slices.Compact(names))
	return nil
}

// TestSpansTellHowAndNotWho has a person's data go through a service whose spans are
// collected, in every place where a call can hold it.
func TestSpansTellHowAndNotWho(t *testing.T) {
	t.Parallel()
	spans := &spanCollector{}
	server := httptest.NewServer(spans)
	t.Cleanup(server.Close)
	h := build(t, canaryData(t), setup{pageSize: 30, earliest: "2023-12-01", options: vendor.Options{RateWindow: vendor.Off},
		top: "traces: {endpoint: \"" + server.URL + "/v1/traces\"}"})
	id := h.askForCanary(openReference)
	h.until(id, "ready", "review")
	h.refuseCanaries()
	const traceID, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	a := h.call(http.MethodGet, "/api/v1/requests?q=nothing", "", "Traceparent", "00-"+traceID+"-"+parent+"-01",
		"Tracestate", "canary="+canaries["conversation id"], "X-Request-Id", canaries["conversation id"])
	h.stop()

	list := spans.named(t, "GET /api/v1/requests")
	for _, s := range spans.spans {
		if hex.EncodeToString(s.GetTraceId()) == traceID {
			list = s
		}
	}
	if want := "00-" + traceID + "-" + hex.EncodeToString(list.GetSpanId()) + "-01"; a.header.Get("Traceparent") != want ||
		hex.EncodeToString(list.GetParentSpanId()) != parent {
		t.Errorf("the call is answered as %s, and its span is %v", a.header.Get("Traceparent"), list)
	}
	lane, call := spans.named(t, "job lane"), spans.named(t, "vendor conversations")
	if string(call.GetParentSpanId()) != string(lane.GetSpanId()) {
		t.Errorf("a call to a vendor stands under %x, not under its job %x", call.GetParentSpanId(), lane.GetSpanId())
	}
	for _, name := range []string{"POST /api/v1/requests", "job plan", "job package", "vendor messages"} {
		spans.named(t, name)
	}
	for what, value := range canaries {
		if holds(spans.raw, value) {
			t.Errorf("the %s is in a span", what)
		}
	}
	for _, value := range []string{openReference, testToken, testKey, id, "nothing"} {
		if strings.Contains(string(spans.raw), value) {
			t.Errorf("%q is in a span", value)
		}
	}
}

// TestACollectorThatIsGoneIsNoFault of the service.
func TestACollectorThatIsGoneIsNoFault(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	h := build(t, vendor.Sample(), setup{earliest: "2023-12-01", options: unlimitedFake(), top: "traces: {endpoint: \"" + gone.URL + "/v1/traces\"}"})
	h.until(h.submit(canaryRequest), "ready")
	h.stop() // which fails the test if it ends with an error
	if !strings.Contains(h.log.String(), "not sent to traces.endpoint") {
		t.Error("the log does not say that spans were not sent")
	}
}

// Package tracing makes spans of calls, jobs and calls to vendors, and sends them to an
// OpenTelemetry collector, if the configuration names one. It keeps true that a span holds
// only words of the program, names of the configuration and numbers: no address that somebody
// called, no query, no id that a caller chose, no text of an error. So the libraries that
// would record those by themselves are not used; only what makes and sends spans is.
package tracing

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Options say where spans go.
type Options struct {
	Endpoint string // of the collector (OTLP over HTTP), such as http://127.0.0.1:4318/v1/traces; empty: nowhere
	Percent  int    // of the traces that begin here; who calls decides about its own
	Software string // "dsr-server/1.2.3"
	Log      *slog.Logger
}

// Tracer makes spans.
type Tracer struct {
	tracer trace.Tracer
	on     bool
	close  func(context.Context) error
}

// sendTime is how long a batch of spans may take, and the last one at the end.
const sendTime = 5 * time.Second

// None is the Tracer whose spans nobody keeps.
func None() *Tracer {
	return &Tracer{tracer: noop.NewTracerProvider().Tracer(""), close: func(context.Context) error { return nil }}
}

// Open prepares a Tracer; nothing is sent before there are spans. Close it.
func Open(ctx context.Context, o Options) (*Tracer, error) {
	if o.Endpoint == "" {
		return None(), nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(o.Endpoint), otlptracehttp.WithTimeout(sendTime))
	if err != nil {
		return nil, fmt.Errorf("traces.endpoint: %w", err)
	}
	name, version, _ := strings.Cut(o.Software, "/")
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(telling{exporter, o.Log}), sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(float64(o.Percent)/100))),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", name), attribute.String("service.version", version))),
	)
	return &Tracer{tracer: provider.Tracer("dsr-server"), on: true, close: provider.Shutdown}, nil
}

// telling is an exporter whose failures are logged. The text of an error may hold what the
// collector has answered, so its type has to do.
type telling struct {
	sdk.SpanExporter
	log *slog.Logger
}

// ExportSpans implements sdk.SpanExporter.
func (e telling) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if err := e.SpanExporter.ExportSpans(ctx, spans); err != nil {
		e.log.WarnContext(ctx, "spans were not sent to traces.endpoint", slog.Int("spans", len(spans)), slog.String("error_type", fmt.Sprintf("%T", err)))
	}
	return nil
}

// On reports whether spans go anywhere.
func (t *Tracer) On() bool { return t.on }

// Close sends what is left.
func (t *Tracer) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	return t.close(ctx)
}

// Remote returns a context whose spans are children of one elsewhere, given by its ids and
// flags in hexadecimal digits; ids that are none leave ctx as it is.
func Remote(ctx context.Context, traceID, spanID, flags string) context.Context {
	tid, err := trace.TraceIDFromHex(traceID)
	if err != nil {
		return ctx
	}
	sid, err := trace.SpanIDFromHex(spanID)
	if err != nil {
		return ctx
	}
	bits, err := hex.DecodeString(flags)
	if err != nil || len(bits) != 1 {
		return ctx
	}
	return trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: tid, SpanID: sid, TraceFlags: trace.TraceFlags(bits[0]) & trace.FlagsSampled, Remote: true,
	}))
}

// IDs are those of the span in ctx, in the digits of Remote.
func IDs(ctx context.Context) (traceID, spanID, flags string) {
	c := trace.SpanContextFromContext(ctx)
	return c.TraceID().String(), c.SpanID().String(), c.TraceFlags().String()
}

// Call begins the span of a call that somebody makes of the service. EndCall ends it.
func (t *Tracer) Call(ctx context.Context, method string) context.Context {
	ctx, _ = t.tracer.Start(ctx, method, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attribute.String("http.request.method", method)))
	return ctx
}

// EndCall ends the span in ctx. The route is a pattern.
func EndCall(ctx context.Context, method, route string, status int) {
	span := trace.SpanFromContext(ctx)
	span.SetName(method + " " + route)
	span.SetAttributes(attribute.String("http.route", route), attribute.Int("http.response.status_code", status))
	if status >= 500 {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// Job begins the span of an attempt of a job, which end ends.
func (t *Tracer) Job(ctx context.Context, kind string, id int64, attempt int) (_ context.Context, end func(outcome string)) {
	ctx, span := t.tracer.Start(ctx, "job "+kind, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
		attribute.String("dsr.job.kind", kind), attribute.Int64("dsr.job.id", id), attribute.Int("dsr.job.attempt", attempt)))
	return ctx, func(outcome string) {
		span.SetAttributes(attribute.String("dsr.outcome", outcome))
		if outcome == "failed" {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// Vendor begins the span of a call to a vendor, which end ends.
func (t *Tracer) Vendor(ctx context.Context, host, endpoint string) (_ context.Context, end func(outcome string)) {
	ctx, span := t.tracer.Start(ctx, "vendor "+endpoint, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("server.address", host), attribute.String("dsr.endpoint", endpoint)))
	return ctx, func(outcome string) {
		span.SetAttributes(attribute.String("dsr.outcome", outcome))
		if outcome != "good" {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

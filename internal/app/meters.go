package app

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"dsr-server/internal/config"
	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	edge "dsr-server/internal/http"
	"dsr-server/internal/tracing"
)

// meters count what the process does while it does it. Their labels are words of the program
// and names of the configuration, never what somebody typed.
type meters struct {
	calls       *prometheus.CounterVec
	callTime    *prometheus.HistogramVec
	attempts    *prometheus.CounterVec
	attemptTime *prometheus.HistogramVec
	readers     *prometheus.GaugeVec
	waits       *prometheus.HistogramVec
	vendorCalls *prometheus.CounterVec
	vendorTime  *prometheus.HistogramVec
	pages       *prometheus.CounterVec
	records     *prometheus.CounterVec
	build       *prometheus.GaugeVec

	traces *tracing.Tracer // of calls to vendors
}

// The bounds of durations, in seconds: of answers, of turns and vendors' answers, of jobs.
var (
	answerTimes = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	vendorTimes = []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
	jobTimes    = []float64{.01, .1, 1, 10, 60, 600, 3600}
)

func newMeters() *meters {
	m := &meters{
		traces:      tracing.None(),
		calls:       counter("http_requests_total", "HTTP calls that were answered, by the pattern of their route.", "method", "route", "status"),
		callTime:    histogram("http_request_duration_seconds", "Time to answer an HTTP call, downloads and streams to their end.", answerTimes, "method", "route"),
		attempts:    counter("job_attempts_total", "Attempts of jobs, by how they ended.", "kind", "outcome"),
		attemptTime: histogram("job_attempt_duration_seconds", "Time of an attempt of a job.", jobTimes, "kind"),
		readers:     gauge("lane_readers", "Readers that read from a host at present.", "lane"),
		waits:       histogram("limiter_wait_seconds", "Time for which a reader waited until the vendor's limit let it call.", vendorTimes, "lane", "endpoint"),
		vendorCalls: counter("vendor_calls_total", "Calls to a vendor, by how they ended.", "lane", "endpoint", "outcome"),
		vendorTime:  histogram("vendor_call_duration_seconds", "Time from a call to a vendor to the end of its answer.", vendorTimes, "lane", "endpoint"),
		pages:       counter("pages_read_total", "Pages, or pieces of files, that were read and stored.", "source", "endpoint"),
		records:     counter("records_read_total", "Records in them.", "source", "endpoint"),
		build:       gauge("build_info", "1, with the version of the program.", "version"),
	}
	m.build.WithLabelValues(Software()).Set(1)
	return m
}

func (m *meters) all() []prometheus.Collector {
	return []prometheus.Collector{m.calls, m.callTime, m.attempts, m.attemptTime, m.readers, m.waits, m.vendorCalls, m.vendorTime, m.pages, m.records, m.build}
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dsr_" + name, Help: help}, labels)
}

func gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "dsr_" + name, Help: help}, labels)
}

func histogram(name, help string, bounds []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "dsr_" + name, Help: help, Buckets: bounds}, labels)
}

// answered counts a call that has been answered.
func (m *meters) answered(a edge.Answered) {
	m.calls.WithLabelValues(a.Method, a.Route, strconv.Itoa(a.Status)).Inc()
	m.callTime.WithLabelValues(a.Method, a.Route).Observe(a.Took.Seconds())
}

// attempt counts an attempt of a job.
func (m *meters) attempt(kind, outcome string, took time.Duration) {
	m.attempts.WithLabelValues(kind, outcome).Inc()
	m.attemptTime.WithLabelValues(kind).Observe(took.Seconds())
}

// Reading implements scan.Meter.
func (m *meters) Reading(lane string, more int) {
	m.readers.WithLabelValues(lane).Add(float64(more))
}

// Waited implements scan.Meter.
func (m *meters) Waited(lane string, e dsr.Endpoint, d time.Duration) {
	m.waits.WithLabelValues(lane, string(e)).Observe(d.Seconds())
}

// Read implements scan.Meter.
func (m *meters) Read(source string, e dsr.Endpoint, records int64) {
	m.pages.WithLabelValues(source, string(e)).Inc()
	m.records.WithLabelValues(source, string(e)).Add(float64(records))
}

// Call implements scan.Meter.
func (m *meters) Call(ctx context.Context, lane string, e dsr.Endpoint) (context.Context, func(error)) {
	begun := time.Now()
	ctx, end := m.traces.Vendor(ctx, lane, string(e))
	return ctx, func(err error) {
		outcome := vendorOutcome(err)
		end(outcome)
		m.vendorCalls.WithLabelValues(lane, string(e), outcome).Inc()
		m.vendorTime.WithLabelValues(lane, string(e)).Observe(time.Since(begun).Seconds())
	}
}

// vendorOutcome is "good", the kind of failure, or "stopped" where it was ours to end the call.
func vendorOutcome(err error) string {
	if err == nil {
		return "good"
	}
	if e, ok := errors.AsType[*export.Error](err); ok {
		return string(e.Failure)
	}
	return "stopped"
}

// lanesOf are the vendors' hosts of the configuration.
func lanesOf(sources []config.Source) (lanes []string) {
	for _, s := range sources {
		lanes = append(lanes, s.Lane())
	}
	slices.Sort(lanes)
	return slices.Compact(lanes)
}

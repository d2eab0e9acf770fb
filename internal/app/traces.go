package app

import (
	"context"
	"time"

	edge "dsr-server/internal/http"
	"dsr-server/internal/jobs"
	"dsr-server/internal/tracing"
)

// openTraces prepares the sending of spans, where the configuration says whereto.
func (p *Program) openTraces(ctx context.Context) (err error) {
	c := p.Config.Traces
	p.traces, err = tracing.Open(ctx, tracing.Options{Endpoint: c.Endpoint, Percent: c.Percent, Software: Software(), Log: p.env.Log})
	if err != nil {
		return err
	}
	p.meters.traces = p.traces
	p.closers = append(p.closers, func() error {
		ending := context.WithoutCancel(ctx)
		if err := p.traces.Close(ending); err != nil {
			p.env.Log.WarnContext(ending, "the last spans were not sent to traces.endpoint")
		}
		return nil
	})
	return nil
}

// trace puts a call into a trace: that of the caller, if it has sent one, or one of its own.
func (p *Program) trace(ctx context.Context, method string, parent edge.Trace) (context.Context, edge.Trace) {
	ctx = p.traces.Call(tracing.Remote(ctx, parent.ID, parent.Span, parent.Flags), method)
	var own edge.Trace
	own.ID, own.Span, own.Flags = tracing.IDs(ctx)
	return ctx, own
}

// answered counts a call, and ends its span.
func (p *Program) answered(ctx context.Context, a edge.Answered) {
	p.meters.answered(a)
	tracing.EndCall(ctx, a.Method, a.Route, a.Status)
}

// attempt counts an attempt of a job, and makes a span of it.
func (p *Program) attempt(ctx context.Context, l *jobs.Lease) (context.Context, func(string, time.Duration)) {
	ctx, end := p.traces.Job(ctx, l.Kind, l.ID, l.Attempt)
	return ctx, func(outcome string, took time.Duration) {
		p.meters.attempt(l.Kind, outcome, took)
		end(outcome)
	}
}

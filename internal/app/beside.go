package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"dsr-server/internal/config"
	"dsr-server/internal/dsr"
	"dsr-server/internal/jobs"
	"dsr-server/internal/store"
)

// OpenData opens the data folder, for a command that may run beside a
// serve.
func OpenData(ctx context.Context, cfg *config.Config) (*Program, error) {
	p := newProgram(cfg, Env{})
	if err := p.openData(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// OpenBeside is OpenData with the sources and the queue: what a command needs that calls
// vendors.
func OpenBeside(ctx context.Context, cfg *config.Config) (*Program, error) {
	p, err := OpenData(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := p.openQueue(jobs.Command); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// OpenAlone is OpenData for a command that must not run beside a serve; while one
// serves it is an error.
func OpenAlone(ctx context.Context, cfg *config.Config) (*Program, error) {
	return newProgram(cfg, Env{}).prepared(ctx, (*Program).lockData, (*Program).openData)
}

// prepared does the steps; on error nothing is left open.
func (p *Program) prepared(ctx context.Context, steps ...func(*Program, context.Context) error) (*Program, error) {
	for _, step := range steps {
		if err := step(p, ctx); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	return p, nil
}

// Check tests a source live. While another process reads from the same host it waits,
// and says so on w.
func (p *Program) Check(ctx context.Context, w io.Writer, source string) (findings []dsr.Finding, err error) {
	s, _ := p.Fulfil.Source(source)
	lease, err := p.acquire(ctx, w, s.Lane)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lease.Release(ctx)) }()
	findings, err = p.selfTest(lease.Context(), lease, s)
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", source, err)
	}
	return findings, nil
}

// acquire takes the lease of a host, waiting as long as another process holds it.
func (p *Program) acquire(ctx context.Context, w io.Writer, lane string) (*jobs.Lease, error) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for said := false; ; said = true {
		lease, err := p.Queue.Acquire(ctx, store.JobLane, lane)
		if err == nil {
			if lease.TakenOver {
				rest(lease.Context(), p.Fulfil.Memory(lane)) // the calls of a holder that vanished
				lease.Settled()
			}
			return lease, nil
		}
		if !errors.Is(err, jobs.ErrBusy) {
			return nil, err
		}
		if !said {
			_, _ = fmt.Fprintf(w, "waiting       another process is reading from %s\n", lane)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func rest(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dsr-server/internal/check"
	"dsr-server/internal/dsr"
	"dsr-server/internal/jobs"
	"dsr-server/internal/report"
	"dsr-server/internal/scan"
	"dsr-server/internal/store"
)

// Request implements api.Service and ui.Service.
func (s service) Request(ctx context.Context, by dsr.Principal, id string) (dsr.Request, error) {
	snap, err := s.Viewed(ctx, by, id, s.Glance)
	if err != nil {
		return dsr.Request{}, err
	}
	return report.Request(snap, s.p.Fulfil.Reported()), nil
}

// View implements api.Service and ui.Service: all of it is of one snapshot.
func (s service) View(ctx context.Context, by dsr.Principal, id string) (dsr.View, error) {
	snap, err := s.Viewed(ctx, by, id, s.Snapshot)
	if err != nil {
		return dsr.View{}, err
	}
	return s.viewOf(by, snap), nil
}

// Told is View with the history.
func (s service) Told(ctx context.Context, by dsr.Principal, id string) (dsr.View, dsr.History, error) {
	snap, h, err := s.Store.Told(ctx, by, id)
	if err != nil {
		return dsr.View{}, h, err
	}
	return s.viewOf(by, snap), h, nil
}

func (s service) viewOf(by dsr.Principal, snap dsr.Snapshot) dsr.View {
	c := s.p.Fulfil.Reported()
	return dsr.View{Request: report.Request(snap, c), Coverage: report.Coverage(snap, c), Staff: report.Staff(snap, c),
		ArchiveLost: s.archiveLost(by, snap.Request), Barred: snap.Barred, Sources: snap.Progress}
}

// Estimate says what a submission would cost; it stores and calls nothing.
func (s service) Estimate(ctx context.Context, sub dsr.Submission) (dsr.Estimate, error) {
	rates, err := s.ReadRates(ctx)
	if err != nil {
		return dsr.Estimate{}, err
	}
	return s.p.Fulfil.Estimate(ctx, sub, s.p.Config.Deadlines().At(dsr.Request{Regime: sub.Regime, ReceivedAt: sub.ReceivedAt}), rates), nil
}

// MissingInformation implements ui.Service.
func (s service) MissingInformation(sources []string, language string) map[string][]string {
	missing, configured := map[string][]string{}, s.p.Fulfil.Reported().Sources
	for _, name := range sources {
		missing[name] = configured[name].Information.Missing(language)
	}
	return missing
}

// CheckSource tests a source live: under the lease with which this process reads from
// the host just now, or under one of its own.
func (s service) CheckSource(ctx context.Context, name string) ([]dsr.Finding, error) {
	source, configured := s.p.Fulfil.Source(name)
	if !configured {
		return nil, dsr.Errorf(dsr.NotFound, "not_found", "there is no such source")
	}
	end, err := s.p.checks.begin(name)
	if err != nil {
		return nil, err
	}
	defer end()
	return s.checkUnderLease(ctx, source)
}

func (s service) checkUnderLease(ctx context.Context, source scan.Source) ([]dsr.Finding, error) {
	if lease, held := s.p.Fulfil.Held(source.Lane); held {
		return s.checkInTime(ctx, lease, source)
	}
	lease, err := s.p.Queue.Acquire(ctx, store.JobLane, source.Lane)
	if errors.Is(err, jobs.ErrBusy) {
		return nil, dsr.Errorf(dsr.Conflict, "lane_busy", "another process is reading from this vendor's host; try again when it has ended")
	}
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", source.Name, err)
	}
	testing, stop := withEither(ctx, lease.Context())
	defer stop()
	findings, err := s.checkInTime(testing, lease, source)
	return findings, errors.Join(err, lease.Release(context.WithoutCancel(ctx)))
}

// checkInTime ends the test of a vendor that answers too slowly, which is a finding.
func (s service) checkInTime(ctx context.Context, lease scan.Lease, source scan.Source) ([]dsr.Finding, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	findings, err := s.p.selfTest(ctx, lease, source)
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return append(findings, check.TookTooLong(checkTime)), nil
	}
	return findings, err
}

// withEither is ctx, which ends with the lease too.
func withEither(ctx, lease context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(lease, func() { cancel(context.Cause(lease)) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// selfTest tests a source; the caller holds the lease of its host.
func (p *Program) selfTest(ctx context.Context, lease scan.Lease, s scan.Source) ([]dsr.Finding, error) {
	if folder, ok := s.Export.(check.Folder); ok {
		return check.Files(ctx, folder)
	}
	now := p.env.Now
	if now == nil {
		now = time.Now
	}
	return check.Vendor{Source: s.Source, Export: s.Export, Read: p.Fulfil.Caller(lease, s), Now: now}.Check(ctx)
}

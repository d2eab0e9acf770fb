package app

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"dsr-server/internal/dsr"
	"dsr-server/internal/scan"
	"dsr-server/internal/store"
	"dsr-server/internal/vault"
)

// stats reads the service's numbers from the database when they are asked for, so
// that they are true and cost nothing in between. Labels are names of our own.
type stats struct {
	store   *store.Store
	vault   *vault.Vault
	engine  *scan.Engine
	sources []string
	lanes   []string
	backups string // the folder of backups; empty when none are made
	data    string // the folder that must not run full
	ready   func(context.Context) error
}

func figure(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("dsr_"+name, help, labels, nil)
}

var (
	figRequests = figure("requests", "Requests by status.", "status")
	figDueSoon  = figure("requests_due_soon", "Unanswered requests that are due within so many days and not overdue.", "days")
	figOverdue  = figure("requests_overdue", "Unanswered requests whose deadline has passed.")
	figNextDue  = figure("next_due_timestamp_seconds", "The nearest deadline of an unanswered request.")
	figJobs     = figure("jobs", "Jobs by kind and state.", "kind", "state")
	figOldest   = figure("oldest_due_job_timestamp_seconds", "Since when the longest waiting due job could have been running.")
	figGood     = figure("source_last_good_timestamp_seconds", "When the source last gave a page.", "source")
	figSnoozed  = figure("source_snoozed_until_timestamp_seconds", "Until when a source that does not answer is left alone.", "source")
	figAnswered = figure("requests_answered", "Requests that were answered in the last 365 days, without withdrawn ones and duplicates.", "regime")
	figDays     = figure("requests_answer_days", "The median of the days from receipt to answer, of dsr_requests_answered.", "regime")
	figInTime   = figure("requests_answered_in_time_ratio", "The share of dsr_requests_answered that was answered by its deadline.", "regime")
	figEvents   = figure("audit_events_total", "Events in the audit log.")
	figUnknown  = figure("archive_files_unknown", "Files in the archive folder that this database has not made; they are left alone.")
	figDoubt    = figure("clock_doubted", "1 while the machine's clock is not believed, and nothing is deleted by plan.")
	figBackup   = figure("backup_last_success_timestamp_seconds", "When the newest backup in backups.folder was made; absent while none is configured.")
	figTold     = figure("webhook_deliveries", "Messages to webhooks by state; what has ended is counted for 30 days.", "state")
	figMail     = figure("mail_notices", "Notices to staff by mail, by state; what has ended is counted for 30 days.", "state")
	figMissing  = figure("archives_missing", "Archives that the database names and that are not in the archive folder.")
	figGap      = figure("lane_gap_seconds", "The present time between two calls to an endpoint of a vendor's host; it grows with each 429.", "lane", "endpoint")
	figReady    = figure("ready", "1 while /readyz answers 200.")
	figFree     = figure("disk_free_bytes", "Space that is left for the service on the disk of data_dir.")
	figSize     = figure("disk_size_bytes", "Size of the disk of data_dir.")
)

// Describe implements prometheus.Collector.
func (s stats) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		figRequests, figDueSoon, figOverdue, figNextDue, figAnswered, figDays, figInTime, figJobs, figTold, figMail, figOldest, figGood, figSnoozed,
		figEvents, figUnknown, figMissing, figDoubt, figBackup, figGap, figReady, figFree, figSize,
	} {
		out <- d
	}
}

// scrapeTime bounds how long reading them may take.
const scrapeTime = 10 * time.Second

// Collect implements prometheus.Collector.
func (s stats) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	g := gauges{out}
	g.bool(figReady, s.ready(ctx) == nil)
	g.bool(figDoubt, s.store.ClockDoubt() != "")
	s.ofDisk(g)
	s.ofLanes(g)
	s.ofBackups(g)
	if now, err := s.store.Stats(ctx); err != nil {
		out <- prometheus.NewInvalidMetric(figRequests, err)
	} else {
		s.ofRequests(g, now)
		s.ofWork(g, now)
	}
	found, err := surveyArchives(ctx, s.store, s.vault)
	if err != nil {
		out <- prometheus.NewInvalidMetric(figUnknown, err)
		return
	}
	g.set(figUnknown, float64(found.Unknown))
	g.set(figMissing, float64(found.Missing))
}

func (s stats) ofRequests(g gauges, now store.Stats) {
	for status, n := range now.Requests {
		g.set(figRequests, float64(n), string(status))
	}
	for days, n := range now.DueSoon {
		g.set(figDueSoon, float64(n), strconv.Itoa(days))
	}
	g.set(figOverdue, float64(now.Overdue))
	g.moment(figNextDue, now.NextDue)
	for _, a := range now.Answers {
		g.set(figAnswered, float64(a.Answered), a.Regime)
		g.set(figDays, a.MedianDays, a.Regime)
		g.set(figInTime, float64(a.InTime)/float64(a.Answered), a.Regime)
	}
	g.out <- prometheus.MustNewConstMetric(figEvents, prometheus.CounterValue, float64(now.Events))
}

func (s stats) ofWork(g gauges, now store.Stats) {
	for _, c := range now.Jobs {
		g.set(figJobs, float64(c.Jobs), c.Kind, string(c.State))
	}
	for state, n := range now.Deliveries {
		g.set(figTold, float64(n), string(state))
	}
	for state, n := range now.Notices {
		g.set(figMail, float64(n), string(state))
	}
	g.moment(figOldest, now.Oldest)
	for _, source := range s.sources {
		g.moment(figGood, now.Sources[source].LastGood, source)
		g.moment(figSnoozed, now.Sources[source].SnoozedUntil, source)
	}
}

func (s stats) ofLanes(g gauges) {
	for _, lane := range s.lanes {
		for _, e := range []dsr.Endpoint{dsr.Conversations, dsr.Messages} {
			if gap := s.engine.Gap(lane, e); gap > 0 {
				g.set(figGap, gap.Seconds(), lane, string(e))
			}
		}
	}
}

func (s stats) ofDisk(g gauges) {
	free, size, err := diskOf(s.data)
	if err != nil {
		g.out <- prometheus.NewInvalidMetric(figFree, err)
		return
	}
	g.set(figFree, free)
	g.set(figSize, size)
}

func (s stats) ofBackups(g gauges) {
	if s.backups == "" {
		return
	}
	if made, err := backupsIn(s.backups); err == nil {
		g.moment(figBackup, newestBackup(made))
	}
}

// gauges writes numbers of this moment.
type gauges struct{ out chan<- prometheus.Metric }

func (g gauges) set(d *prometheus.Desc, v float64, labels ...string) {
	g.out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func (g gauges) bool(d *prometheus.Desc, v bool) {
	if v {
		g.set(d, 1)
		return
	}
	g.set(d, 0)
}

// moment leaves out what has never been.
func (g gauges) moment(d *prometheus.Desc, t time.Time, labels ...string) {
	if !t.IsZero() {
		g.set(d, float64(t.UnixMilli())/1000, labels...)
	}
}

// figures are all of our own; docs/metrics.md says what each means.
func (p *Program) figures() []prometheus.Collector {
	now := stats{store: p.Store, vault: p.Vault, engine: p.Fulfil.Engine, sources: p.Config.SourceNames(), lanes: lanesOf(p.Config.Sources),
		backups: p.Config.Backups.Folder, data: p.Config.DataDir, ready: p.ready}
	return append(p.meters.all(), now)
}

// metrics is the handler of the numbers for Prometheus, on a registry of its own.
func (p *Program) metrics() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(p.figures()...)
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}

// publicMetrics are those of the public listener: none when there is another for them.
func (p *Program) publicMetrics() http.Handler {
	if p.Config.DebugListen != "" {
		return nil
	}
	return p.metrics()
}

package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	edge "dsr-server/internal/http"
	"dsr-server/internal/store"
	"dsr-server/internal/vault"
)

// stats reads the service's numbers from the database when they are asked for, so
// that they are true and cost nothing in between. Labels are names of our own.
type stats struct {
	store   *store.Store
	vault   *vault.Vault
	sources []string
	backups string // the folder of backups; empty when none are made
}

func figure(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("dsr_"+name, help, labels, nil)
}

var (
	figRequests = figure("requests", "Requests by status.", "status")
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
	figMissing  = figure("archives_missing", "Archives that the database names and that are not in the archive folder.")
)

// Describe implements prometheus.Collector.
func (s stats) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{figRequests, figOverdue, figNextDue, figAnswered, figDays, figInTime, figJobs, figOldest, figGood, figSnoozed, figEvents, figUnknown, figMissing, figDoubt, figBackup} {
		out <- d
	}
}

// scrapeTime bounds how long reading them may take.
const scrapeTime = 10 * time.Second

// Collect implements prometheus.Collector.
func (s stats) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	now, err := s.store.Stats(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(figRequests, err)
		return
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	moment := func(d *prometheus.Desc, t time.Time, labels ...string) {
		if !t.IsZero() {
			gauge(d, float64(t.UnixMilli())/1000, labels...)
		}
	}
	for status, n := range now.Requests {
		gauge(figRequests, float64(n), string(status))
	}
	for _, a := range now.Answers {
		gauge(figAnswered, float64(a.Answered), a.Regime)
		gauge(figDays, a.MedianDays, a.Regime)
		gauge(figInTime, float64(a.InTime)/float64(a.Answered), a.Regime)
	}
	for _, c := range now.Jobs {
		gauge(figJobs, float64(c.Jobs), c.Kind, string(c.State))
	}
	for _, source := range s.sources {
		moment(figGood, now.Sources[source].LastGood, source)
		moment(figSnoozed, now.Sources[source].SnoozedUntil, source)
	}
	doubt := 0.0
	if s.store.ClockDoubt() != "" {
		doubt = 1
	}
	gauge(figDoubt, doubt)
	gauge(figOverdue, float64(now.Overdue))
	moment(figNextDue, now.NextDue)
	moment(figOldest, now.Oldest)
	out <- prometheus.MustNewConstMetric(figEvents, prometheus.CounterValue, float64(now.Events))
	if s.backups != "" {
		if made, err := backupsIn(s.backups); err == nil {
			moment(figBackup, newestBackup(made))
		}
	}
	found, err := surveyArchives(ctx, s.store, s.vault)
	if err != nil {
		out <- prometheus.NewInvalidMetric(figUnknown, err)
		return
	}
	gauge(figUnknown, float64(found.Unknown))
	gauge(figMissing, float64(found.Missing))
}

// metrics is the handler of the numbers for Prometheus, on a registry of its own.
func (p *Program) metrics() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(stats{p.Store, p.Vault, p.Config.SourceNames(), p.Config.Backups.Folder}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}

// publicMetrics are those of the public listener: none when there is another for them.
func (p *Program) publicMetrics() http.Handler {
	if p.Config.DebugListen != "" {
		return nil
	}
	return p.metrics()
}

// debugConnections is how many connections debug_listen takes.
const debugConnections = 16

// openDebug listens on debug_listen, if that is set: figures and profiles, for
// whoever can reach the address.
func (p *Program) openDebug(ctx context.Context) error {
	if p.Config.DebugListen == "" {
		return nil
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", p.Config.DebugListen)
	if err != nil {
		return fmt.Errorf("debug_listen: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", p.metrics())
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	// No limit on the time of an answer: a profile takes as long as it was asked to.
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	edge.NewConnections(debugConnections, nil).Watch(server)
	p.debug = &debugServer{listener, WithholdServer(server, p.env.Log)}
	p.closers = append(p.closers, func() error {
		return errors.Join(p.debug.server.Close(), ignoreClosed(listener.Close()))
	})
	return nil
}

type debugServer struct {
	listener net.Listener
	server   *http.Server
}

// DebugAddr is where debug_listen listens, which knows the port when the system chose it.
func (p *Program) DebugAddr() net.Addr { return p.debug.listener.Addr() }

// serveDebug serves until ctx ends; then what is under way is cut.
func (p *Program) serveDebug(ctx context.Context) error {
	if p.debug == nil {
		return nil
	}
	stop := context.AfterFunc(ctx, func() { _ = p.debug.server.Close() })
	defer stop()
	if err := p.debug.server.Serve(p.debug.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve debug_listen: %w", err)
	}
	return nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

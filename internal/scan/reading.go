package scan

import (
	"context"
	"log/slog"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// reader reads one unit batch by batch, from its position to its end.
type reader struct {
	settings
	host    *host
	st      Store
	source  Source
	unit    dsr.Unit // its Tally is what has been counted since the last commit
	target  *target
	nudge   func()        // has the lane look again
	open    export.Reader // nil before the first batch, and where it has to begin elsewhere
	chain   *chain        // of a unit of pages
	rows    int           // records read so far
	tries   int           // failures of the present batch, in a row
	bad     int           // of these, answers that did not parse
	pausing context.Context
	last    compacted // of the batch, since one record may be for many requests
}

func newReader(s settings, h *host, st Store, source Source, u dsr.Unit, t *target, nudge func()) *reader {
	u.Tally = dsr.Tally{}
	r := &reader{settings: s, host: h, st: st, source: source, unit: u, target: t, nudge: nudge}
	if u.Kind == dsr.Pages {
		r.chain = newChain(s, u)
	}
	return r
}

func (r *reader) close() {
	if r.open != nil {
		r.open.Close()
		r.open = nil
	}
}

func (r *reader) commit(ctx context.Context, c dsr.Commit) error {
	elsewhere := c.Unit.Position.Verify != r.unit.Position.Verify
	needed, err := r.st.Commit(ctx, c)
	if err != nil {
		return err
	}
	r.logEnd(ctx, c.Unit)
	if len(needed) == 0 {
		return errReschedule
	}
	r.host.good(r.unit)
	r.tries, r.bad = 0, 0
	r.unit = c.Unit
	r.unit.Tally = dsr.Tally{}
	if elsewhere { // the next page is asked for in another interval
		r.close()
	}
	if len(c.Finds)+len(c.Seen) > 0 {
		r.nudge()
	}
	return nil
}

// logEnd logs that a file was read; its name is no personal data.
func (r *reader) logEnd(ctx context.Context, u dsr.Unit) {
	if u.Kind == dsr.File && !u.Open() {
		r.log.InfoContext(ctx, "file read", slog.String("source", u.Source), slog.String("file", u.File.Name),
			slog.Int64("bytes", u.Position.Taken), slog.Int64("records", u.Records), slog.String("state", string(u.State)))
	}
}

func logEnded(ctx context.Context, log *slog.Logger, source string, ended []string, why []dsr.Reason) {
	for _, id := range ended {
		log.InfoContext(ctx, "source searched", slog.String("request", id), slog.String("source", source), slog.Bool("complete", len(why) == 0))
	}
}

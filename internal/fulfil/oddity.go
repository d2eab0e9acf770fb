package fulfil

import (
	"context"
	"log/slog"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// Rules of docs/quirks.md that reading a page may find.
const (
	ruleOddEnd   = "Q3"  // the chain ended with an absent or empty cursor
	ruleRepeated = "Q6"  // a record came more than once
	ruleText     = "Q13" // a byte order mark
	ruleSkew     = "Q22" // the vendor's clock is not ours
)

// skewed is how far apart two clocks must be to be worth a word: the Date header has
// whole seconds and the answer took its time, but less than ingest_lag should be left.
const skewed = 30 * time.Second

// oddities counts what is odd about a page as a whole.
func (r *reader) oddities(ctx context.Context, d *digested, page export.Page) {
	if page.Suspect {
		dsr.Count(&d.Tally.Anomalies, ruleOddEnd, 1)
	}
	if page.Marked {
		dsr.Count(&d.Tally.Anomalies, ruleText, 1)
	}
	if ahead := r.ahead(page); ahead.Abs() > skewed {
		dsr.Count(&d.Tally.Anomalies, ruleSkew, 1)
		r.tellSkew(ctx, ahead)
	}
}

// show takes the page into the chain's memory. In a tail the records of the range come
// again, which is no anomaly, and cursors too, so that it has a memory of its own of
// whether it goes in circles.
func (r *reader) show(d *digested, page export.Page, at place) sight {
	shown := r.novelty.take(d.ids, page.Cursor)
	if at.tail {
		shown.stuck = r.behind.take(d.ids, page.Cursor).stuck
		d.Records = int64(shown.fresh)
		return shown
	}
	dsr.Count(&d.Tally.Anomalies, ruleRepeated, int64(shown.again))
	return shown
}

// ahead is by how much the vendor's clock is ahead of ours; zero when it shows none.
func (r *reader) ahead(page export.Page) time.Duration {
	if page.Date.IsZero() {
		return 0
	}
	return page.Date.Sub(r.l.f.o.Now()).Round(time.Second)
}

// tellSkew logs a clock that differs, once a range.
func (r *reader) tellSkew(ctx context.Context, ahead time.Duration) {
	if r.skewTold {
		return
	}
	r.skewTold = true
	r.l.log.WarnContext(ctx, "the vendor's clock differs from ours: set the wrong one, or ingest_lag to more than the difference",
		slog.String("source", r.g.Source), slog.Duration("ahead", ahead))
}

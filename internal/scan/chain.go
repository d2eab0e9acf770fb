package scan

import (
	"context"
	"log/slog"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// chain is what the pages of one chain have shown of it.
type chain struct {
	cycle  cycleDetector
	verify cycleDetector // of the pages behind the end alone
	order  orderTracker
	told   bool // that the vendor's clock differs
}

func newChain(u dsr.Unit) *chain {
	return &chain{cycle: newCycleDetector(), verify: newCycleDetector(), order: orderTracker{first: u.First, late: u.Last, records: u.Records}}
}

// Rules of docs/quirks.md that reading a page may find.
const (
	ruleOddEnd   = "Q3"  // the chain ended with an absent or empty cursor
	ruleRepeated = "Q6"  // a record came more than once
	ruleText     = "Q13" // a byte order mark
	ruleSkew     = "Q22" // the vendor's clock is not ours
)

// judgeChain takes a page into what is known of its chain, and decides where the chain
// goes on. It returns why the chain cannot be believed, if so.
func (r *reader) judgeChain(ctx context.Context, c *dsr.Commit, b export.Batch) *Failure {
	r.countPageAnomalies(ctx, c, b)
	for _, record := range b.Records {
		r.chain.order.take(record.Facts.When())
	}
	shown := r.chain.observe(c, b, r.unit)
	if shown.stuck {
		return &Failure{Kind: Stuck}
	}
	if !r.chain.order.nextStep(c, b, r.unit, shown.fresh) {
		return &Failure{Kind: FalseEnd}
	}
	if c.Unit.Position.Verify != r.unit.Position.Verify {
		r.chain.verify = newCycleDetector()
	}
	return nil
}

// contradiction is what a page says against its own chain.
func contradiction(b export.Batch) *Failure {
	switch {
	case b.Outside > 0:
		return &Failure{Kind: WindowIgnored, Outside: b.Outside}
	case b.Moved:
		return &Failure{Kind: ListMoved}
	}
	return nil
}

// skewed is how far apart two clocks must be to be worth a word: the Date header has
// whole seconds and the answer took its time, but less than ingest_lag should be left.
const skewed = 30 * time.Second

// countPageAnomalies counts what is odd about a page as a whole.
func (r *reader) countPageAnomalies(ctx context.Context, c *dsr.Commit, b export.Batch) {
	if b.Suspect {
		dsr.Count(&c.Unit.Tally.Anomalies, ruleOddEnd, 1)
	}
	if b.Marked {
		dsr.Count(&c.Unit.Tally.Anomalies, ruleText, 1)
	}
	if b.Date.IsZero() {
		return
	}
	if ahead := b.Date.Sub(r.now()).Round(time.Second); ahead.Abs() > skewed {
		dsr.Count(&c.Unit.Tally.Anomalies, ruleSkew, 1)
		r.tellSkew(ctx, ahead)
	}
}

// tellSkew logs a clock that differs, once a unit.
func (r *reader) tellSkew(ctx context.Context, ahead time.Duration) {
	if r.chain.told {
		return
	}
	r.chain.told = true
	r.log.WarnContext(ctx, "the vendor's clock differs from ours: set the wrong one, or ingest_lag to more than the difference",
		slog.String("source", r.unit.Source), slog.Duration("ahead", ahead))
}

// observe takes the page into the chain's memory. Behind the end the records of the chain
// come again, which is no anomaly, and cursors too, so that the pages there have a memory
// of their own of whether they go in circles.
func (c *chain) observe(commit *dsr.Commit, b export.Batch, u dsr.Unit) pageResult {
	ids := make([]uint64, 0, len(b.Records))
	for _, record := range b.Records {
		ids = append(ids, c.cycle.hash(record.Facts, record.Raw))
	}
	shown := c.cycle.take(ids, b.Position.Cursor)
	if u.Position.Verify != nil {
		shown.stuck = c.verify.take(ids, b.Position.Cursor).stuck
		commit.Unit.Records += int64(shown.fresh - len(b.Records))
		return shown
	}
	dsr.Count(&commit.Unit.Tally.Anomalies, ruleRepeated, int64(shown.again))
	return shown
}

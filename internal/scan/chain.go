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
	settings
	cycle  cycleDetector
	verify cycleDetector // of the pages after the end alone
	order  orderTracker
	told   bool // that the vendor's clock differs
}

func newChain(s settings, u dsr.Unit) *chain {
	return &chain{settings: s, cycle: newCycleDetector(), verify: newCycleDetector(), order: orderTracker{first: u.First, late: u.Last, records: u.Records}}
}

// Rules of docs/quirks.md that reading a page may find.
const (
	ruleOddEnd   = "Q3"  // the chain ended with an absent or empty cursor
	ruleRepeated = "Q6"  // a record came more than once
	ruleText     = "Q13" // a byte order mark
	ruleSkew     = "Q22" // the vendor's clock is not ours
)

// judge takes a page into what is known of its chain, and decides where the chain goes
// on, which it notes in commit. u is the unit before the page. It returns why the chain
// cannot be believed, if so.
func (c *chain) judge(ctx context.Context, commit *dsr.Commit, b export.Batch, u dsr.Unit) *Failure {
	c.countPageAnomalies(ctx, commit, b)
	for _, record := range b.Records {
		c.order.take(record.Facts.When())
	}
	shown := c.observe(commit, b, u)
	if shown.stuck {
		return &Failure{Kind: Stuck}
	}
	if !c.order.nextStep(commit, b, u, shown.fresh) {
		return &Failure{Kind: FalseEnd}
	}
	if commit.Unit.Position.Verify != u.Position.Verify {
		c.verify = newCycleDetector()
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
	case b.Differs:
		return &Failure{Kind: TotalDiffers}
	}
	return nil
}

// skewed is how far apart two clocks must be to be worth a word: the Date header has
// whole seconds and the answer took its time, but less than ingest_lag should be left.
const skewed = 30 * time.Second

// countPageAnomalies counts the anomalies of a page as a whole.
func (c *chain) countPageAnomalies(ctx context.Context, commit *dsr.Commit, b export.Batch) {
	if b.Suspect {
		dsr.Count(&commit.Unit.Tally.Anomalies, ruleOddEnd, 1)
	}
	if b.Marked {
		dsr.Count(&commit.Unit.Tally.Anomalies, ruleText, 1)
	}
	if b.Date.IsZero() {
		return
	}
	if ahead := b.Date.Sub(c.now()).Round(time.Second); ahead.Abs() > skewed {
		dsr.Count(&commit.Unit.Tally.Anomalies, ruleSkew, 1)
		c.tellSkew(ctx, commit.Unit.Source, ahead)
	}
}

// tellSkew logs a clock that differs, once a unit.
func (c *chain) tellSkew(ctx context.Context, source string, ahead time.Duration) {
	if c.told {
		return
	}
	c.told = true
	c.log.WarnContext(ctx, "the vendor's clock differs from ours: set the wrong one, or ingest_lag to more than the difference",
		slog.String("source", source), slog.Duration("ahead", ahead))
}

// observe takes the page into the chain's memory. After the end the records of the chain
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
	commit.Unit.Shown.Repeated += int64(shown.again)
	dsr.Count(&commit.Unit.Tally.Anomalies, ruleRepeated, int64(shown.again))
	return shown
}

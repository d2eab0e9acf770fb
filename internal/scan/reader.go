package scan

import (
	"context"
	"errors"
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
}

func newReader(s settings, h *host, st Store, source Source, u dsr.Unit, t *target, nudge func()) *reader {
	u.Tally = dsr.Tally{}
	r := &reader{settings: s, host: h, st: st, source: source, unit: u, target: t, nudge: nudge}
	if u.Kind == dsr.Pages {
		r.chain = newChain(u)
	}
	return r
}

// run reads until the unit is done or has to wait; an error ends the lane's run. Waits of
// all kinds end with pausing. changed says whether there may be other work now than what
// the lane knew of.
func (r *reader) run(ctx, pausing context.Context) (changed bool, err error) {
	r.pausing = pausing
	defer r.close()
	for {
		end, err := r.step(ctx)
		switch {
		case errors.Is(err, errReschedule) || errors.Is(err, ErrStopping):
			return true, nil
		case err != nil:
			return true, err
		case end:
			return r.unit.Endpoint == dsr.Conversations || !r.unit.Query.Asks() || r.target.guides, nil
		}
	}
}

func (r *reader) close() {
	if r.open != nil {
		r.open.Close()
		r.open = nil
	}
}

// step reads one batch and commits what it brought, or deals with its failure.
func (r *reader) step(ctx context.Context) (end bool, err error) {
	if r.pausing.Err() != nil {
		return false, context.Cause(r.pausing)
	}
	if r.unit.Position.Cursor == "" && r.unit.Position.Verify == nil && r.host.tooWide(r.unit) {
		return false, r.split(ctx, middle(r.unit))
	}
	b, err := r.next(ctx)
	if failure, ok := errors.AsType[*export.Error](err); ok {
		return false, r.failed(ctx, failure)
	}
	if err != nil {
		return false, err
	}
	c, err := r.collect(b)
	if failure, ok := errors.AsType[*export.Error](err); ok {
		r.close() // or the next batch would be the one behind it
		return false, r.failed(ctx, failure)
	}
	if err != nil {
		return false, err
	}
	if r.chain != nil {
		if f := r.judgeChain(ctx, &c, b); f != nil {
			return false, r.decide(ctx, *f)
		}
	}
	return r.conclude(ctx, b, c)
}

// next reads the next batch, at the host's pace.
func (r *reader) next(ctx context.Context) (b export.Batch, err error) {
	if _, asleep := r.host.fares(r.unit.Source); asleep {
		return b, errReschedule
	}
	if r.open == nil {
		if r.open, err = r.source.Export.Open(ctx, r.unit, r.target.wanted); err != nil {
			r.open = nil
			return b, err
		}
	}
	if r.host.paced() {
		dsr.Count(&r.unit.Tally.Calls, string(r.unit.Endpoint), 1)
	}
	return r.host.call(ctx, r.pausing, r.st, r.unit.Endpoint, r.open.Next)
}

// conclude commits the batch. What a page says against its own chain comes after, so that
// what was found in it is kept.
func (r *reader) conclude(ctx context.Context, b export.Batch, c dsr.Commit) (end bool, err error) {
	against := contradiction(b)
	if against != nil {
		c.Unit.State = dsr.UnitReading
	}
	if err := r.commit(ctx, c); err != nil {
		return false, err
	}
	if against != nil {
		return false, r.decide(ctx, *against)
	}
	return c.Unit.State == dsr.UnitDone, nil
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
	r.host.good(r.unit.Source)
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

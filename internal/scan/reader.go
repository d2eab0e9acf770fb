package scan

import (
	"context"
	"errors"
	"fmt"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

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
			return r.unit.Kind == dsr.Pages && (!r.unit.Query.Asks() || r.target.guide), nil
		}
	}
}

// step reads one batch and commits what it brought, or deals with its failure.
func (r *reader) step(ctx context.Context) (end bool, err error) {
	if r.pausing.Err() != nil {
		return false, context.Cause(r.pausing)
	}
	if why, given := r.host.hopeless.given(r.unit); given {
		return false, r.giveUp(ctx, Failure{}, why)
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
	defer r.release(b)
	c, err := r.collect(ctx, b)
	if failure, ok := errors.AsType[*export.Error](err); ok {
		r.release(b) // before a pause
		r.close()    // or the next batch would be the one after it
		return false, r.failed(ctx, failure)
	}
	if err != nil {
		return false, err
	}
	if r.chain != nil && !r.unit.Probe {
		if f := r.chain.judge(ctx, &c, b, r.unit); f != nil {
			return false, r.decide(ctx, *f)
		}
	}
	return r.conclude(ctx, b, c)
}

// release lets a batch go that has been committed, or comes to nothing.
func (r *reader) release(b export.Batch) {
	r.last = compacted{}
	b.Release()
}

// next reads the next batch, at the host's pace.
func (r *reader) next(ctx context.Context) (b export.Batch, err error) {
	if _, asleep := r.host.health(r.unit.Source); asleep {
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
	settleUnit(&c.Unit)
	if err := r.commit(ctx, c); err != nil {
		return false, err
	}
	r.host.meter.Read(r.unit.Source, r.unit.Endpoint, int64(len(b.Records))+b.Others.Count)
	if against != nil {
		return false, r.decide(ctx, *against)
	}
	return !c.Unit.Open(), nil
}

// settleUnit judges a unit that has been read to its end. Messages that were asked for are
// forgotten once they are had, so that what is wrong with them makes them a failure.
func settleUnit(u *dsr.Unit) {
	if u.State != dsr.UnitDone {
		return
	}
	if distinct := u.Records - u.Shown.Repeated; u.Kind == dsr.Pages && !u.Probe && u.Shown.Total > distinct {
		u.AddFault(dsr.Reason{Code: dsr.ReasonTotal, Detail: fmt.Sprintf("%s: the vendor states a total of %d records, but its pages hold only %d different ones", u.Name(), u.Shown.Total, distinct)})
	}
	if u.Shown.Foreign > 0 && u.Shown.Foreign >= u.Records {
		u.AddFault(dsr.Reason{Code: dsr.ReasonNotUnderstood, Detail: u.Name() + ": messages came, and each names another conversation than the one that was asked for, so that none was kept"})
	}
	if u.Query.Asks() && len(u.Faults) > 0 {
		u.State = dsr.UnitFailed
	}
}

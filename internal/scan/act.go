package scan

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// failed deals with a batch that did not come. nil: it is tried again; errReschedule: the
// unit has changed or must wait; anything else is not the source's fault.
func (r *reader) failed(ctx context.Context, e *export.Error) error {
	r.tries++
	if e.Failure == export.Unparsable {
		r.bad++
	}
	if r.host.paced() {
		dsr.Count(&r.unit.Tally.Retries, cause(e), 1)
		r.log.WarnContext(ctx, "vendor call failed", slog.String("source", r.unit.Source), slog.String("endpoint", string(r.unit.Endpoint)),
			slog.Int64("unit", r.unit.ID), slog.Int("try", r.tries), slog.Any("err", e))
	}
	f := Failure{Kind: e.Failure, Status: e.Status, RetryAfter: e.RetryAfter, Detail: e.Detail}
	r.host.noteAnswer(r.unit.Source, f.lastAnswer())
	return r.decide(ctx, f)
}

func cause(e *export.Error) string {
	switch {
	case e.Failure == export.Unparsable:
		return "unparsable"
	case e.Status == 0:
		return "no_answer"
	}
	return "status_" + strconv.Itoa(e.Status)
}

// decide does what a failure means.
func (r *reader) decide(ctx context.Context, f Failure) error {
	return r.act(ctx, f, Decide(r.unit, f, r.history()))
}

func (r *reader) act(ctx context.Context, f Failure, a Action) error {
	if f.Kind == WindowIgnored {
		r.log.ErrorContext(ctx, "the vendor ignores the window it is asked for", slog.String("source", r.unit.Source), slog.Int("records_outside", f.Outside))
	}
	if a.Counts != "" {
		dsr.Count(&r.unit.Tally.Retries, a.Counts, 1)
	}
	switch a.Do {
	case Retry:
		r.host.countFailure(r.unit.Source, f.Kind == export.Unparsable)
		return sleep(r.pausing, max(a.Wait, r.backoff(r.tries)))
	case Snooze:
		r.host.countFailure(r.unit.Source, f.Kind == export.Unparsable)
		return r.snooze(ctx, a)
	case Postpone:
		r.host.countFailure(r.unit.Source, false)
		return reschedule(r.postpone(ctx))
	case Restart:
		return r.restart(ctx, a)
	case Split:
		if a.Refused {
			r.host.refuseSpan(r.unit)
		}
		return r.split(ctx, a.At)
	case GiveUp:
		if a.Probes {
			if err := r.probe(ctx); err != nil {
				return err
			}
		}
		if a.Whole {
			r.host.hopeless.giveUp(r.unit, a.Why)
		}
		return r.giveUp(ctx, f, a.Why)
	case DropGuide:
		dropped, err := r.st.Drop(ctx, r.unit)
		if err != nil || dropped {
			return reschedule(err)
		}
		a.Do, a.Counts = a.IfNoGuide, ""
		return r.act(ctx, f, a)
	case EndSearches:
		why := []dsr.Reason{a.Why}
		ended, err := r.st.EndSearches(ctx, r.unit, why)
		return r.ended(ctx, ended, why, err)
	case EndSource:
		why := []dsr.Reason{a.Why}
		ended, err := r.st.EndSource(ctx, r.unit.Source, why)
		return r.ended(ctx, ended, why, err)
	}
	return errReschedule
}

// history is what has gone before a failure.
func (r *reader) history() History {
	health, asleep := r.host.health(r.unit.Source)
	h := History{
		Tries: r.tries, Unparsed: r.bad, InARow: health.failures + 1, UnparsedInARow: health.unparsable + 1, Snoozes: health.snoozes, Asleep: asleep,
		Rows: r.rows, PageSize: r.source.PageSize, PageMin: r.source.PageMin, Whole: r.source.whole(r.unit), GiveUpAfter: r.source.GiveUpAfter, Guide: r.target.guide,
	}
	if r.chain != nil {
		h.Middle = r.chain.order.middle()
	}
	if since := r.unit.Shown.Failing; since > 0 {
		h.Failing = r.now().Sub(time.UnixMilli(since))
	}
	return h
}

// postpone leaves a question for later, when others of its kind have been answered.
func (r *reader) postpone(ctx context.Context) error {
	r.host.failedTurn(r.unit.ID)
	return r.st.Postpone(ctx, r.unit)
}

// snooze leaves the source alone for a time.
func (r *reader) snooze(ctx context.Context, a Action) error {
	until := r.now().Add(a.Wait)
	if r.unit.Query.Asks() || r.unit.Probe {
		if err := r.postpone(ctx); err != nil {
			return err
		}
	}
	if err := r.st.Snooze(ctx, r.unit.Source, until); err != nil {
		return err
	}
	r.host.sleepUntil(r.unit.Source, until)
	r.log.WarnContext(ctx, "source snoozes", slog.String("source", r.unit.Source), slog.Time("until", until))
	return errReschedule
}

func (r *reader) restart(ctx context.Context, a Action) error {
	if a.BacksOff {
		if err := sleep(r.pausing, r.backoff(r.tries)); err != nil {
			return err
		}
	}
	return reschedule(r.st.Restart(ctx, r.unit, a.Cause, a.PerPage))
}

func (r *reader) split(ctx context.Context, at int64) error {
	return reschedule(r.st.Split(ctx, r.unit, at, r.source.PageSize))
}

// probe has the list of conversations asked for, of the last day.
func (r *reader) probe(ctx context.Context) error {
	end := r.now().Add(-r.source.IngestLag).Unix()
	for _, id := range r.unit.Requests {
		if err := r.st.Probe(ctx, id, r.unit.Source, dsr.Interval{Start: end - 24*60*60, End: end}, r.source.PageSize); err != nil {
			return err
		}
	}
	return nil
}

// giveUp ends the unit as one that cannot be read whole; the rest is read. What was found
// wrong in a file that is another by now may be the fault of the other.
func (r *reader) giveUp(ctx context.Context, f Failure, why dsr.Reason) error {
	u := r.unit
	u.State = dsr.UnitFailed
	if f.Kind == export.Changed {
		u.Faults, u.Unread, u.Shown = nil, 0, dsr.Shown{}
	}
	u.Faults = append(u.Faults, why)
	if err := r.commit(ctx, dsr.Commit{Unit: u}); err != nil {
		return err
	}
	return errReschedule
}

// ended logs which searches have ended.
func (r *reader) ended(ctx context.Context, ended []string, why []dsr.Reason, err error) error {
	logEnded(ctx, r.log, r.unit.Source, ended, why)
	return reschedule(err)
}

func reschedule(err error) error {
	if err != nil {
		return err
	}
	return errReschedule
}

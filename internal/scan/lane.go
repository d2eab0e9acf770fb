package scan

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// patience is the longest wait for which a lane keeps its job.
const patience = 2 * time.Second

// lane is one run of the job of one host: nobody else talks to that host. It reads
// conversations and messages at the same time, each endpoint at its own pace.
type lane struct {
	settings
	schedule
	host    *host
	st      Store
	targets *targets
	names   []string      // of its sources
	seen    time.Time     // when it last looked
	fresh   bool          // just now
	spare   bool          // more could be read than is known of
	done    chan finished // readers that have stopped
	poke    chan struct{} // something changed that the lane should look at
}

// finished is what a reader says when it stops.
type finished struct {
	unit    int64
	changed bool // there may be other work than before
	err     error
}

func newLane(s settings, h *host, st Store, sources []Source) *lane {
	s.log = s.log.With(slog.String("lane", h.name))
	l := &lane{settings: s, host: h, st: st, targets: newTargets(st), done: make(chan finished), poke: make(chan struct{}, 1)}
	l.schedule = newSchedule(s, h, sources)
	for _, s := range sources {
		l.names = append(l.names, s.Name)
	}
	h.reset()
	h.rest()
	return l
}

// run works until there is nothing more to do. Calls and commits go on until calling
// ends; waits of all kinds end with pausing, which ends when the program is to stop.
func (l *lane) run(calling, pausing context.Context) error {
	if l.st.TakenOver() {
		if err := sleep(pausing, l.host.memory); err != nil {
			return err
		}
	}
	l.st.Settled()
	for pausing.Err() == nil {
		if err := l.refresh(calling); err != nil {
			return err
		}
		wake, err := l.start(calling, pausing)
		if err != nil {
			return err
		}
		if l.spare && !l.fresh {
			l.seen = time.Time{} // all that was known of is begun: look again before waiting
			continue
		}
		if len(l.reading) == 0 && wake.IsZero() {
			l.host.idle()
			return nil
		}
		if len(l.reading) == 0 && wake.Sub(l.now()) > patience {
			return Later{wake}
		}
		if err := l.wait(pausing); err != nil {
			return err
		}
	}
	return context.Cause(pausing)
}

// refresh looks at what is open when that was last done more than a pollInterval ago, and
// draws the conclusions; l.fresh says whether it did.
func (l *lane) refresh(ctx context.Context) (err error) {
	if l.fresh = time.Since(l.seen) > pollInterval; !l.fresh {
		return nil
	}
	for changed := true; changed; {
		if err := l.st.NoteWakes(ctx); err != nil {
			return err
		}
		if l.work, err = l.st.OpenWork(ctx, l.names); err != nil {
			return err
		}
		settling := settling{settings: l.settings, host: l.host, st: l.st, targets: l.targets, sources: l.sources}
		if changed, err = settling.settle(ctx, l.work); err != nil {
			return err
		}
	}
	for _, name := range l.names {
		l.host.snoozed(name, l.work.States[name].Snoozes)
	}
	l.host.hopeless.keep(l.work.Units)
	l.seen, l.begun = time.Now(), map[int64]bool{}
	return nil
}

// wait returns when a reader has stopped, something changed, or it is time to look again.
func (l *lane) wait(pausing context.Context) error {
	timer := time.NewTimer(pollInterval)
	defer timer.Stop()
	select {
	case <-pausing.Done():
		return context.Cause(pausing)
	case end := <-l.done:
		delete(l.reading, end.unit)
		l.begun[end.unit] = true // what is known of it may still be that it is read
		if end.changed {
			l.seen = time.Time{}
		}
		return end.err
	case <-l.poke:
		l.seen = time.Time{}
	case <-timer.C:
	}
	return nil
}

// join waits for the readers to stop: none outlives its lane.
func (l *lane) join() {
	for len(l.reading) > 0 {
		delete(l.reading, (<-l.done).unit)
	}
}

// start gives every endpoint as many readers as it can use. It returns when the
// earliest unit that has to wait may begin; zero when none waits.
func (l *lane) start(calling, pausing context.Context) (wake time.Time, err error) {
	l.spare = false
	for _, e := range []dsr.Endpoint{dsr.Conversations, dsr.Messages} {
		for l.readers(e) < l.parallel(e) {
			c := l.choose(e)
			if c.none() {
				l.spare = true
				wake = sooner(wake, c.notBefore)
				break
			}
			u, err := l.begin(calling, pausing, c.next)
			if err != nil {
				return wake, err
			}
			l.work.Units = append(l.work.Units, u)
		}
	}
	return wake, nil
}

// begin starts a reader for the unit; one that resumes keeps its position.
func (l *lane) begin(ctx, pausing context.Context, u dsr.Unit) (dsr.Unit, error) {
	chosen := u.Requests
	u, err := l.st.Begin(ctx, u)
	if err != nil {
		return u, err
	}
	l.begun[u.ID] = true
	if len(u.Requests) == 0 { // whoever wanted it is gone
		u.Requests, u.State = chosen, dsr.UnitDone
		l.seen = time.Time{}
		return u, nil
	}
	r, err := l.newReader(ctx, u)
	if err != nil {
		return u, err
	}
	l.reading[u.ID] = u
	go func() {
		l.meter.Reading(l.host.name, 1)
		changed, err := r.survive(ctx, pausing)
		l.meter.Reading(l.host.name, -1)
		l.done <- finished{u.ID, changed, err}
	}()
	return u, nil
}

func (l *lane) newReader(ctx context.Context, u dsr.Unit) (*reader, error) {
	s := l.sources[u.Source]
	t, err := l.targets.of(ctx, s, u, l.work.Searches)
	if err != nil {
		return nil, fmt.Errorf("read unit %d: %w", u.ID, err)
	}
	return newReader(l.settings, l.host, l.st, s, u, t, l.nudge), nil
}

// nudge has the lane look again: there may be messages to collect now.
func (l *lane) nudge() {
	select {
	case l.poke <- struct{}{}:
	default:
	}
}

// survive is run, but a fault of the program becomes an error of the lane instead of the end
// of the program. What was panicked with may be a record and is not repeated.
func (r *reader) survive(ctx, pausing context.Context) (changed bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			stack := string(debug.Stack())
			if elsewhere, ok := p.(*export.Panic); ok {
				stack = elsewhere.Stack
			}
			r.log.ErrorContext(ctx, "reader panicked", slog.Int64("unit", r.unit.ID), slog.String("stack", stack))
			changed, err = true, fmt.Errorf("unit %d: panic with a %T", r.unit.ID, p)
		}
	}()
	return r.run(ctx, pausing)
}

package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// History implements api.Service. Who did something is told to those who may know; others
// learn the role.
func (s *Store) History(ctx context.Context, by dsr.Principal, id string) (h dsr.History, err error) {
	snap, err := s.Viewed(ctx, by, id, s.Glance)
	if err != nil {
		return h, err
	}
	err = s.view(ctx, func(t tx) error {
		h, err = t.history(ctx, by, snap.Request)
		return err
	})
	return h, err
}

// Told is Snapshot and History of one moment; it records that by has viewed the request.
func (s *Store) Told(ctx context.Context, by dsr.Principal, id string) (snap dsr.Snapshot, h dsr.History, err error) {
	snap, err = s.Viewed(ctx, by, id, func(ctx context.Context, id string) (dsr.Snapshot, error) {
		return s.snapshot(ctx, id, func(t tx, snap *dsr.Snapshot) (err error) {
			if h, err = t.history(ctx, by, snap.Request); err != nil {
				return err
			}
			if snap.Barred, err = t.barred(ctx, by, snap.Request); err != nil {
				return err
			}
			return t.whole(ctx, snap)
		})
	})
	return snap, h, err
}

func (t tx) history(ctx context.Context, by dsr.Principal, r dsr.Request) (h dsr.History, err error) {
	events, err := t.eventsOf(ctx, r.ID)
	if err != nil {
		return h, err
	}
	h.Deadlines = deadlinesThen(events, r, t.s.opts.Deadlines)
	h.Events, err = t.historyOf(ctx, events, by.May(dsr.KnowNames))
	return h, err
}

func (t tx) eventsOf(ctx context.Context, id string) (events []audit.Event, err error) {
	for row, err := range t.auditRows(ctx, `WHERE request_id = ? ORDER BY idx`, id) {
		if err != nil {
			return nil, err
		}
		_, e, err := audit.ParseLeaf(row.Leaf)
		if err != nil {
			return nil, fmt.Errorf("the audit log is altered: %w", err)
		}
		events = append(events, e)
	}
	return events, nil
}

// historyOf leaves out how the row stood: that is for the comparison with the log.
func (t tx) historyOf(ctx context.Context, events []audit.Event, names bool) ([]dsr.HistoryEvent, error) {
	who, err := t.whoIs(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]dsr.HistoryEvent, len(events))
	for i, e := range events {
		actor := who[e.Actor]
		out[i] = dsr.HistoryEvent{At: e.At, Kind: string(e.Kind), Role: actor.role, Status: dsr.Status(e.Data["status"]), Data: maps.Clone(e.Data)}
		for _, fact := range audit.FactNames[audit.RequestRow] {
			delete(out[i].Data, fact)
		}
		if names || strings.HasPrefix(e.Actor, linkActor) { // a link names nobody
			out[i].Actor, out[i].Name = e.Actor, actor.name
		}
	}
	return out, nil
}

// actor is somebody who is in the log.
type actor struct{ name, role string }

// whoIs are all who can be in the log, by their principal.
func (t tx) whoIs(ctx context.Context) (map[string]actor, error) {
	rows, err := t.QueryContext(ctx, `SELECT id, name, role FROM people UNION ALL SELECT 'token:' || name, name, role FROM tokens`)
	if err != nil {
		return nil, fmt.Errorf("read who is who: %w", err)
	}
	defer rows.Close()
	who := map[string]actor{audit.System: {audit.System, audit.System}}
	for rows.Next() {
		var id string
		var a actor
		if err := rows.Scan(&id, &a.name, &a.role); err != nil {
			return nil, fmt.Errorf("read who is who: %w", err)
		}
		who[id] = a
	}
	return who, rows.Err()
}

// deadlinesThen are the deadlines that r has had: each event that moves the clock says by
// what, and what followed from it.
func deadlinesThen(events []audit.Event, r dsr.Request, d dsr.Deadlines) (all []dsr.DeadlineThen) {
	then := dsr.Request{Regime: firstRegime(events, r.Regime), ReceivedAt: r.ReceivedAt}
	for _, e := range events {
		if _, changes := audit.SubjectOf(e); !changes {
			continue
		}
		step(&then, e, r)
		now := dsr.DeadlineThen{From: e.At, DueAt: d.At(then), Because: d.Because(then), Clock: d.Clock(then)}
		if due, recorded := factTime(e, "due_at"); recorded && !due.Equal(now.DueAt) {
			now.Recorded = true
			now.DueAt, now.Because = due, "as it was worked out then; the time zone, the holidays or the rules have changed since"
		}
		if last := len(all) - 1; last < 0 || !all[last].DueAt.Equal(now.DueAt) || all[last].Because != now.Because {
			all = append(all, now)
		}
	}
	return all
}

// firstRegime is the regime of a submission, of which the event says nothing.
func firstRegime(events []audit.Event, now string) string {
	for _, e := range events {
		if before := e.Data["regime_before"]; before != "" {
			return before
		}
	}
	return now
}

// step is what an event changes about the clock; r is the request as it is now.
func step(then *dsr.Request, e audit.Event, r dsr.Request) {
	if received, recorded := factTime(e, "received_at"); recorded {
		then.ReceivedAt = received
	}
	switch e.Kind {
	case audit.RequestExtended:
		then.ExtendedSoFar = r.ExtendedSoFar
		if by, err := strconv.Atoi(e.Data["extended_by"]); err == nil {
			then.ExtendedSoFar = by
		}
	case audit.RequestPaused:
		then.Pauses = append(slices.Clone(then.Pauses), dsr.Pause{Reason: dsr.PauseReason(e.Data["reason"]), AskedOn: dsr.Day(e.Data["asked_on"])})
	case audit.RequestResumed:
		if then.Pauses = slices.Clone(then.Pauses); len(then.Pauses) > 0 {
			then.Pauses[len(then.Pauses)-1].AnsweredOn = dsr.Day(e.Data["answered_on"])
		}
	case audit.RequestAmended:
		if after := e.Data["regime_after"]; after != "" {
			then.Regime = after
		}
	}
}

// factTime is a time that an event repeats of the row.
func factTime(e audit.Event, name string) (time.Time, bool) {
	ms, err := strconv.ParseInt(e.Data[name], 10, 64)
	return time.UnixMilli(ms).UTC(), err == nil
}

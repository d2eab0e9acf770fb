package fulfil

import (
	"context"
	"log/slog"
	"slices"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// settle ends the parts that are read to their end, widens those whose margin turned
// out too small, and gives up on sources that have been silent for too long. It
// reports whether the board has changed.
func (l *lane) settle(ctx context.Context, b dsr.Board) (changed bool, err error) {
	for _, p := range b.Parts {
		var moved bool
		switch {
		case l.silent(b, p):
			moved, err = true, l.endPart(ctx, p, []dsr.Reason{{
				Code: dsr.ReasonGaveUp, Detail: "the vendor gave no page for " + l.f.sources[p.Source].GiveUpAfter.String() + " (give_up_after)",
			}})
		case searched(b, p):
			moved, err = true, l.concludePart(ctx, b, p)
		}
		if err != nil {
			return changed, err
		}
		changed = changed || moved
	}
	return changed, nil
}

// silent reports whether a source has failed the part for longer than it may.
func (l *lane) silent(b dsr.Board, p dsr.Part) bool {
	state := b.States[p.Source]
	if state.SnoozedUntil.IsZero() {
		return false
	}
	return l.f.o.Now().Sub(later(state.LastGood, p.OpenedAt)) >= l.f.sources[p.Source].GiveUpAfter
}

// searched reports whether nothing of the part is left to read.
func searched(b dsr.Board, p dsr.Part) bool {
	if p.Arrived() {
		return !p.Collecting
	}
	if p.Collecting || len(p.Want.Without(dsr.ReachesFor(p, b.Ranges))) > 0 {
		return false
	}
	return !slices.ContainsFunc(b.Ranges, func(g dsr.Range) bool {
		return g.Open() && g.Source == p.Source && slices.Contains(g.Requests, p.RequestID)
	})
}

// concludePart widens the part when a conversation was active for longer than the
// margin allows for, else ends it with the reasons of what could not be read.
func (l *lane) concludePart(ctx context.Context, b dsr.Board, p dsr.Part) error {
	if longest := dsr.LongestFor(p, b.Ranges); longest > p.Margin && !p.Arrived() {
		margin := 2 * longest
		return l.st.WidenPart(ctx, p.RequestID, p.Source, margin, l.f.sources[p.Source].Want(p.Window, p.AsOf, margin))
	}
	why := reasons(b.Ranges, p)
	if e, ok := l.f.sources[p.Source].Export.(export.Entries); ok {
		return l.concludeEntries(ctx, b, p, e, why)
	}
	return l.endPart(ctx, p, why)
}

func (l *lane) endPart(ctx context.Context, p dsr.Part, why []dsr.Reason) error {
	l.log.InfoContext(ctx, "source searched", slog.String("request", p.RequestID), slog.String("source", p.Source), slog.Bool("complete", len(why) == 0))
	return l.st.EndPart(ctx, p.RequestID, p.Source, why)
}

func reasons(ranges []dsr.Range, p dsr.Part) (why []dsr.Reason) {
	for _, g := range ranges {
		if g.Reason != nil && g.Source == p.Source && slices.Contains(g.Requests, p.RequestID) && !slices.Contains(why, *g.Reason) {
			why = append(why, *g.Reason)
		}
	}
	if p.Direct != nil && len(p.Direct.Traces) > 0 {
		why = append(why, dsr.Reason{
			Code: dsr.ReasonOrphanMessages, Detail: "the vendor has messages of a conversation asked for, but lists no such conversation, so they are not in the archive",
		})
	}
	if p.Tally.Anomalies[ruleNoID] > 0 {
		why = append(why, dsr.Reason{
			Code: dsr.ReasonRecordWithoutID, Detail: "a matching conversation has no _id, so its messages cannot be asked for",
		})
	}
	return why
}

// ruleNoID of docs/quirks.md: a record without a usable _id.
const ruleNoID = "Q12"

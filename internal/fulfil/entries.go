package fulfil

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/match"
)

// Some sources do not list conversations but what was said, entry by entry; see
// export.Entries. This file is what is different about them: an entry is kept by its own
// time, and where it leads to is followed like the messages of a conversation.

// takeEntry keeps an entry for the requests it matches, with where it leads to.
func (r *reader) takeEntry(d *digested, entry json.RawMessage, v match.Verdict) error {
	r.nearMisses(d, v)
	for _, hit := range v.Hits {
		request := r.requests[hit.Query]
		if !v.Facts.In(request.Window, request.AsOf, r.l.f.o.Now()) {
			continue
		}
		trail := r.entries.Found(entry)
		if trail.Group != nil {
			trail.Group.Source, trail.Group.Why = r.g.Source, hit.Why
		}
		for _, kept := range trail.Keep {
			kept.Why = hit.Why
			f := dsr.Find{RequestID: request.ID, Group: trail.Group, Next: r.chains(trail.Next, request), Weak: r.weak(hit)}
			if err := r.keep(d, f, kept); err != nil {
				return err
			}
		}
	}
	return nil
}

// weak reports whether a hit rests only on what many people share.
func (r *reader) weak(hit match.Hit) bool {
	for _, why := range hit.Why {
		if !r.entries.Weak(why.Path) {
			return false
		}
	}
	return true
}

// followed keeps what a page brought that an entry, or a conversation's id, led to.
func (r *reader) followed(d *digested, q export.Query, page export.Page) error {
	request := r.requests[0]
	trail := r.entries.Followed(q, page)
	for _, m := range trail.Move {
		d.Moves = append(d.Moves, dsr.Move{RequestID: request.ID, MessageID: m.MessageID, ConversationID: m.ConversationID})
	}
	for _, kept := range trail.Keep {
		f := dsr.Find{RequestID: request.ID}
		if kept.Kind == dsr.Conversation {
			facts := match.Facts{Start: kept.Start, LastAction: kept.LastAction}
			if !facts.In(request.Window, request.AsOf, r.l.f.o.Now()) {
				d.Cursor, d.End = "", true // asked for by id, and outside the window: its messages too
				continue
			}
			kept.Why, f.Next = askedFor(request, kept.ID), r.chains(trail.Next, request)
		}
		if err := r.keep(d, f, kept); err != nil {
			return err
		}
	}
	return nil
}

// askedFor are the selectors of a request that name the conversation.
func askedFor(r dsr.Request, id string) (why []dsr.Why) {
	for i, s := range r.Selectors {
		if s.ConversationID == id {
			why = append(why, dsr.Why{Selector: i})
		}
	}
	return why
}

func (r *reader) keep(d *digested, f dsr.Find, kept dsr.Record) (err error) {
	if kept.Raw, err = compact(kept.Raw); err != nil {
		return err
	}
	kept.Source = r.g.Source
	f.Record = kept
	d.Finds = append(d.Finds, f)
	return nil
}

func (r *reader) chains(next []export.Follow, request dsr.Request) (out []dsr.Chain) {
	for _, f := range next {
		out = append(out, chain(f, request.AsOf, r.source.PageSize))
	}
	return out
}

func chain(f export.Follow, asOf time.Time, pageSize int) dsr.Chain {
	end := f.End
	if end == 0 {
		end = asOf.Unix()
	}
	return dsr.Chain{ConversationID: f.ConversationID, Reach: dsr.Reach{Start: f.Start, End: max(f.Start, end)}, PageSize: pageSize}
}

// planEntries opens a part of such a source. Conversations asked for by id need no search;
// where they cannot be asked for, a part with nothing else to search for has ended.
func planEntries(p *dsr.Part, s Source, e export.Entries, r dsr.Request) {
	ids := idsOf(r)
	if e.Joined() {
		for _, id := range ids {
			p.Asks = append(p.Asks, chain(e.Whole(id), p.AsOf, s.PageSize))
		}
	}
	if len(ids) == 0 || len(r.ConversationIDs()) == 0 {
		return
	}
	p.Want = dsr.Reach{Start: p.Want.Start, End: p.Want.Start - 1} // nothing
	if !e.Joined() {
		p.Ended, p.Reasons = true, []dsr.Reason{idUnsupported}
	}
}

// idsOf are the conversation ids among the selectors, each once.
func idsOf(r dsr.Request) (ids []string) {
	known := map[string]bool{}
	for _, s := range r.Selectors {
		if id := s.ConversationID; id != "" && !known[id] {
			known[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

var idUnsupported = dsr.Reason{
	Code:   dsr.ReasonIDUnsupported,
	Detail: "the vendor's entries do not say to which conversation they belong, so a conversation cannot be found by its id; give the source an agent_token_file",
}

// moved reads a range again whose list changed while its pages were read; after that it
// reads shorter ones, because a list on one page cannot change under its pages.
func (r *reader) moved(ctx context.Context) error {
	dsr.Count(&r.g.Tally.Retries, dsr.ReasonPageDrift, 1)
	switch {
	case r.g.Restarts[dsr.ReasonPageDrift] < driftTries:
		return r.restart(ctx, dsr.ReasonPageDrift, r.g.PerPage)
	case r.rows > r.g.PerPage && r.g.Reach.End-r.g.Reach.Start > 1:
		return r.split(ctx)
	}
	return r.fail(ctx, dsr.Reason{
		Code:   dsr.ReasonPageDrift,
		Detail: fmt.Sprintf("the vendor's list from %s to %s changed each time it was read, so that a record may be missing", clock(r.g.Reach.Start), clock(r.g.Reach.End)),
	})
}

// driftTries is how often a range is read again whose list moved.
const driftTries = 2

// windowIgnored ends the source for all who read the range: what the vendor left out
// instead of what it should not have sent is not known.
func (r *reader) windowIgnored(ctx context.Context, page export.Page) error {
	r.l.log.ErrorContext(ctx, "the vendor ignores the window it is asked for", slog.String("source", r.g.Source), slog.Int("records_outside", page.Outside))
	return r.endForReaders(ctx, dsr.Reason{
		Code: dsr.ReasonWindowIgnored,
		Detail: fmt.Sprintf("%d records of a page lie outside %s to %s, which was asked for: the vendor ignored it, and what it left out is not known",
			page.Outside, clock(r.g.Reach.Start), clock(r.g.Reach.End)),
	})
}

// concludeEntries ends such a part, unless nothing was listed and there may be more to read.
func (l *lane) concludeEntries(ctx context.Context, b dsr.Board, p dsr.Part, e export.Entries, why []dsr.Reason) error {
	widened, more, err := l.unproven(ctx, b, p)
	if err != nil || widened {
		return err
	}
	why = append(why, more...)
	if !e.Joined() {
		r, err := l.request(ctx, p.RequestID)
		if err != nil {
			return err
		}
		if len(idsOf(r)) > 0 {
			why = append(why, idUnsupported)
		}
	}
	return l.endPart(ctx, p, why)
}

// unproven decides about a part of which nothing at all was listed. A vendor that takes
// times in another unit, or ignores them, lists nothing either, so the search goes back in
// longer and longer steps until there is something, or nothing is left to read.
func (l *lane) unproven(ctx context.Context, b dsr.Board, p dsr.Part) (widened bool, why []dsr.Reason, err error) {
	if scanned, records := readOf(b.Ranges, p); !scanned || records > 0 {
		return false, nil, nil
	}
	s := l.f.sources[p.Source]
	whole := dsr.Reach{Start: min(s.Earliest.Unix(), p.Want.Start), End: p.AsOf.Unix()}
	if p.Want.Contains(whole) {
		return false, []dsr.Reason{{
			Code:   dsr.ReasonWindowUnproven,
			Detail: "the vendor lists no entry at all since " + s.Earliest.Format(time.RFC3339) + ", so it is not proven that it searched the right stretch; check agent_id, timetoken_unit and earliest",
		}}, nil
	}
	step := max(p.Want.End-p.Want.Start, int64(s.MaxRange/time.Second), 1)
	wider := dsr.Reach{Start: max(whole.Start, p.Want.Start-step), End: p.Want.End}
	if wider.Start == p.Want.Start {
		wider.End = min(whole.End, p.Want.End+step)
	}
	return true, nil, l.st.WidenPart(ctx, p.RequestID, p.Source, p.Margin, wider)
}

// readOf says whether a part's timeline was read at all, and how many records it had.
func readOf(ranges []dsr.Range, p dsr.Part) (scanned bool, records int64) {
	for _, g := range ranges {
		if g.Endpoint == dsr.Conversations && g.Source == p.Source && slices.Contains(g.Requests, p.RequestID) {
			scanned, records = true, records+g.Records
		}
	}
	return scanned, records
}

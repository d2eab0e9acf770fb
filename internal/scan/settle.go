package scan

import (
	"context"
	"slices"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// settling draws the conclusions from what has been read.
type settling struct {
	settings
	host    *host
	st      Store
	targets *targets
	sources map[string]Source
}

// settle ends the searches that are read to their end, widens those whose margin turned
// out too small, asks for the messages of what was found where they are in units of their
// own, and gives up on sources that have been silent for too long. It reports whether
// what is open has changed.
func (s settling) settle(ctx context.Context, o dsr.OpenWork) (changed bool, err error) {
	for _, search := range o.Searches {
		source := s.sources[search.Source]
		moved := true
		switch {
		case s.silent(o, search):
			err = s.end(ctx, search, []dsr.Reason{{
				Code: dsr.ReasonGaveUp, Detail: "the vendor gave no page for " + source.GiveUpAfter.String() + " (give_up_after)" + s.host.lastAnswer(search.Source),
			}})
		case search.Stage == dsr.StageUnplanned:
			err = s.plan(ctx, search, dsr.StageConversations)
		case searched(o, search):
			err = s.conclude(ctx, search)
		default:
			moved = false
		}
		if err != nil {
			return changed, err
		}
		changed = changed || moved
	}
	return changed, nil
}

// silent reports whether a source has failed the search for longer than it may. Where only
// questions about single conversations are open, each is given up by itself.
func (s settling) silent(o dsr.OpenWork, search dsr.SourceSearch) bool {
	state := o.States[search.Source]
	if state.SnoozedUntil.IsZero() || search.Collecting && searched(o, withoutQuestions(search)) || slices.ContainsFunc(o.Units, func(u dsr.Unit) bool { return untriedProbe(u, search) }) {
		return false
	}
	return s.now().Sub(later(state.LastGood, search.OpenedAt)) >= s.sources[search.Source].GiveUpAfter
}

// untriedProbe reports whether a unit will tell for a search if the source is there at all.
func untriedProbe(u dsr.Unit, s dsr.SourceSearch) bool {
	return u.Probe && u.Open() && u.Shown.Failing == 0 && u.For(s)
}

// withoutQuestions is a search as it would be if all that was asked were answered.
func withoutQuestions(s dsr.SourceSearch) dsr.SourceSearch {
	s.Collecting = false
	return s
}

// searched reports whether nothing of a search is left to read.
func searched(o dsr.OpenWork, s dsr.SourceSearch) bool {
	if s.Collecting || s.Scanning && !s.Arrived() {
		return false
	}
	return s.Arrived() || len(s.Want.Without(dsr.IntervalsFor(s, o.Units))) == 0
}

// conclude widens a search when a conversation was active for longer than the margin
// allows for, goes on to the messages where there is more to read, else ends it with the
// reasons of what could not be read.
func (s settling) conclude(ctx context.Context, search dsr.SourceSearch) error {
	snap, err := s.st.Snapshot(ctx, search.RequestID)
	if err != nil {
		return err
	}
	units, source := snap.UnitsOf(search.Source), s.sources[search.Source]
	if longest := dsr.LongestFor(search, units); longest > search.Margin && !search.Arrived() {
		margin := 2 * longest
		return s.st.Widen(ctx, search, margin, source.Want(search.Window, search.AsOf, margin))
	}
	empty := nothingListed(source, search, units)
	switch {
	case !empty.wider.Empty():
		return s.st.Widen(ctx, search, search.Margin, empty.wider)
	case !empty.probe.Empty():
		return s.st.Probe(ctx, search.RequestID, search.Source, empty.probe, source.PageSize)
	}
	found := snap.ProgressOf(search.Source).Conversations > 0
	if search.Stage == dsr.StageConversations && (found || files(units)) {
		planned, err := s.planMessages(ctx, search, found)
		if err != nil || planned {
			return err
		}
	}
	why, err := proof{s.st, source, snap.Request, search, units}.reasons(ctx)
	if err != nil {
		return err
	}
	return s.end(ctx, search, append(why, empty.why...))
}

// planMessages puts in line what holds the messages of what was found, if they were not
// asked for as it was found.
func (s settling) planMessages(ctx context.Context, search dsr.SourceSearch, found bool) (planned bool, err error) {
	p, err := s.ask(ctx, search, dsr.StageMessages, found)
	if err != nil || len(p.Units)+len(p.Refused) == 0 {
		return false, err
	}
	return true, s.st.Queue(ctx, search, dsr.StageMessages, p)
}

// plan puts in line what a search has to read whose units are not known.
func (s settling) plan(ctx context.Context, search dsr.SourceSearch, stage dsr.Stage) error {
	p, err := s.ask(ctx, search, stage, false)
	if err != nil {
		return err
	}
	if p.Ended {
		return s.end(ctx, search, p.Reasons)
	}
	return s.st.Queue(ctx, search, stage, p)
}

func (s settling) ask(ctx context.Context, search dsr.SourceSearch, stage dsr.Stage, found bool) (p dsr.SearchPlan, err error) {
	r, err := s.targets.request(ctx, search.RequestID)
	if err != nil {
		return p, err
	}
	source := s.sources[search.Source]
	p, err = source.Export.Plan(ctx, export.Ask{Source: source.Source, Request: r, AsOf: search.AsOf, Stage: stage, Found: found})
	p.PageSize = source.PageSize
	return p, err
}

func (s settling) end(ctx context.Context, search dsr.SourceSearch, why []dsr.Reason) error {
	ended, err := s.st.EndSearch(ctx, search, why)
	logEnded(ctx, s.log, search.Source, ended, why)
	return err
}

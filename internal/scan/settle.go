package scan

import (
	"context"
	"slices"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
)

// settling draws the conclusions from what has been read.
type settling struct {
	settings
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
				Code: dsr.ReasonGaveUp, Detail: "the vendor gave no page for " + source.GiveUpAfter.String() + " (give_up_after)",
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

// silent reports whether a source has failed the search for longer than it may.
func (s settling) silent(o dsr.OpenWork, search dsr.SourceSearch) bool {
	state := o.States[search.Source]
	if state.SnoozedUntil.IsZero() {
		return false
	}
	return s.now().Sub(later(state.LastGood, search.OpenedAt)) >= s.sources[search.Source].GiveUpAfter
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
		return s.st.Widen(ctx, search.RequestID, search.Source, margin, source.Want(search.Window, search.AsOf, margin))
	}
	wider, unproven := nothingListed(source, search, units)
	if !wider.Empty() {
		return s.st.Widen(ctx, search.RequestID, search.Source, search.Margin, wider)
	}
	if search.Stage == dsr.StageConversations && snap.ProgressOf(search.Source).Conversations > 0 {
		planned, err := s.planMessages(ctx, search)
		if err != nil || planned {
			return err
		}
	}
	return s.end(ctx, search, append(reasons(search, units), unproven...))
}

// planMessages puts in line what holds the messages of what was found, if they were not
// asked for as it was found.
func (s settling) planMessages(ctx context.Context, search dsr.SourceSearch) (planned bool, err error) {
	p, err := s.ask(ctx, search, dsr.StageMessages)
	if err != nil || len(p.Units)+len(p.Refused) == 0 {
		return false, err
	}
	return true, s.st.Queue(ctx, search, dsr.StageMessages, p)
}

// plan puts in line what a search has to read whose units are not known.
func (s settling) plan(ctx context.Context, search dsr.SourceSearch, stage dsr.Stage) error {
	p, err := s.ask(ctx, search, stage)
	if err != nil {
		return err
	}
	if p.Ended {
		return s.end(ctx, search, p.Reasons)
	}
	return s.st.Queue(ctx, search, stage, p)
}

func (s settling) ask(ctx context.Context, search dsr.SourceSearch, stage dsr.Stage) (p dsr.SearchPlan, err error) {
	r, err := s.targets.request(ctx, search.RequestID)
	if err != nil {
		return p, err
	}
	source := s.sources[search.Source]
	p, err = source.Export.Plan(ctx, export.Ask{Source: source.Source, Request: r, AsOf: search.AsOf, Stage: stage})
	p.PageSize = source.PageSize
	return p, err
}

func (s settling) end(ctx context.Context, search dsr.SourceSearch, why []dsr.Reason) error {
	ended, err := s.st.EndSearches(ctx, search.Source, []string{search.RequestID}, why)
	logEnded(ctx, s.log, search.Source, ended, why)
	return err
}

// reasons are why a search is not complete.
func reasons(s dsr.SourceSearch, units []dsr.Unit) []dsr.Reason {
	why := slices.Clone(s.Refused)
	for _, u := range units {
		for _, reason := range u.Reasons() {
			if !slices.Contains(why, reason) {
				why = append(why, reason)
			}
		}
	}
	if s.ShortCut != nil && len(s.ShortCut.Traces) > 0 {
		why = append(why, dsr.Reason{
			Code: dsr.ReasonOrphanMessages, Detail: "the vendor has messages of a conversation asked for, but lists no such conversation, so they are not in the archive",
		})
	}
	if s.Tally.Anomalies[ruleNoID] > 0 {
		why = append(why, dsr.Reason{
			Code: dsr.ReasonRecordWithoutID, Detail: "a matching conversation has no _id, so its messages cannot be told from others",
		})
	}
	return why
}

// ruleNoID of docs/quirks.md: a record without a usable _id.
const ruleNoID = "Q12"

// nothingListed decides about a search in which nothing at all was listed, of a source
// for which that proves nothing: it goes back in longer and longer steps until there is
// something, or nothing is left to read.
func nothingListed(source Source, s dsr.SourceSearch, units []dsr.Unit) (wider dsr.Interval, why []dsr.Reason) {
	suspect := source.Export.NothingListed(source.Source)
	if suspect == nil {
		return dsr.Nothing, nil
	}
	if scanned, records := readOf(s, units); !scanned || records > 0 {
		return dsr.Nothing, nil
	}
	whole := dsr.Interval{Start: min(source.Earliest.Unix(), s.Want.Start), End: s.AsOf.Unix()}
	if s.Want.Contains(whole) {
		return dsr.Nothing, []dsr.Reason{*suspect}
	}
	step := max(s.Want.End-s.Want.Start, int64(source.MaxRange/time.Second), 1)
	wider = dsr.Interval{Start: max(whole.Start, s.Want.Start-step), End: s.Want.End}
	if wider.Start == s.Want.Start {
		wider.End = min(whole.End, s.Want.End+step)
	}
	return wider, nil
}

// readOf says whether a search's timeline was read at all, and how many records it had.
func readOf(s dsr.SourceSearch, units []dsr.Unit) (scanned bool, records int64) {
	for _, u := range units {
		if u.Covers(s) {
			scanned, records = true, records+u.Records
		}
	}
	return scanned, records
}

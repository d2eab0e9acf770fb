package scan

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"dsr-server/internal/dsr"
)

// reasons are empty exactly when the search is complete.
func (p proof) reasons(ctx context.Context) ([]dsr.Reason, error) {
	search, units := p.search, p.units
	why := slices.Clone(search.Refused)
	if search.Tally.Marks[dsr.MarkWithoutID] > 0 {
		why = append(why, dsr.Reason{
			Code: dsr.ReasonRecordWithoutID, Detail: "a conversation that was found has no id, so its messages cannot be requested",
		})
	}
	for _, u := range units {
		for _, reason := range u.Reasons() {
			if !slices.Contains(why, reason) {
				why = append(why, reason)
			}
		}
	}
	if search.ShortCut != nil && len(search.ShortCut.Traces) > 0 {
		why = append(why, dsr.Reason{
			Code: dsr.ReasonOrphanMessages, Detail: "the vendor has messages of a conversation that was asked for, but does not list that conversation; these messages are not in the archive",
		})
	}
	why = append(why, moreFollows(units)...)
	for _, compare := range []func(context.Context) ([]dsr.Reason, error){p.totalContradicted, p.orphans} {
		more, err := compare(ctx)
		if err != nil {
			return nil, err
		}
		why = append(why, more...)
	}
	lacking, err := p.lacking(ctx)
	if err != nil {
		return nil, err
	}
	why = append(why, lacking...)
	if p.request.Screens() { // no messages were asked for
		return append(why, nothingFound(p.request, search, units, why)...), nil
	}
	why = append(why, p.nowhereToHold()...)
	missing, err := p.st.MessagesMissing(ctx, search.RequestID, search.Source)
	if err != nil {
		return nil, err
	}
	if missing -= refusedMessages(units); missing > 0 && !withoutMessages(units) {
		why = append(why, dsr.Reason{
			Code: dsr.ReasonMissing, Detail: fmt.Sprintf("conversations that should have messages by their own count, of which not one was found: %d", missing),
		})
	}
	return append(why, nothingFound(p.request, search, units, why)...), nil
}

// lacking says what is known to be missing of conversations that were found. Their ids are
// not told: a reason is stored in clear.
func (p proof) lacking(ctx context.Context) (why []dsr.Reason, err error) {
	counts, err := p.st.Lacking(ctx, p.search.RequestID, p.search.Source)
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		why = append(why, dsr.Reason{Code: code, Detail: fmt.Sprintf(lackingWords[code], counts[code])})
	}
	return why, err
}

// lackingWords are what may be missing of a conversation.
var lackingWords = map[string]string{
	dsr.ReasonFewer:         "conversations that state more messages than the vendor gives with them: %d",
	dsr.ReasonNotUnderstood: "conversations whose messages could not be taken, because something else stands in their place, or the record that the vendor gave is another one: %d",
	dsr.ReasonPartial:       "conversations of which the vendor says that it gives only a part: %d",
}

// nowhereToHold says that no record has a place of messages, though they stand in the records.
func (p proof) nowhereToHold() []dsr.Reason {
	var total dsr.Tally
	total.Add(p.search.Tally)
	for _, u := range p.units {
		total.Add(u.Tally)
	}
	if total.Marks[dsr.MarkHolders] == 0 || total.Marks[dsr.MarkHolds] > 0 {
		return nil
	}
	return []dsr.Reason{{Code: dsr.ReasonNotUnderstood, Detail: "none of the conversations that were read has what the declaration names as the place of its messages (messages.within), so that not one message could be taken"}}
}

// nothingFound says why a search could not have found anybody: the source lists nothing,
// or no record has anything that a selector could look at. An error that was found before
// says more than an empty list.
func nothingFound(r dsr.Request, s dsr.SourceSearch, units []dsr.Unit, known []dsr.Reason) []dsr.Reason {
	var listed, searchable int64 // understood, that is
	folder := false
	for _, u := range units {
		if u.Endpoint == dsr.Conversations && (u.Kind == dsr.File || u.Covers(s)) {
			listed, searchable, folder = listed+u.Records-u.Shown.Strange-u.Unread, searchable+u.Shown.Searchable, folder || u.Kind == dsr.File
		}
	}
	switch {
	case folder && listed == 0 && len(known) == 0:
		return []dsr.Reason{{Code: dsr.ReasonNothingListed, Detail: "the folder's files do not hold a single conversation, so that finding nothing proves nothing"}}
	case listed > 0 && searchable == 0 && slices.ContainsFunc(r.Selectors, func(sel dsr.Selector) bool { return sel.Metadata != nil }):
		return []dsr.Reason{{Code: dsr.ReasonNothingToSearch, Detail: "none of the conversations that were read has metadata, so that nobody can be found by it"}}
	}
	return nil
}

// emptyListing is what to do about a search in which nothing at all was listed.
type emptyListing struct {
	wider dsr.Interval // read this of the timeline too
	probe dsr.Interval // ask once whether there is anything here
	why   []dsr.Reason // nothing is listed anywhere
}

// nothingListed decides about a search in which nothing at all was listed, which proves
// nothing: one call for the whole timeline tells whether the source lists anything. Where
// so much may not be asked for at once, it goes back in longer and longer steps.
func nothingListed(source Source, s dsr.SourceSearch, units []dsr.Unit) emptyListing {
	nothing := emptyListing{wider: dsr.Nothing, probe: dsr.Nothing}
	scanned, records, probed := readOf(s, units)
	if !scanned || records > 0 || failedUnits(units) {
		return nothing
	}
	whole := dsr.Interval{Start: min(source.Earliest.Unix(), s.Want.Start), End: s.AsOf.Unix()}
	if s.Want.Contains(whole) || probed {
		nothing.why = []dsr.Reason{source.whyNothing()}
		return nothing
	}
	if source.MaxRange == 0 || time.Duration(whole.End-whole.Start)*time.Second <= source.MaxRange {
		nothing.probe = whole
		return nothing
	}
	step := max(s.Want.End-s.Want.Start, int64(source.MaxRange/time.Second), 1)
	nothing.wider = dsr.Interval{Start: max(whole.Start, s.Want.Start-step), End: s.Want.End}
	if nothing.wider.Start == s.Want.Start {
		nothing.wider.End = min(whole.End, s.Want.End+step)
	}
	return nothing
}

// whyNothing is the reason of a source that lists nothing at all.
func (s Source) whyNothing() dsr.Reason {
	if why := s.Export.NothingListed(s.Source); why != nil {
		return *why
	}
	return dsr.Reason{Code: dsr.ReasonNothingListed, Detail: "the vendor has listed no conversation at all since " + s.Earliest.Format(time.RFC3339) + ", so that finding nothing proves nothing"}
}

// failedUnits reports whether some of the conversations could not be read: that says more than
// that there are none.
func failedUnits(units []dsr.Unit) bool {
	return slices.ContainsFunc(units, func(u dsr.Unit) bool { return u.State == dsr.UnitFailed && u.Endpoint == dsr.Conversations })
}

// readOf says whether a search's timeline was read at all, how many records were listed,
// and whether the source was asked for all of its timeline.
func readOf(s dsr.SourceSearch, units []dsr.Unit) (scanned bool, records int64, probed bool) {
	for _, u := range units {
		probe := u.Probe && u.For(s)
		scanned, probed = scanned || u.Covers(s), probed || probe && u.State == dsr.UnitDone
		if probe || u.Covers(s) {
			records += u.Records
		}
	}
	return scanned, records, probed
}

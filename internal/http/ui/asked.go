package ui

import (
	"time"

	"dsr-server/internal/dsr"
)

// selectorView is a search term in plain words.
type selectorView struct {
	Kind  string // "Conversation ID" or "Value"
	Value string
	Where string // empty for a conversation ID
	Match string // empty for a conversation ID
}

func selectorViews(all []dsr.Selector) []selectorView {
	out := make([]selectorView, len(all))
	for i, s := range all {
		out[i] = selectorViewOf(s)
	}
	return out
}

func selectorViewOf(s dsr.Selector) selectorView {
	m := s.Metadata
	switch {
	case m == nil:
		return selectorView{Kind: "Conversation ID", Value: s.ConversationID}
	case m.AnyPath():
		return selectorView{Kind: "Value", Value: m.Value, Where: "in any metadata field", Match: matchLabel(m.Match)}
	}
	return selectorView{Kind: "Value", Value: m.Value, Where: "in the metadata field “" + m.Key + "”", Match: matchLabel(m.Match)}
}

// windowView is a window as whole days and as the exact instants. A bound
// that is not set has no instant.
type windowView struct {
	Days       string
	Start, End instant // End is the first instant that is no longer included
	FromFirst  bool
	UpToNow    bool    // End is absent or later than any search can reach
	AsOf       instant // where the search of an UpToNow window ends, once that is known
}

// window describes w; asOf is zero before the search is planned.
func (c calendar) window(w dsr.Window, asOf time.Time) windowView {
	v := windowView{Start: c.precise(w.Start), End: c.precise(w.End), FromFirst: w.Start.IsZero(), AsOf: c.precise(asOf)}
	latest := asOf
	if latest.IsZero() {
		latest = c.now()
	}
	v.UpToNow = w.End.IsZero() || w.End.After(latest)
	first, last := c.day(w.Start).Text, c.lastDay(w.End)
	switch {
	case v.FromFirst && w.End.IsZero():
		v.Days = "Everything, until the search starts"
	case v.FromFirst:
		v.Days = "Everything up to " + last
	case w.End.IsZero():
		v.Days = "From " + first + " until the search starts"
	case first == last:
		v.Days = first
	default:
		v.Days = first + " to " + last + ", both days included"
	}
	return v
}

// lastDay is the last day before the end, which need not be a midnight: requests
// also come through the API.
func (c calendar) lastDay(end time.Time) string {
	if end.IsZero() {
		return ""
	}
	return c.day(end.Add(-time.Nanosecond)).Text
}

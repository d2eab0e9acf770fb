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

func (l tongue) selectorViews(all []dsr.Selector) []selectorView {
	out := make([]selectorView, len(all))
	for i, s := range all {
		out[i] = l.selectorViewOf(s)
	}
	return out
}

func (l tongue) selectorViewOf(s dsr.Selector) selectorView {
	m := s.Metadata
	switch {
	case m == nil:
		return selectorView{Kind: l.say("Conversation ID"), Value: s.ConversationID}
	case m.AnyPath():
		return selectorView{Kind: l.say("Value"), Value: m.Value, Where: l.say("in any metadata field"), Match: l.matchLabel(m.Match)}
	}
	return selectorView{Kind: l.say("Value"), Value: m.Value, Where: l.say("in the metadata field “%s”", m.Key), Match: l.matchLabel(m.Match)}
}

// windowView is a window as whole days and as the exact instants. A bound
// that is not set has no instant.
type windowView struct {
	Days       string
	Start, End instant // End is the first instant that is no longer included
	FromFirst  bool
	UpToNow    bool    // End is absent or later than any search can reach
	AsOf       instant // where the search of an UpToNow window ends, once that is known
	Exactly    string  // from which instant to which, in words
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
		v.Days = c.say("Everything, until the search starts")
	case v.FromFirst:
		v.Days = c.say("Everything up to %s", last)
	case w.End.IsZero():
		v.Days = c.say("From %s until the search starts", first)
	case first == last:
		v.Days = first
	default:
		v.Days = c.say("%s to %s, both days included", first, last)
	}
	v.Exactly = c.exactly(v)
	return v
}

// exactly says from which instant to which a window reaches.
func (c calendar) exactly(v windowView) string {
	start, end := v.Start.Text, v.End.Text
	if v.FromFirst {
		start = c.say("the first conversation on record")
	}
	switch {
	case end == "" && v.AsOf.Text != "":
		return c.say("From %s until %s, when the search started.", start, v.AsOf.Text)
	case end == "":
		return c.say("From %s until the search starts.", start)
	case v.UpToNow && v.AsOf.Text != "":
		return c.say("From %s up to, but not including, %s. That was in the future: the search covers the time until %s.", start, end, v.AsOf.Text)
	case v.UpToNow:
		return c.say("From %s up to, but not including, %s. That is in the future: the search covers the time until it starts.", start, end)
	}
	return c.say("From %s up to, but not including, %s.", start, end)
}

// lastDay is the last day before the end, which need not be a midnight: requests
// also come through the API.
func (c calendar) lastDay(end time.Time) string {
	if end.IsZero() {
		return ""
	}
	return c.day(end.Add(-time.Nanosecond)).Text
}

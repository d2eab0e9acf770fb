package ui

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"dsr-server/internal/dsr"
)

// coverageView is what was searched, in words.
type coverageView struct {
	Known    bool // a search has been planned
	Open     bool // the search goes on, or has still to begin
	Ended    bool // the run has ended, so that "complete" means something
	Complete bool
	AsOf     instant
	Missing  []missingView
	Sources  []sourceView
}

// missingView is one reason why a source is not complete.
type missingView struct{ Source, Reason, Advice string }

// sourceView is one source: what was asked of it and what was read.
type sourceView struct {
	Name, Type string
	Complete   bool
	Verdict    string
	Asked      [2]instant
	Read       string
	Ranges     []rangeView
	Assumes    []dsr.Assumption
	Calls      string
	Anomalies  []string
	Files      string // that the messages refer to
}

type rangeView struct {
	Start, End instant
	What       string
}

func (p *pages) coverageView(r dsr.Request, c dsr.Coverage) coverageView {
	v := coverageView{Known: len(c.Sources) > 0, Open: r.Status.Open(), Ended: r.Complete != nil, Complete: c.Complete, AsOf: p.precise(c.AsOf)}
	for _, src := range c.Sources {
		v.Sources = append(v.Sources, p.sourceView(src, v.Open))
		for _, reason := range src.Reasons {
			v.Missing = append(v.Missing, missingOf(src.Name, reason))
		}
	}
	return v
}

// missingOf says why a source is not complete. Where the advice says it all, it stands alone:
// the detail is for whoever runs the service.
func missingOf(source string, reason dsr.Reason) missingView {
	v := missingView{source, sentence(reason.Detail), cmp.Or(advice[reason.Code], "Ask your administrator to look into it.")}
	switch reason.Code {
	case dsr.ReasonKeyRefused, dsr.ReasonNotConfigured, dsr.ReasonWindowUnproven, dsr.ReasonIDUnsupported:
		v.Reason = ""
	}
	return v
}

// advice says what can be done about a reason; the reason itself is already words.
var advice = map[string]string{
	dsr.ReasonKeyRefused:      "This source rejects our access key. Your administrator must replace it; then search again.",
	dsr.ReasonVendorRefused:   "The vendor refuses this query. Ask your administrator to look into it, then search again.",
	dsr.ReasonStuckCursor:     "The vendor keeps sending the same page. Searching again later often helps.",
	dsr.ReasonFilesMissing:    "Searching again tries only the missing files. Otherwise ask whoever keeps them, or release the result without them.",
	dsr.ReasonUnreadable:      "Part of the source cannot be read. Searching again later may help; otherwise ask whoever provides the source.",
	dsr.ReasonGaveUp:          "The vendor has not answered for a long time. Search again when it is back.",
	dsr.ReasonNotConfigured:   "This source is no longer configured. Ask your administrator.",
	dsr.ReasonRecordWithoutID: "A matching conversation has no ID, so its messages cannot be requested. Ask the vendor for them.",
	dsr.ReasonOrphanMessages:  "There are messages of conversations that the source does not list. Ask the vendor, or whoever provides the export, for these conversations.",
	dsr.ReasonPageDrift:       "The vendor's list kept changing during the search. Search again when there is less traffic.",
	dsr.ReasonWindowIgnored:   "The vendor sends data from other dates than requested. Ask your administrator to look into it.",
	dsr.ReasonWindowUnproven:  "The vendor lists nothing at all, so nothing shows that the right data was searched. Ask your administrator to check the source's settings, then search again.",
	dsr.ReasonNotUnderstood:   "Data in an unknown format was not searched. Ask the vendor, or whoever provides the source, what it is.",
	dsr.ReasonNothingListed:   "The source lists no conversations at all, so finding nothing proves nothing. Ask your administrator to check its settings, then search again.",
	dsr.ReasonNothingToSearch: "In this source nobody can be found by a value such as an e-mail address. Search for conversation IDs instead, or ask the vendor.",
	dsr.ReasonMoreFollows:     "Ask the vendor, or whoever provides the export, for the missing part, then search again.",
	dsr.ReasonMissing:         "Ask the vendor for the messages.",
	dsr.ReasonTotal:           "Ask the vendor, or whoever provides the export, for the rest, then search again.",
	dsr.ReasonPartial:         "Searching again later often helps.",
	dsr.ReasonFilesIgnored:    "Ask your administrator to rename these files as the source expects them, or to remove them, then search again.",
	dsr.ReasonMessagesRefused: "The warnings name the conversations. Ask the vendor for their messages, or release the result without them.",
	dsr.ReasonIDUnsupported:   "This source cannot find conversations by their ID. Ask for another value, or ask your administrator for an agent token.",
}

func (p *pages) sourceView(s dsr.SourceCoverage, open bool) sourceView {
	v := sourceView{Name: s.Name, Type: s.Type, Complete: s.Complete, Verdict: "Searched completely",
		Asked: [2]instant{p.precise(s.Asked.Start), p.precise(s.Asked.End)}, Assumes: s.Assumes}
	if !s.Complete {
		v.Verdict = "Not complete"
		if open && len(s.Reasons) == 0 {
			v.Verdict = "Still being searched"
		}
	}
	var pages, records int64
	for _, r := range s.Read {
		pages, records = pages+r.Pages, records+r.Records
		v.Ranges = append(v.Ranges, rangeView{p.precise(r.Start), p.precise(r.End),
			p.whatWasRead(r)})
	}
	switch {
	case len(s.Read) > 0:
		v.Read = p.count(pages, "page") + " with " + p.count(records, "record") + " read to the end"
	case open:
		v.Read = "Nothing has been read yet"
	case len(s.Reasons) > 0:
		v.Read = "Nothing could be read"
	default:
		v.Read = "Nothing was read"
	}
	for _, a := range s.Anomalies {
		v.Anomalies = append(v.Anomalies, p.anomalyWords(a))
	}
	v.Calls, v.Files = p.callWords(s), p.fileWords(s.Files)
	return v
}

// whatWasRead is a piece of a timeline, or a file with the times of its records.
func (l tongue) whatWasRead(r dsr.RangeRead) string {
	what := l.count(r.Pages, "page") + " with " + l.count(r.Records, "record")
	if r.File == "" {
		return what
	}
	what = r.File + ", " + l.count(r.Records, "record")
	if r.First != nil && r.Last != nil {
		what += ", the oldest of " + r.First.UTC().Format(time.DateOnly) + ", the newest of " + r.Last.UTC().Format(time.DateOnly)
	}
	return what
}

// anomalyWords names what the vendor sent, how often, and the rule for those who know it.
func (l tongue) anomalyWords(a dsr.Anomaly) string {
	what := dsr.AnomalyWords[a.Rule]
	if what == "" {
		what = "something that does not fit"
	}
	return fmt.Sprintf("%s (%s; rule %s)", sentenceStart(what), l.times(a.Count), a.Rule)
}

// callWords says how often the vendor was asked, and how often again.
func (l tongue) callWords(s dsr.SourceCoverage) string {
	var parts []string
	for _, endpoint := range slices.Sorted(maps.Keys(s.Calls)) {
		parts = append(parts, l.count(s.Calls[endpoint], "call")+" for "+endpoint)
	}
	if len(parts) == 0 {
		return ""
	}
	var again int64
	for _, n := range s.Retries {
		again += n
	}
	if again == 0 {
		return l.inWords(parts)
	}
	return l.inWords(parts) + "; " + l.count(again, "call") + " had to be repeated"
}

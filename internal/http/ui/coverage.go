package ui

import (
	"cmp"
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
	Tone       string
	Asked      [2]instant
	Covers     string // from the oldest record to the newest
	Records    string
	Ranges     []rangeView
	Assumes    []string
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
			v.Missing = append(v.Missing, p.missingOf(src.Name, reason))
		}
	}
	return v
}

// missingOf says why a source is not complete. Where the advice says it all, it stands alone:
// the detail is for whoever runs the service.
func (p *pages) missingOf(source string, reason dsr.Reason) missingView {
	v := missingView{source, sentence(reason.Detail), p.say(cmp.Or(advice[reason.Code], anyAdvice))}
	switch reason.Code {
	case dsr.ReasonKeyRefused, dsr.ReasonNotConfigured, dsr.ReasonWindowUnproven, dsr.ReasonIDUnsupported:
		v.Reason = ""
	}
	return v
}

const anyAdvice text = "Ask your administrator to look into it."

// advice says what can be done about a reason; the reason itself is already words.
var advice = map[string]text{
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
	dsr.ReasonTotalDiffers:    "The vendor's list does not have as many entries as the vendor states. Search again when there is less traffic.",
	dsr.ReasonFewer:           "The vendor hands out only a part of a long conversation. Ask the vendor for the other messages, or release the result without them.",
	dsr.ReasonPartial:         "Searching again later often helps.",
	dsr.ReasonFilesIgnored:    "Ask your administrator to rename these files as the source expects them, or to remove them, then search again.",
	dsr.ReasonMessagesRefused: "The warnings name the conversations. Ask the vendor for their messages, or release the result without them.",
	dsr.ReasonIDUnsupported:   "This source cannot find conversations by their ID. Ask for another value, or ask your administrator for an agent token.",
}

func (p *pages) sourceView(s dsr.SourceCoverage, open bool) sourceView {
	v := sourceView{Name: s.Name, Type: s.Type, Complete: s.Complete, Verdict: p.say("Searched completely"), Tone: "good",
		Asked: [2]instant{p.precise(s.Asked.Start), p.precise(s.Asked.End)}, Covers: p.covers(s),
		Calls: p.callWords(s), Files: p.fileWords(s.Files), Records: p.number(recordsRead(s))}
	if !s.Complete {
		v.Verdict, v.Tone = p.say("Not complete"), "bad"
		if open && len(s.Reasons) == 0 {
			v.Verdict, v.Tone = p.say("Still being searched"), "busy"
		}
	}
	for _, a := range s.Assumes {
		v.Assumes = append(v.Assumes, sentence(p.assumption(a)))
	}
	for _, r := range s.Read {
		v.Ranges = append(v.Ranges, rangeView{p.precise(r.Start), p.precise(r.End), p.whatWasRead(r)})
	}
	for _, a := range s.Anomalies {
		v.Anomalies = append(v.Anomalies, p.anomalyWords(a))
	}
	return v
}

func recordsRead(s dsr.SourceCoverage) (records int64) {
	for _, r := range s.Read {
		records += r.Records
	}
	return records
}

// covers is the time from the oldest record read to the newest; empty where nothing tells.
func (p *pages) covers(s dsr.SourceCoverage) string {
	var first, last time.Time
	for _, r := range s.Read {
		if r.First != nil && (first.IsZero() || r.First.Before(first)) {
			first = *r.First
		}
		if r.Last != nil && r.Last.After(last) {
			last = *r.Last
		}
	}
	if first.IsZero() || last.IsZero() {
		return ""
	}
	return p.say("%s to %s", p.day(first).Text, p.day(last).Text)
}

// whatWasRead is a piece of a timeline, or a file with the times of its records.
func (p *pages) whatWasRead(r dsr.RangeRead) string {
	records := p.count(r.Records, "record")
	switch {
	case r.File == "":
		return p.say("%s with %s", p.count(r.Pages, "page"), records)
	case r.First != nil && r.Last != nil:
		return p.say("%s, %s, the oldest of %s, the newest of %s", r.File, records, p.day(*r.First).Text, p.day(*r.Last).Text)
	}
	return p.say("%s, %s", r.File, records)
}

// anomalyWords names what the vendor sent, how often, and the rule for those who know it.
func (p *pages) anomalyWords(a dsr.Anomaly) string {
	what := text(cmp.Or(dsr.AnomalyWords[a.Rule], "something that does not fit"))
	return p.say("%s (%s; rule %s)", sentenceStart(p.say(what)), p.times(a.Count), a.Rule)
}

// callWords says how often the vendor was asked, and how often again.
func (p *pages) callWords(s dsr.SourceCoverage) string {
	var parts []string
	for _, endpoint := range slices.Sorted(maps.Keys(s.Calls)) {
		parts = append(parts, p.say("%s for %s", p.count(s.Calls[endpoint], "call"), endpoint))
	}
	if len(parts) == 0 {
		return ""
	}
	var again int64
	for _, n := range s.Retries {
		again += n
	}
	if again == 0 {
		return p.inWords(parts)
	}
	return p.say("%s; %s had to be repeated", p.inWords(parts), p.count(again, "call"))
}

package report

import (
	"fmt"
	"time"

	"dsr-server/internal/dsr"
)

// assumes lists what the completeness of a source rests on, in words.
func assumes(s Source, p dsr.Part, ranges []dsr.Range, total dsr.Tally) []string {
	switch {
	case s.Name == "":
		return []string{}
	case s.Files:
		return assumesOfFiles(p, total)
	case s.Utterances:
		return assumesOfUtterances(s, p, total)
	case p.Arrived() && p.Ended && p.Complete:
		return []string{"conversation ids are unique within the source: every conversation asked for was found, so no other part of the timeline was searched"}
	}
	out := []string{
		nothingBefore(s),
		fmt.Sprintf("the vendor's export is complete up to %s, and conversations active after it were still listed by their earlier activity", clock(p.AsOf)),
	}
	out = append(out, openEnd(p)...)
	if s.WindowField != dsr.FieldOverlap && (!p.Window.Start.IsZero() || !p.Window.End.IsZero()) {
		out = append(out, fmt.Sprintf("no conversation is active for longer than %s; longest seen %s", hours(p.Margin), hours(dsr.LongestFor(p, ranges))))
	}
	return append(out, unreadTimes(total, "such a conversation counts as active up to as_of")...)
}

func assumesOfFiles(p dsr.Part, total dsr.Tally) []string {
	out := []string{fmt.Sprintf("the dump is complete: its files hold every conversation and message up to %s, and none was cut off between two records", clock(p.AsOf))}
	out = append(out, openEnd(p)...)
	return append(out, unreadTimes(total, "such a conversation counts as active up to as_of")...)
}

func assumesOfUtterances(s Source, p dsr.Part, total dsr.Tally) []string {
	out := append([]string{nothingBefore(s), fmt.Sprintf("the vendor's export is complete up to %s", clock(p.AsOf))}, s.Assumes...)
	out = append(out, openEnd(p)...)
	out = append(out, unreadTimes(total, "such a record counts as said inside the window")...)
	if n := total.Anomalies[dsr.WeakMatch]; n > 0 {
		out = append(out, fmt.Sprintf("weak match: %d records matched on a first name alone, which many people share; whether they are the person's was not proved", n))
	}
	return out
}

func nothingBefore(s Source) string {
	return fmt.Sprintf("nothing was recorded before %s (the source's setting earliest)", clock(s.Earliest))
}

func openEnd(p dsr.Part) []string {
	if p.Window.End.IsZero() || p.Window.End.After(p.AsOf) {
		return []string{"the window has no end or one in the future: it was searched up to as_of"}
	}
	return nil
}

func unreadTimes(total dsr.Tally, then string) []string {
	if n := total.Anomalies["Q11"]; n > 0 {
		return []string{fmt.Sprintf("%d times in records could not be read; %s", n, then)}
	}
	return nil
}

func clock(t time.Time) string { return t.Format(time.RFC3339) }

func hours(d time.Duration) string { return fmt.Sprintf("%.0f h", d.Hours()) }

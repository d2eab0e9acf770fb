package export

import (
	"fmt"
	"strings"
	"time"

	"dsr-server/internal/dsr"
)

// Assumes implements Source.
func (c *Converse) Assumes(s Searched) []string {
	if s.Search.Arrived() && s.Search.Ended && s.Search.Complete {
		return []string{"conversation ids are unique within the source: every conversation asked for was found, so no other part of the timeline was searched"}
	}
	w := s.Search.Window
	out := append([]string{
		nothingBefore(s.Source),
		fmt.Sprintf("the vendor's export is complete up to %s, and conversations active after it were still listed by their earlier activity", s.Search.AsOf.Format(time.RFC3339)),
	}, openEnd(s.Search)...)
	if s.Source.WindowField != dsr.FieldOverlap && (!w.Start.IsZero() || !w.End.IsZero()) {
		out = append(out, fmt.Sprintf("no conversation is active for longer than %s; longest seen %s", hours(s.Search.Margin), hours(s.Longest)))
	}
	return append(append(out, lookedAt), unreadTimes(s.Tally, "such a conversation counts as active up to as_of")...)
}

// lookedAt says where a person is looked for.
const lookedAt = "the person stands in a conversation's ID or metadata: a conversation in which they are named elsewhere alone, in another field or in its messages, is not found"

// Assumes implements Source.
func (a *Avaamo) Assumes(s Searched) []string {
	out := []string{
		nothingBefore(s.Source),
		fmt.Sprintf("the vendor's export is complete up to %s", s.Search.AsOf.Format(time.RFC3339)),
		"the vendor lists each thing a user said with its time, in Unix " + a.cfg.Unit.words() + " (the setting timetoken_unit); that every one lay in the range asked for was checked, and that their number was the vendor's own total",
	}
	if !a.Joined() {
		out = append(out, "only what users said is exported: what the bot or a live agent answered is missing, and so is which conversation an entry belongs to (there is no agent_token_file)")
	}
	out = append(out, openEnd(s.Search)...)
	out = append(out, unreadTimes(s.Tally, "such a record counts as said inside the window")...)
	if n := s.Tally.Anomalies[dsr.WeakMatch]; n > 0 {
		out = append(out, fmt.Sprintf("weak match: %d records matched on a first name alone, which many people share; whether they are the person's was not proved", n))
	}
	return out
}

// Assumes implements Source.
func (d *Dump) Assumes(s Searched) []string {
	reaches := "their newest record"
	if !s.Newest.IsZero() {
		reaches += ", which is of " + s.Newest.UTC().Format(time.RFC3339)
	}
	out := []string{"the dump is complete: its files hold every conversation and message up to " + reaches + ", and none was cut off between two records; what came later is not in them"}
	out = append(out, leftAlone(s.Search.LeftAlone)...)
	if s.Read == 0 {
		return out
	}
	return append(append(out, lookedAt), unreadTimes(s.Tally, "such a conversation counts as active up to as_of")...)
}

func nothingBefore(s dsr.Source) string {
	return fmt.Sprintf("nothing was recorded before %s (the source's setting earliest)", s.Earliest.Format(time.RFC3339))
}

func openEnd(s dsr.SourceSearch) []string {
	if s.Window.End.IsZero() || s.Window.End.After(s.AsOf) {
		return []string{"the window has no end or one in the future: it was searched up to as_of"}
	}
	return nil
}

func unreadTimes(t dsr.Tally, then string) []string {
	if n := t.Anomalies[ruleTime]; n > 0 {
		return []string{fmt.Sprintf("%d times in records could not be read; %s", n, then)}
	}
	return nil
}

// leftAlone names the files of a folder that do not look like records.
func leftAlone(f dsr.FilesLeft) []string {
	if len(f.Names) == 0 {
		return nil
	}
	names := strings.Join(f.Names, ", ")
	if f.More > 0 {
		names += fmt.Sprintf(" and %d more", f.More)
	}
	return []string{"these files hold no records and were left alone: " + names}
}

func hours(d time.Duration) string { return fmt.Sprintf("%.0f h", d.Hours()) }

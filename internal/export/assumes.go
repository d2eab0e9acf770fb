package export

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export/declared"
)

// Assumes implements Source.
func (c *Converse) Assumes(s Searched) []dsr.Assumption { return assumesListed(s) }

// Assumes implements Source.
func (r *Rest) Assumes(s Searched) []dsr.Assumption {
	out := append(assumesListed(s), lostPaths(r.d.Fields, s.Tally)...)
	c := r.d.Conversations
	if numbered := c.Next.Kind == declared.ByOffset || c.Next.Kind == declared.ByPage; numbered && c.Total == nil {
		out = append(out, dsr.Assume(dsr.AssumesByNumber))
	}
	return out
}

// assumesListed is of a vendor that lists conversations.
func assumesListed(s Searched) []dsr.Assumption {
	if s.Search.Arrived() && s.Search.Ended && s.Search.Complete {
		return []dsr.Assumption{dsr.Assume(dsr.AssumesUniqueIDs)}
	}
	w := s.Search.Window
	out := append([]dsr.Assumption{nothingBefore(s.Source), dsr.Assume(dsr.AssumesStillListed, s.Search.AsOf.Format(time.RFC3339))}, openEnd(s.Search)...)
	if s.Source.WindowField != dsr.FieldOverlap && (!w.Start.IsZero() || !w.End.IsZero()) {
		out = append(out, dsr.Assume(dsr.AssumesMargin, hours(s.Search.Margin), hours(s.Longest)))
	}
	out = append(out, keeps(s.Source)...)
	return append(append(out, dsr.Assume(dsr.AssumesLookedAt)), unreadTimes(s.Tally, dsr.AssumesUnreadActive)...)
}

// Assumes implements Source.
func (a *Avaamo) Assumes(s Searched) []dsr.Assumption {
	out := []dsr.Assumption{
		nothingBefore(s.Source), dsr.Assume(dsr.AssumesWholeUpTo, s.Search.AsOf.Format(time.RFC3339)),
		dsr.Assume(dsr.AssumesUtterances, string(cmp.Or(a.cfg.Unit, Seconds))),
	}
	if !a.Joined() {
		out = append(out, dsr.Assume(dsr.AssumesOneSide))
	}
	out = append(out, openEnd(s.Search)...)
	out = append(out, keeps(s.Source)...)
	out = append(out, unreadTimes(s.Tally, dsr.AssumesUnreadSaid)...)
	if n := s.Tally.Anomalies[dsr.WeakMatch]; n > 0 {
		out = append(out, dsr.Assume(dsr.AssumesWeak, strconv.FormatInt(n, 10)))
	}
	return out
}

// Assumes implements Source.
func (d *Dump) Assumes(s Searched) []dsr.Assumption {
	out := []dsr.Assumption{dsr.Assume(dsr.AssumesWholeFolder)}
	if !s.Newest.IsZero() {
		out = []dsr.Assumption{dsr.Assume(dsr.AssumesFolderTo, s.Newest.UTC().Format(time.RFC3339))}
	}
	if at := s.Source.ExportedAt; !at.IsZero() {
		out = append(out, dsr.Assume(dsr.AssumesExported, at.UTC().Format(time.RFC3339)))
	}
	out = append(out, leftAlone(s.Search.LeftAlone)...)
	if d.form.Fields != nil {
		out = append(out, lostPaths(*d.form.Fields, s.Tally)...)
	}
	if s.Read == 0 {
		return out
	}
	return append(append(out, dsr.Assume(dsr.AssumesLookedAt)), unreadTimes(s.Tally, dsr.AssumesUnreadActive)...)
}

func nothingBefore(s dsr.Source) dsr.Assumption {
	return dsr.Assume(dsr.AssumesNoneBefore, s.Earliest.Format(time.RFC3339))
}

// keeps says what a vendor has not kept.
func keeps(s dsr.Source) []dsr.Assumption {
	if s.Horizon == 0 {
		return nil
	}
	return []dsr.Assumption{dsr.Assume(dsr.AssumesHorizon, strconv.Itoa(int(s.Horizon.Hours()/24)))}
}

func openEnd(s dsr.SourceSearch) []dsr.Assumption {
	if s.Window.End.IsZero() || s.Window.End.After(s.AsOf) {
		return []dsr.Assumption{dsr.Assume(dsr.AssumesOpenEnd)}
	}
	return nil
}

func unreadTimes(t dsr.Tally, code string) []dsr.Assumption {
	if n := t.Anomalies[ruleTime]; n > 0 {
		return []dsr.Assumption{dsr.Assume(code, strconv.FormatInt(n, 10))}
	}
	return nil
}

// leftAlone names the files of a folder that do not look like records.
func leftAlone(f dsr.FilesLeft) []dsr.Assumption {
	names := strings.Join(f.Names, ", ")
	switch {
	case len(f.Names) == 0:
		return nil
	case f.More > 0:
		return []dsr.Assumption{dsr.Assume(dsr.AssumesMoreAlone, names, strconv.Itoa(f.More))}
	}
	return []dsr.Assumption{dsr.Assume(dsr.AssumesLeftAlone, names)}
}

func hours(d time.Duration) string { return fmt.Sprintf("%.0f", d.Hours()) }

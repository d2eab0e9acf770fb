package fulfil

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"dsr-server/internal/dsr"
)

// addFiles makes a source's coverage that of a dump: what was read are files, and no
// vendor stands behind it.
func addFiles(c *dsr.SourceCoverage, p dsr.Part, files []dsr.DumpFile) {
	if c.Asked.Start.IsZero() {
		c.Asked.Start = time.Unix(0, 0).UTC() // whatever the files hold
	}
	total := p.Tally
	own := slices.DeleteFunc(slices.Clone(files), func(f dsr.DumpFile) bool { return f.Source != p.Source })
	slices.SortFunc(own, func(a, b dsr.DumpFile) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name)) })
	for _, f := range own {
		total.Add(f.Tally)
		if f.State == dsr.RangeDone {
			c.Read = append(c.Read, fileRead(c.Asked, f))
		}
	}
	c.Anomalies = []dsr.Anomaly{}
	for rule, n := range total.Anomalies {
		c.Anomalies = append(c.Anomalies, dsr.Anomaly{Rule: rule, Count: n})
	}
	slices.SortFunc(c.Anomalies, func(a, b dsr.Anomaly) int { return ruleNumber(a.Rule) - ruleNumber(b.Rule) })
	c.Assumes = dumpAssumes(p, len(c.Read), total)
}

// fileRead is a file that was read to its end, as one page.
func fileRead(asked dsr.Span, f dsr.DumpFile) dsr.RangeRead {
	return dsr.RangeRead{
		Start: asked.Start, End: asked.End, Pages: 1, Records: f.Records, First: optional(f.First), Last: optional(f.Last),
		File: f.Name, Size: f.Size, SHA256: hex.EncodeToString(f.SHA256),
	}
}

func dumpAssumes(p dsr.Part, files int, total dsr.Tally) []string {
	out := []string{fmt.Sprintf("the dump is complete: its files hold every conversation and message up to %s, and none was cut off between two records", p.AsOf.Format(time.RFC3339))}
	if p.Window.End.IsZero() || p.Window.End.After(p.AsOf) {
		out = append(out, "the window has no end or one in the future: it was searched up to as_of")
	}
	if files > 0 && total.Anomalies["Q11"] > 0 {
		out = append(out, fmt.Sprintf("%d times in records could not be read; such a conversation counts as active up to as_of", total.Anomalies["Q11"]))
	}
	return out
}

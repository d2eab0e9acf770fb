package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"dsr-server/internal/dsr"
)

// Staff says what those who work on a request should know: whether it may be late,
// whether the value asked for looks like more than one person's, who shared its scan.
func Staff(snap dsr.Snapshot, c Config) dsr.Staff {
	out := dsr.Staff{Warnings: []dsr.StaffWarning{}, Shared: shared(snap), NearMisses: snap.Near}
	for _, w := range Warnings(snap, c) {
		out.Warnings = append(out.Warnings, dsr.StaffWarning{Reason: w.ForStaff()})
	}
	coverage := Coverage(snap, c)
	out.Warnings = append(append(out.Warnings, weak(coverage)...), lostPaths(coverage)...)
	out.Warnings = append(out.Warnings, noneSaid(coverage)...)
	out.Warnings = append(out.Warnings, LackingMessages(snap)...)
	out.Warnings = append(out.Warnings, old(snap, c)...)
	out.Warnings = append(out.Warnings, untold(snap, c)...)
	out.Warnings = append(out.Warnings, late(snap, c)...)
	return out
}

// weak warns of each source in which records matched on too little to be one person's.
func weak(c dsr.Coverage) (warnings []dsr.StaffWarning) {
	for _, s := range c.Sources {
		for _, a := range s.Anomalies {
			if a.Rule == dsr.WeakMatch {
				warnings = append(warnings, dsr.Warned(dsr.WeakMatch,
					"matches on a first name alone in %s: %d; many people share one, so look at these records before they are sent", s.Name, a.Count))
			}
		}
	}
	return warnings
}

// lostPaths warns of each source whose declaration names what no record has.
func lostPaths(c dsr.Coverage) (warnings []dsr.StaffWarning) {
	for _, s := range c.Sources {
		for _, a := range s.Assumes {
			if a.Code == dsr.AssumesLostPaths {
				warnings = append(warnings, dsr.Warned(dsr.AssumesLostPaths,
					"no record read in %s has what its declaration names here: %s; if there should be some, the vendor has changed the shape of its records", s.Name, strings.Join(a.Args, ", ")))
			}
		}
	}
	return warnings
}

// noneSaid warns of each source that gave no message of anything that was found.
func noneSaid(c dsr.Coverage) (warnings []dsr.StaffWarning) {
	for _, s := range c.Sources {
		for _, a := range s.Assumes {
			if a.Code == dsr.AssumesNoMessages {
				warnings = append(warnings, dsr.Warned(dsr.AssumesNoMessages,
					"%s gave not one message of the conversations found (%s); if there should be some, its declaration asks for them in a wrong way", s.Name, strings.Join(a.Args, ", ")))
			}
		}
	}
	return warnings
}

// LackingMessages warns of conversations some of whose messages may not be there.
func LackingMessages(snap dsr.Snapshot) []dsr.StaffWarning {
	return append(append(fewer(snap), refused(snap)...), lacking(snap)...)
}

// fewer warns of conversations that count more messages than were found. What vendors
// count is not documented, so it is no proof that one is missing.
func fewer(snap dsr.Snapshot) (warnings []dsr.StaffWarning) {
	for _, s := range snap.Searches {
		if n := s.Tally.Marks[dsr.MarkFewer]; n > 0 {
			warnings = append(warnings, dsr.Warned(dsr.MarkFewer,
				"conversations of %s that count more messages than were found: %d; what the vendor counts is not documented", s.Source, n))
		}
	}
	return warnings
}

// refused names the conversations whose messages the vendor did not give.
func refused(snap dsr.Snapshot) (warnings []dsr.StaffWarning) {
	for _, name := range snap.Request.Sources {
		var ids []string
		for _, u := range snap.UnitsOf(name) {
			if u.State == dsr.UnitFailed && u.Query.Asks() && slices.ContainsFunc(u.Faults, func(why dsr.Reason) bool { return why.Code == dsr.ReasonMessagesRefused }) {
				ids = append(ids, u.Query.ID)
			}
		}
		if len(ids) > 0 {
			slices.Sort(ids)
			warnings = append(warnings, dsr.Warned(dsr.ReasonMessagesRefused,
				"%s did not give the messages of these conversations: %s", name, strings.Join(ids, ", ")))
		}
	}
	return warnings
}

// lackingWords say which conversations are not whole, by the code of what is missing.
var lackingWords = map[string]dsr.FindingText{
	dsr.ReasonPartial:       "%s says that it gives only a part of these conversations: %s",
	dsr.ReasonFewer:         "%s gives fewer messages of these conversations than they state: %s",
	dsr.ReasonNotUnderstood: "%s has something that is no message in the place of messages of these conversations, or gave another record for them: %s",
}

// lacking names the conversations of which something is known to be missing.
func lacking(snap dsr.Snapshot) (warnings []dsr.StaffWarning) {
	for _, name := range slices.Sorted(maps.Keys(snap.Lacking)) {
		for _, code := range dsr.LackCodes {
			var ids []string
			for _, l := range snap.Lacking[name] {
				if slices.Contains(l.Codes, code) {
					ids = append(ids, l.ConversationID)
				}
			}
			if len(ids) > 0 {
				warnings = append(warnings, dsr.Warned(code, lackingWords[code], name, strings.Join(ids, ", ")))
			}
		}
	}
	return warnings
}

// oldAfter is how long after its newest record a folder of files is worth a word.
const oldAfter = 30 * 24 * time.Hour

// old warns of a folder whose newest record is long past.
func old(snap dsr.Snapshot, c Config) (warnings []dsr.StaffWarning) {
	for _, s := range snap.Searches {
		_, newest := oldestAndNewest(snap.UnitsOf(s.Source))
		if c.Sources[s.Source].Files && !newest.IsZero() && s.AsOf.Sub(newest) > oldAfter {
			warnings = append(warnings, dsr.Warned("files_old",
				"the newest record of %s is of %s: what came later is not in its files", s.Source, newest.UTC().Format(time.DateOnly)))
		}
	}
	return warnings
}

// untold warns of each source that returned data and whose configuration does not say
// everything that Art. 15 asks for beside it.
func untold(snap dsr.Snapshot, c Config) (warnings []dsr.StaffWarning) {
	language := snap.Request.Language
	for _, name := range snap.Request.Sources {
		missing := c.Sources[name].Information.Missing(language)
		if len(missing) == 0 || snap.ProgressOf(name).Conversations == 0 {
			continue
		}
		names := strings.ReplaceAll(strings.Join(missing, ", "), "_", " ")
		warnings = append(warnings, dsr.StaffWarning{
			Reason: dsr.Reason{Code: "information_missing", Detail: fmt.Sprintf("the archive lacks %d of the details that Art. 15 GDPR requires for %s (language: %s): %s", len(missing), name, language, names)},
			Said:   dsr.Saying{Text: "the archive lacks %d of the details that Art. 15 GDPR requires for %s; the page Sources says which", Args: []any{len(missing), name}},
		})
	}
	return warnings
}

// late warns of an open request that will probably be searched only after it is due.
func late(snap dsr.Snapshot, c Config) []dsr.StaffWarning {
	r := snap.Request
	if !r.Status.Open() || !snap.At.Add(ETA(snap, c)).Round(time.Second).After(r.DueAt) {
		return nil
	}
	return []dsr.StaffWarning{dsr.Warned("late", "at the present pace the search ends after the request is due")}
}

// shared counts, per source, the other requests whose reading was this one's too.
func shared(snap dsr.Snapshot) []dsr.Sharing {
	out := []dsr.Sharing{}
	for _, source := range snap.Request.Sources {
		var others []string
		for _, g := range snap.UnitsOf(source) {
			if g.Endpoint == dsr.Conversations {
				others = append(others, g.Requests...)
			}
		}
		slices.Sort(others)
		n := len(slices.DeleteFunc(slices.Compact(others), func(id string) bool { return id == snap.Request.ID }))
		if n > 0 {
			out = append(out, dsr.Sharing{Source: source, Requests: n})
		}
	}
	return out
}

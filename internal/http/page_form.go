package http

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"dsr-server/internal/dsr"
)

// formValues is what somebody typed into the request form, word for word.
type formValues struct {
	Rows                       []formRow
	Sources                    []string
	Start, End, Received       string
	Reference, Language, Notes string
}

// formRow is one search term.
type formRow struct{ Kind, Key, Value, Match string }

// Kinds of search terms.
const (
	kindMetadata       = "metadata"
	kindConversationID = "conversation_id"
)

// parseForm reads the body of a form post.
func parseForm(r *http.Request) error {
	err := r.ParseForm()
	if err == nil {
		return nil
	}
	if _, tooLarge := asMaxBytes(err); tooLarge {
		return dsr.Errorf(dsr.TooLarge, "body_too_large", "What you sent is larger than %d bytes (1 MiB). This limit is fixed; shorten the notes or split the request.", maxBody)
	}
	return dsr.Errorf(dsr.Malformed, "malformed", "What the browser sent could not be read. Go back and try again.")
}

// emptyForm is the form before anything is typed: one search term, every source,
// received today.
func (p *pages) emptyForm() formValues {
	return formValues{
		Rows:     []formRow{{Kind: kindMetadata, Match: string(dsr.Normalized)}},
		Sources:  p.opts.Sources,
		Received: p.now().In(p.loc).Format(time.DateOnly),
		Language: dsr.Languages[0],
	}
}

// readForm takes the form's values out of a post.
func (p *pages) readForm(in url.Values) formValues {
	v := formValues{
		Sources: in["source"],
		Start:   strings.TrimSpace(in.Get("start")), End: strings.TrimSpace(in.Get("end")),
		Received: strings.TrimSpace(in.Get("received")), Reference: strings.TrimSpace(in.Get("reference")),
		Language: in.Get("language"), Notes: strings.ReplaceAll(in.Get("notes"), "\r\n", "\n"),
	}
	rows, _ := strconv.Atoi(in.Get("rows")) // no number: one row
	for i := range min(max(rows, 1), dsr.MaxSelectors) {
		v.Rows = append(v.Rows, formRow{
			Kind: in.Get(rowID("kind", i)), Key: in.Get(rowID("key", i)),
			Value: in.Get(rowID("value", i)), Match: in.Get(rowID("match", i)),
		})
	}
	return v
}

// values is the inverse of readForm: what a page has to carry to get the form back.
func (v formValues) values() []hidden {
	out := []hidden{{"rows", strconv.Itoa(len(v.Rows))}}
	for i, row := range v.Rows {
		out = append(out, hidden{rowID("kind", i), row.Kind}, hidden{rowID("key", i), row.Key},
			hidden{rowID("value", i), row.Value}, hidden{rowID("match", i), row.Match})
	}
	for _, s := range v.Sources {
		out = append(out, hidden{"source", s})
	}
	return append(out, hidden{"start", v.Start}, hidden{"end", v.End}, hidden{"received", v.Received},
		hidden{"reference", v.Reference}, hidden{"language", v.Language}, hidden{"notes", v.Notes})
}

// rowID is the name and id of a field of row i; people count from one.
func rowID(name string, i int) string { return fmt.Sprintf("%s-%d", name, i+1) }

// faults are what is wrong with a form, by the id of the field.
type faults map[string]string

// add keeps the first fault of a field.
func (f faults) add(id, text string) {
	if f[id] == "" {
		f[id] = text
	}
}

// submission turns the form into what is submitted; if faults come back with it,
// it cannot be.
func (p *pages) submission(v formValues) (dsr.Submission, faults) {
	found := faults{}
	s := dsr.Submission{
		Reference: v.Reference, Sources: slices.Clone(v.Sources), Language: v.Language, Notes: v.Notes,
		Selectors: make([]dsr.Selector, len(v.Rows)),
	}
	for i, row := range v.Rows {
		s.Selectors[i] = row.selector(i, found)
	}
	if len(v.Sources) == 0 {
		found.add("sources", "Choose at least one source to search.")
	}
	s.Window.Start = p.dayIn(v.Start, 0, "start", found)
	s.Window.End = p.dayIn(v.End, 1, "end", found) // the day is included
	s.ReceivedAt = p.dayIn(v.Received, 0, "received", found)
	if v.Received == "" {
		found.add("received", "Say on which day the person asked. The time to answer runs from there.")
	}
	p.validate(&s, found)
	return s, found
}

func (r formRow) selector(i int, found faults) dsr.Selector {
	switch {
	case dsr.Fold(r.Value) == "" && r.Kind == kindConversationID:
		found.add(rowID("value", i), "Enter the conversation ID.")
	case dsr.Fold(r.Value) == "":
		found.add(rowID("value", i), "Enter the value to look for.")
	}
	switch r.Kind {
	case kindConversationID:
		return dsr.Selector{ConversationID: strings.TrimSpace(r.Value)}
	case kindMetadata:
		return dsr.Selector{Metadata: &dsr.Metadata{Key: strings.TrimSpace(r.Key), Value: r.Value, Match: dsr.Match(r.Match)}}
	}
	found.add(rowID("kind", i), "Choose what you know about the conversation.")
	return dsr.Selector{ConversationID: "-"}
}

// dayIn reads a day of the calendar and returns its midnight in the configured time
// zone, so many days later.
func (p *pages) dayIn(s string, later int, id string, found faults) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, err := time.ParseInLocation(time.DateOnly, s, p.loc)
	if err != nil {
		found.add(id, "This is not a date. Write year, month and day like this: "+p.now().In(p.loc).Format(time.DateOnly)+".")
		return time.Time{}
	}
	y, m, d := t.Date()
	return time.Date(y, m, d+later, 0, 0, 0, 0, p.loc)
}

// validate finds every fault, not only the first: what is at fault is replaced by
// something harmless until nothing is left.
func (p *pages) validate(s *dsr.Submission, found faults) {
	probe := *s
	probe.Selectors = slices.Clone(s.Selectors)
	for i := range probe.Selectors {
		if m := probe.Selectors[i].Metadata; m != nil {
			copied := *m
			probe.Selectors[i].Metadata = &copied
		}
	}
	for range len(s.Selectors) + len(s.Sources) + 8 {
		err := probe.Validate(p.now(), p.opts.Sources, p.opts.Regions)
		if err == nil {
			break
		}
		field := problemOf(err).Field
		found.add(idOfField(field), p.faultText(field, problemOf(err).Detail))
		defuse(&probe, field)
	}
	if len(found) == 0 {
		_ = s.Validate(p.now(), p.opts.Sources, p.opts.Regions) // fills in the defaults; the probe was the same
	}
}

// defuse replaces the part of the submission that field names.
func defuse(s *dsr.Submission, field string) {
	name, _, _ := strings.Cut(field, ".")
	name, index := cutIndex(name)
	switch name {
	case "selectors":
		if index >= 0 && index < len(s.Selectors) {
			s.Selectors[index] = dsr.Selector{ConversationID: "-"}
		}
	case "sources":
		s.Sources = nil
	case "window":
		s.Window = dsr.Window{}
	case "received_at":
		s.ReceivedAt = time.Time{}
	case "reference":
		s.Reference = ""
	case "language":
		s.Language = ""
	case "notes":
		s.Notes = ""
	}
}

// cutIndex splits "selectors[3]" into its name and 3; without an index it is -1.
func cutIndex(s string) (string, int) {
	name, rest, found := strings.Cut(s, "[")
	if !found {
		return s, -1
	}
	i, err := strconv.Atoi(strings.TrimSuffix(rest, "]"))
	if err != nil {
		return name, -1
	}
	return name, i
}

// idOfField is the id in the form of a field as dsr.Submission.Validate names it.
func idOfField(field string) string {
	name, index := cutIndex(strings.SplitN(field, ".", 2)[0])
	switch {
	case name == "selectors" && strings.HasSuffix(field, ".key"):
		return rowID("key", max(index, 0))
	case name == "selectors" && strings.HasSuffix(field, ".match"):
		return rowID("match", max(index, 0))
	case name == "selectors":
		return rowID("value", max(index, 0))
	case field == "window.start":
		return "start"
	case name == "window":
		return "end"
	case name == "received_at":
		return "received"
	}
	return name
}

// faultTexts are friendlier words for faults that people make often.
var faultTexts = map[string]map[string]string{
	"window.end": {
		"lies before window.start; make it later, or window.start earlier":        "The last day lies before the first day. Swap them, or correct one.",
		"equals window.start, so the window [start, end) is empty; make it later": "The last day lies before the first day. Swap them, or correct one.",
	},
	"window.start": {"lies in the future; make it earlier": "The first day lies in the future. Nothing has been said by then."},
	"received_at":  {"lies in the future; make it earlier": "This day lies in the future. Say on which day the person asked."},
}

func (p *pages) faultText(field, detail string) string {
	if text := faultTexts[field][detail]; text != "" {
		return text
	}
	return aboutThis(detail)
}

// aboutThis makes a sentence of a detail that speaks of the field it belongs to.
func aboutThis(detail string) string {
	for _, verb := range []string{"is ", "must ", "has ", "lies ", "equals "} {
		if strings.HasPrefix(detail, verb) {
			return sentence("This " + detail)
		}
	}
	return sentence(detail)
}

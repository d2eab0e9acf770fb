package ui

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// formValues is what somebody typed into the request form, word for word.
type formValues struct {
	Values                     string // one value in each line, recognised by its shape
	Rows                       []formRow
	Sources                    []string
	Start, End, Received       string
	Reference, Language, Notes string
}

// formRow is a search term that says itself where to look, and how to compare.
type formRow struct{ Kind, Key, Value, Match string }

// lines are the values that are recognised by their shape.
func (v formValues) lines() (out []typed) {
	n := 0
	for line := range strings.Lines(v.Values) {
		n++
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, typed{n, line})
		}
	}
	return out
}

// parseForm reads the body of a form post.
func parseForm(r *http.Request) error {
	err := r.ParseForm()
	if err == nil {
		return nil
	}
	if _, tooLarge := asMaxBytes(err); tooLarge {
		return dsr.Errorf(dsr.TooLarge, "body_too_large", "What you sent is larger than %d bytes (1 MiB). This limit is fixed; shorten the notes or split the request.", edge.MaxBody)
	}
	return dsr.Errorf(dsr.Malformed, "malformed", "What the browser sent could not be read. Go back and try again.")
}

// emptyForm is the form before anything is typed: every source, received today.
func (p *pages) emptyForm() formValues {
	return formValues{
		Sources:  p.opts.Sources,
		Received: p.now().In(p.loc).Format(time.DateOnly),
		Language: dsr.Languages[0],
	}
}

// readForm takes the form's values out of a post.
func (p *pages) readForm(in url.Values) formValues {
	v := formValues{
		Values: unixLines(in.Get("values")), Sources: in["source"],
		Start: strings.TrimSpace(in.Get("start")), End: strings.TrimSpace(in.Get("end")),
		Received: strings.TrimSpace(in.Get("received")), Reference: strings.TrimSpace(in.Get("reference")),
		Language: in.Get("language"), Notes: unixLines(in.Get("notes")),
	}
	rows, _ := strconv.Atoi(in.Get("rows")) // no number: no row
	for i := range min(max(rows, 0), dsr.MaxSelectors) {
		v.Rows = append(v.Rows, formRow{
			Kind: in.Get(rowID("kind", i)), Key: in.Get(rowID("key", i)),
			Value: in.Get(rowID("value", i)), Match: in.Get(rowID("match", i)),
		})
	}
	return v
}

// unixLines undoes what browsers do to the ends of lines.
func unixLines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// values is the inverse of readForm: what a page has to carry to get the form back.
func (v formValues) values() []hidden {
	out := []hidden{{"values", v.Values}, {"rows", strconv.Itoa(len(v.Rows))}}
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

// submission turns the form into what is submitted; if faults come back with it,
// it cannot be.
func (p *pages) submission(v formValues) (dsr.Submission, faults) {
	found := faults{}
	s := dsr.Submission{
		Reference: v.Reference, Sources: slices.Clone(v.Sources), Language: v.Language, Notes: v.Notes,
	}
	lines := v.lines()
	for _, line := range lines {
		s.Selectors = append(s.Selectors, dsr.Selector{Identifier: line.Text})
	}
	for i, row := range v.Rows {
		s.Selectors = append(s.Selectors, row.selector(i, found))
	}
	if len(v.Sources) == 0 {
		found.add("sources", "Choose at least one source to search.")
	}
	s.Window.Start = p.dayIn(v.Start, 0, "start", found)
	s.Window.End = p.dayIn(v.End, 1, "end", found) // the day is included
	s.ReceivedAt = p.dayIn(v.Received, 0, "received", found)
	if v.Received == "" {
		found.add("received", "Enter the date of the request. The deadline starts on it.")
	}
	found.addAll(s.Validate(p.now(), p.opts.Sources, p.opts.Regions), lines)
	return s, found
}

func (r formRow) selector(i int, found faults) dsr.Selector {
	switch r.Kind {
	case kindConversationID:
		return dsr.Selector{ConversationID: strings.TrimSpace(r.Value)}
	case kindMetadata:
		return dsr.Selector{Metadata: &dsr.Metadata{Key: strings.TrimSpace(r.Key), Value: r.Value, Match: dsr.Match(r.Match)}}
	}
	found.add(rowID("kind", i), "Choose what this is.")
	return dsr.Selector{ConversationID: "-"} // nothing more to say about this row
}

func asMaxBytes(err error) (*http.MaxBytesError, bool) {
	return errors.AsType[*http.MaxBytesError](err)
}

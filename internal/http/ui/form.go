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
	Rows                       []formRow
	Sources                    []string
	Start, End, Received       string
	Reference, Language, Notes string
}

// formRow is one search term.
type formRow struct{ Kind, Key, Value, Match string }

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

// emptyForm is the form before anything is typed: one search term, every source,
// received today.
func (p *pages) emptyForm() formValues {
	return formValues{
		Rows:     []formRow{{Kind: kindIdentifier, Match: string(dsr.Normalized)}},
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
		found.add("received", "Enter the date of the request. The deadline starts on it.")
	}
	found.addAll(s.Validate(p.now(), p.opts.Sources, p.opts.Regions))
	return s, found
}

func (r formRow) selector(i int, found faults) dsr.Selector {
	switch r.Kind {
	case kindIdentifier:
		if strings.TrimSpace(r.Value) == "" {
			found.add(rowID("value", i), "Enter the value to look for.")
			return dsr.Selector{Identifier: "-"} // nothing more to say about this row
		}
		return dsr.Selector{Identifier: r.Value}
	case kindConversationID:
		return dsr.Selector{ConversationID: strings.TrimSpace(r.Value)}
	case kindMetadata:
		return dsr.Selector{Metadata: &dsr.Metadata{Key: strings.TrimSpace(r.Key), Value: r.Value, Match: dsr.Match(r.Match)}}
	}
	found.add(rowID("kind", i), "Choose what you know about the conversation.")
	return dsr.Selector{ConversationID: "-"} // nothing more to say about this row
}

func asMaxBytes(err error) (*http.MaxBytesError, bool) {
	return errors.AsType[*http.MaxBytesError](err)
}

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
	Mode                       string // dsr.ModeScreen, or empty
	Callback                   string // who is told of the request's events; empty: nobody
	Revises                    string // the request that is to ask for this instead; empty: a new one
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

// replaceLine puts text in the place of a line; empty: the line goes.
func (v *formValues) replaceLine(n int, text string) {
	lines := strings.Split(v.Values, "\n")
	if lines[n-1] = text; text == "" {
		lines = slices.Delete(lines, n-1, n)
	}
	v.Values = strings.Join(lines, "\n")
}

// parseForm reads the body of a form post.
func parseForm(r *http.Request) error {
	return formError(r.ParseForm())
}

// formError says why a body that was posted cannot be read.
func formError(err error) error {
	if err == nil {
		return nil
	}
	if _, tooLarge := asMaxBytes(err); tooLarge {
		return dsr.Errorf(dsr.TooLarge, "body_too_large", "What you sent is larger than %d bytes (1 MiB). This limit is fixed; shorten the notes or split the request.", edge.MaxBody)
	}
	return dsr.Errorf(dsr.Malformed, "malformed", "What the browser sent could not be read. Go back and try again.")
}

// emptyForm is the form before anything is typed: every source, received today, answered in
// this language.
func (p *pages) emptyForm(language string) formValues {
	return formValues{
		Sources:  p.opts.Sources,
		Received: p.now().In(p.loc).Format(time.DateOnly),
		Language: language,
	}
}

// readForm takes the form's values out of a post.
func (p *pages) readForm(in url.Values) formValues {
	v := formValues{
		Values: unixLines(in.Get("values")), Sources: in["source"],
		Start: strings.TrimSpace(in.Get("start")), End: strings.TrimSpace(in.Get("end")),
		Received: strings.TrimSpace(in.Get("received")), Reference: strings.TrimSpace(in.Get("reference")),
		Language: in.Get("language"), Notes: unixLines(in.Get("notes")), Mode: in.Get("mode"), Revises: in.Get("revises"),
	}
	if p.opts.CheckCallback != nil {
		v.Callback = strings.TrimSpace(in.Get("callback"))
	}
	rows, _ := strconv.Atoi(in.Get("rows")) // no number: no row
	for i := range min(max(rows, 0), dsr.MaxSelectors) {
		v.Rows = append(v.Rows, rowAs(in.Get(rowID("as", i)), in.Get(rowID("key", i)), in.Get(rowID("value", i))))
	}
	return v
}

// unixLines undoes what browsers do to the ends of lines.
func unixLines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// submission turns the form into what is submitted; if faults come back with it,
// it cannot be.
func (p *pages) submission(v formValues) (dsr.Submission, faults) {
	found := faults{}
	s := dsr.Submission{
		Reference: v.Reference, Sources: slices.Clone(v.Sources), Language: v.Language, Notes: v.Notes, Mode: dsr.Mode(v.Mode), CallbackURL: v.Callback,
	}
	lines := v.lines()
	for _, line := range lines {
		s.Selectors = append(s.Selectors, dsr.Selector{Identifier: line.Text})
	}
	for i, row := range v.Rows {
		if !slices.Contains(rowKinds, row.as()) {
			found.add(rowID("as", i), p.say("Choose what this is."))
		}
		s.Selectors = append(s.Selectors, row.selector())
	}
	if len(v.Sources) == 0 {
		found.add("sources", p.say("Choose at least one source to search."))
	}
	s.Window.Start = p.dayIn(v.Start, 0, "start", found)
	s.Window.End = p.dayIn(v.End, 1, "end", found) // the day is included
	s.ReceivedAt = p.dayIn(v.Received, 0, "received", found)
	if v.Received == "" {
		found.add("received", p.say("Enter the date of the request. The deadline starts on it."))
	}
	if v.Callback != "" && (p.opts.CheckCallback == nil || p.opts.CheckCallback(v.Callback) != nil) {
		found.add("callback", p.say(callbackWanted))
	}
	found.addAll(p.tongue, s.Validate(p.now(), p.opts.Sources, p.opts.Regions), lines)
	return s, found
}

const callbackWanted text = "Give an address that begins with https:// and whose host is listed in webhooks.callbacks of the configuration."

// rowAs is a search term that is treated as one of rowKinds.
func rowAs(as, key, value string) formRow {
	row := formRow{Kind: kindMetadata, Key: key, Value: value, Match: as}
	if as == kindConversationID {
		row.Kind, row.Match = as, string(dsr.Normalized)
	}
	return row
}

// as is which of rowKinds it is treated as.
func (r formRow) as() string {
	if r.Kind == kindConversationID {
		return r.Kind
	}
	return r.Match
}

func (r formRow) selector() dsr.Selector {
	if r.Kind == kindConversationID {
		return dsr.Selector{ConversationID: strings.TrimSpace(r.Value)}
	}
	m := &dsr.Metadata{Key: strings.TrimSpace(r.Key), Value: r.Value, Match: dsr.Match(r.Match)}
	if !slices.Contains(rowKinds, r.as()) {
		m.Match = dsr.Normalized // nothing more to say about that
	}
	return dsr.Selector{Metadata: m}
}

func asMaxBytes(err error) (*http.MaxBytesError, bool) {
	return errors.AsType[*http.MaxBytesError](err)
}

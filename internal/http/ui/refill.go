package ui

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"dsr-server/internal/dsr"
)

// formOf is the form that would submit the request once more. Its reference is another,
// because references are used once.
func (p *pages) formOf(r dsr.Request) formValues {
	v := formValues{
		Sources: slices.DeleteFunc(slices.Clone(r.Sources), func(name string) bool { return !slices.Contains(p.opts.Sources, name) }),
		Start:   p.formDay(r.Window.Start), End: p.formDay(lastInstant(r.Window.End)), Received: p.formDay(r.ReceivedAt),
		Reference: nextReference(r.Reference), Language: r.Language, Notes: r.Notes,
	}
	if p.opts.CheckCallback != nil {
		v.Callback = r.CallbackURL
	}
	if r.Screens() {
		v.Mode = string(r.Mode)
	}
	values, precise := p.meant(r.Selectors, r.Sources)
	for _, id := range values {
		v.addLine(id.Text)
	}
	for _, s := range precise {
		v.Rows = append(v.Rows, rowOf(s))
	}
	return v
}

// formDay is a day as the fields for dates hold it.
func (p *pages) formDay(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(p.loc).Format(time.DateOnly)
}

// lastInstant is the last one that belongs to a window with this end.
func lastInstant(end time.Time) time.Time {
	if end.IsZero() {
		return end
	}
	return end.Add(-time.Nanosecond)
}

// addLine adds a value that is recognised by its shape, once.
func (v *formValues) addLine(text string) {
	for _, line := range v.lines() {
		if line.Text == text {
			return
		}
	}
	if v.Values != "" && !strings.HasSuffix(v.Values, "\n") {
		v.Values += "\n"
	}
	v.Values += text + "\n"
}

// rowOf is the search term as the form holds it.
func rowOf(s dsr.Selector) formRow {
	if s.Metadata == nil {
		return rowAs(kindConversationID, "", s.ConversationID)
	}
	row := rowAs(string(s.Metadata.Match), s.Metadata.Key, s.Metadata.Value)
	if s.Metadata.AnyPath() {
		row.Key = ""
	}
	return row
}

// countedReference is a reference that was used again, with how often.
var countedReference = regexp.MustCompile(`^(.*) \(([0-9]{1,4})\)$`)

// nextReference is the reference of the request that goes on where this one ended.
func nextReference(reference string) string {
	if reference == "" {
		return ""
	}
	if parts := countedReference.FindStringSubmatch(reference); parts != nil {
		n, _ := strconv.Atoi(parts[2]) // four digits at most
		return parts[1] + " (" + strconv.Itoa(n+1) + ")"
	}
	return strings.TrimSpace(reference) + " (2)"
}

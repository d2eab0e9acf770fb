package ui

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"dsr-server/internal/dsr"
)

// newPage is the form for a new request.
type newPage struct {
	chrome
	Draft            string // its id; empty before anything was sent
	Values           field
	Received         field
	Reference        field
	Folded           string // what stands behind the fold, in a sentence
	Unfolded         bool
	Rows             []rowView
	Sources          choices
	Start, End       field
	Notes            field
	Callback         field // without an ID where none may be named
	Language         choices
	Screens          bool
	Faults           []fault
	MayAdd, Checking bool
	OtherID          string // the request that already has this reference
	Revises          string // the request that is changed; empty: it becomes a new one
}

func (newPage) template() string { return "new" }

// rowView is one search term that says itself where to look.
type rowView struct {
	N          int
	As         choices
	Value, Key field
}

// newRequest shows the form. The answer is in the language of whoever asks, which is most often
// that of the one before.
func (p *pages) newRequest(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	language, err := p.svc.LastLanguage(r.Context(), by)
	if err != nil {
		return err
	}
	return p.showForm(w, r, p.formPage(p.emptyForm(cmp.Or(language, p.tag)), nil))
}

// draftForm is the form as it was left.
func (p *pages) draftForm(w http.ResponseWriter, r *http.Request, d openDraft) error {
	data := p.formPage(d.form, nil)
	data.Draft, data.Unfolded = d.ID, data.Unfolded || r.URL.Query().Has("all")
	return p.showForm(w, r, data)
}

func (p *pages) showForm(w http.ResponseWriter, r *http.Request, data newPage) error {
	title := p.say("New request")
	if data.Revises != "" {
		title = p.say("Change what is searched for")
	}
	data.chrome = p.chrome(r, title, placeOfForm(data.Revises != ""))
	data.Faulty = len(data.Faults) > 0
	return p.render(w, statusMistake, data)
}

// placeOfForm is where in the navigation a form stands.
func placeOfForm(revises bool) string {
	if revises {
		return "list"
	}
	return "new"
}

// editRequest keeps what was typed and answers the button that sent it: one search term more
// or less, or on to the check. It always leads on to another page, so that neither Back nor
// loading it anew sends anything again.
func (p *pages) editRequest(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if err := parseForm(r); err != nil {
		return err
	}
	id, action := r.PostForm.Get("draft"), r.PostForm.Get("action")
	if n, changes := strings.CutPrefix(action, "change-"); changes {
		return p.onDraft(w, r, by, id, changeOf(n))
	}
	v := p.readForm(r.PostForm)
	if v.Revises != "" { // a form that was tampered with names one that nobody may see
		if _, err := p.svc.Request(r.Context(), by, v.Revises); err != nil {
			return err
		}
	}
	place := v.press(action)
	path, err := p.saveDraft(r, by, id, v.Revises, v)
	if err != nil {
		return err
	}
	p.redirect(w, r, path+place)
	return nil
}

// press does what a button of the form says, and returns where the form goes on.
func (v *formValues) press(action string) (place string) {
	row, remove := strings.CutPrefix(action, "remove-")
	switch {
	case action == "add":
		if len(v.Rows) < dsr.MaxSelectors {
			v.Rows = append(v.Rows, formRow{Kind: kindMetadata, Match: string(dsr.Normalized)})
		}
		return "#" + rowID("value", len(v.Rows)-1)
	case remove:
		if n, err := strconv.Atoi(row); err == nil && n >= 1 && n <= len(v.Rows) {
			v.Rows = slices.Delete(v.Rows, n-1, n)
		}
		return "#values"
	}
	return "/check"
}

// formPage fills the form in again with what was typed and marks what is wrong.
func (p *pages) formPage(v formValues, found faults) newPage {
	if found == nil {
		found = faults{}
	}
	data := newPage{MayAdd: len(v.Rows) < dsr.MaxSelectors, Folded: p.foldedWords(v), Revises: v.Revises, Screens: v.Mode == string(dsr.ModeScreen)}
	for i, row := range v.Rows {
		data.Rows = append(data.Rows, p.rowViewOf(i, row, found))
	}
	data.Sources = choices{field: field{ID: "sources", Label: p.say("Sources to search"), Error: found["sources"]}}
	data.Sources.Hint = p.gone()
	for i, name := range p.opts.Sources {
		data.Sources.Options = append(data.Sources.Options, option{rowID("source", i), name, name, slices.Contains(v.Sources, name)})
	}
	data.Language = choices{field: field{ID: "language", Label: p.say("Language of the archive"), Error: found["language"]}}
	for _, code := range dsr.Languages {
		data.Language.Options = append(data.Language.Options, option{Value: code, Label: p.say(languageNames[code]), Chosen: code == v.Language})
	}
	p.textFields(&data, v, found)
	data.Faults = p.faultList(data)
	data.Unfolded = p.isUnusual(v) || slices.ContainsFunc(data.folded(), func(f field) bool { return f.Error != "" })
	return data
}

// gone says of the vendors that keep records for a time only what cannot be found any more.
func (p *pages) gone() string {
	var said []string
	for _, name := range p.opts.Sources {
		if days := p.opts.Horizons[name]; days > 0 {
			said = append(said, p.say("%s keeps conversations for %s: what is older is gone.", name, p.count(int64(days), "day")))
		}
	}
	return strings.Join(said, " ")
}

func (p *pages) textFields(data *newPage, v formValues, found faults) {
	today := p.now().In(p.loc)
	data.Values = field{ID: "values", Label: p.say("Who is it about?"), Value: v.Values, Error: found["values"], Required: len(v.Rows) == 0,
		Hint: p.say("One per line: e-mail address, phone number, customer number, name or conversation ID. The next page says how each was understood.")}
	data.Received = field{ID: "received", Label: p.say("When did they ask?"), Type: dateType(v.Received), Value: v.Received, Error: found["received"], Required: true,
		Hint: p.say("The deadline starts on this date. For a request received today the answer is due on %s.", p.day(p.dueAt(today)).Text)}
	data.Reference = field{ID: "reference", Label: p.say("Your reference"), Type: "text", Value: v.Reference, Error: found["reference"], Autocomplete: "off",
		Hint: p.say("For example the ticket number. It appears in lists and logs: please no names or addresses.")}
	data.Start = field{ID: "start", Label: p.say("First day"), Type: dateType(v.Start), Value: v.Start, Error: found["start"],
		Hint: p.say("Leave empty to search from the first conversation on record.")}
	data.End = field{ID: "end", Label: p.say("Last day"), Type: dateType(v.End), Value: v.End, Error: found["end"],
		Hint: p.say("This day is included. Leave empty to search until now.")}
	data.Notes = field{ID: "notes", Label: p.say("Notes for colleagues"), Value: v.Notes, Error: found["notes"],
		Hint: p.say("Stored encrypted, seen by staff only, not part of the archive.")}
	if p.opts.CheckCallback != nil {
		data.Callback = field{ID: "callback", Label: p.say("Address that is told"), Type: "url", Value: v.Callback, Error: found["callback"], Autocomplete: "off",
			Hint: p.say("A program that is told when something happens to this request, for example https://tools.example.com/dsr.")}
	}
}

// folded are the fields that hardly anybody has to change.
func (n newPage) folded() []field {
	return []field{n.Sources.field, n.Start, n.End, n.Language.field, n.Notes, n.Callback}
}

// isUnusual reports whether something behind the fold was changed, so that it is not hidden.
func (p *pages) isUnusual(v formValues) bool {
	return len(v.Sources) != len(p.opts.Sources) || v.Start != "" || v.End != "" || v.Notes != "" || v.Mode != "" || v.Callback != ""
}

// foldedWords says what is searched unless something is changed behind the fold.
func (p *pages) foldedWords(v formValues) string {
	language := p.say(languageNames[v.Language])
	switch {
	case v.Revises != "":
		return p.say("Sources and dates")
	case p.isUnusual(v):
		return p.say("Sources, dates, language and notes")
	}
	return p.say("Search everything: %s, all dates, answer in %s", p.count(int64(len(v.Sources)), "source"), language)
}

func (p *pages) rowViewOf(i int, row formRow, found faults) rowView {
	v := rowView{N: i + 1}
	v.As = choices{field: field{ID: rowID("as", i), Label: p.say("Treat as"), Error: found[rowID("as", i)]}, Options: p.asOptions(row.as())}
	v.Value = field{ID: rowID("value", i), Label: p.say("Value to look for"), Type: "text", Value: row.Value, Error: found[rowID("value", i)], Required: true, Autocomplete: "off"}
	v.Key = p.keyField(rowID("key", i), row.Key, found[rowID("key", i)])
	return v
}

// faultList is the summary, in the order of the form.
func (p *pages) faultList(n newPage) (out []fault) {
	fields := []field{n.Values, n.Received, n.Reference}
	for _, row := range n.Rows {
		for _, f := range []field{row.As.field, row.Value, row.Key} {
			if len(n.Rows) > 1 {
				f.Label = p.say("Search term %s", strconv.Itoa(row.N)) + ", " + f.Label
			}
			fields = append(fields, f)
		}
	}
	for _, f := range append(fields, n.folded()...) {
		if f.Error != "" {
			out = append(out, fault{f.ID, labelled(f.Label, f.Error)})
		}
	}
	return out
}

// labelled is a text about the field with this label, which may be a question.
func labelled(label, text string) string {
	if strings.HasSuffix(label, "?") {
		return label + " " + text
	}
	return label + ": " + text
}

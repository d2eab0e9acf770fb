package ui

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/dsr"
)

// changePage asks how one value is to be looked for, other than its shape suggests.
type changePage struct {
	chrome
	Draft string
	N     int // which one, from one: the lines, then the search terms below them
	Value field
	As    choices
	Key   field
}

func (changePage) template() string { return "change" }

// asRecognised stands for how the shape of a value suggests.
const asRecognised = "recognised"

func (p *pages) changeTerm(w http.ResponseWriter, r *http.Request, d openDraft) error {
	n, err := termNumber(chi.URLParam(r, "n"), d.form)
	if err != nil {
		return err
	}
	row := d.form.term(n)
	as := []option{{Value: asRecognised, Label: p.say("As recognised: %s", p.shapeWord(p.identify(row.Value).Shape)), Chosen: row.as() == asRecognised}}
	return p.render(w, http.StatusOK, changePage{
		chrome: p.chrome(r, p.say("Change how a value is looked for"), "new"), Draft: d.ID, N: n,
		Value: field{ID: "value", Label: p.say("Value to look for"), Type: "text", Value: row.Value, Required: true, Autocomplete: "off"},
		As:    choices{field: field{ID: "as", Label: p.say("Treat as")}, Options: append(as, p.asOptions(row.as())...)},
		Key:   p.keyField("key", row.Key, ""),
	})
}

// termNumber reads which of the form's values is meant.
func termNumber(text string, v formValues) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > len(v.lines())+len(v.Rows) {
		return 0, dsr.Errorf(dsr.NotFound, "not_found", "there is no such value in this draft")
	}
	return n, nil
}

// term is the value of this number, as a search term.
func (v formValues) term(n int) formRow {
	lines := v.lines()
	if n <= len(lines) {
		return rowAs(asRecognised, "", lines[n-1].Text)
	}
	return v.Rows[n-1-len(lines)]
}

// changeOf puts what was chosen in the place of the value of this number.
func changeOf(number string) handlerOfDraft {
	return func(p *pages, w http.ResponseWriter, r *http.Request, d openDraft) error {
		n, err := termNumber(number, d.form)
		if err != nil {
			return err
		}
		v := d.form
		v.put(n, rowAs(r.PostForm.Get("as"), r.PostForm.Get("key"), r.PostForm.Get("value")))
		path, err := p.saveDraft(r, d.by, d.ID, "", v)
		if err != nil {
			return err
		}
		p.redirect(w, r, path+"/check#term-"+number)
		return nil
	}
}

// put replaces a value. One whose shape says how it is looked for is a line; a field's name
// makes a search term of it.
func (v *formValues) put(n int, row formRow) {
	lines := v.lines()
	wasLine := n <= len(lines)
	if row.as() == asRecognised && row.Key != "" {
		row.Match = string(dsr.Normalized)
	}
	isLine := row.as() == asRecognised
	switch at := n - 1 - len(lines); {
	case wasLine && isLine:
		v.replaceLine(lines[n-1].N, row.Value)
	case wasLine:
		v.replaceLine(lines[n-1].N, "")
		v.Rows = slices.Insert(v.Rows, 0, row)
	case isLine:
		v.Rows = slices.Delete(v.Rows, at, at+1)
		v.addLine(row.Value)
	default:
		v.Rows[at] = row
	}
}

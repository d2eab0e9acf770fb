package ui

import (
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// newPage is the form for a new request.
type newPage struct {
	chrome
	Values           field
	Rows             []rowView
	Sources          choices
	Start, End       field
	Received         field
	Reference, Notes field
	Language         choices
	Faults           []fault
	MayAdd           bool
	OtherID          string // the request that already has this reference
}

func (newPage) template() string { return "new" }

// rowView is one search term of the form.
type rowView struct {
	N           int
	Kind, Match choices
	Value, Key  field
}

func (p *pages) newRequest(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	return p.showForm(w, r, http.StatusOK, p.emptyForm())
}

func (p *pages) showForm(w http.ResponseWriter, r *http.Request, status int, v formValues) error {
	return p.showFaults(w, r, status, p.formPage(v, nil))
}

func (p *pages) showFaults(w http.ResponseWriter, r *http.Request, status int, data newPage) error {
	data.chrome = p.chrome(r, "New request", "new")
	data.Faulty = len(data.Faults) > 0
	return p.render(w, status, data)
}

// editRequest answers the buttons of the form: one search term more or less, back
// from the check page, or on to it.
func (p *pages) editRequest(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	if err := parseForm(r); err != nil {
		return err
	}
	v, action := p.readForm(r.PostForm), r.PostForm.Get("action")
	row, remove := strings.CutPrefix(action, "remove-")
	switch {
	case action == "add" && len(v.Rows) < dsr.MaxSelectors:
		v.Rows = append(v.Rows, formRow{Kind: kindMetadata, Match: string(dsr.Normalized)})
	case remove:
		if n, err := strconv.Atoi(row); err == nil && n >= 1 && n <= len(v.Rows) {
			v.Rows = slices.Delete(v.Rows, n-1, n)
		}
	case action == "" || action == "check":
		return p.checkRequest(w, r, v)
	}
	return p.showForm(w, r, http.StatusOK, v)
}

// checkPage shows what will be searched for, before it is.
type checkPage struct {
	chrome
	Terms     termsView
	Sources   string
	Window    windowView
	Received  instant
	Due       dueView
	Reference string
	Notes     string
	Language  string
	Carried   []hidden
	Key       string // so that sending twice makes one request
}

func (checkPage) template() string { return "check" }

func (p *pages) checkRequest(w http.ResponseWriter, r *http.Request, v formValues) error {
	s, found := p.submission(v)
	if len(found) > 0 {
		return p.showFaults(w, r, statusMistake, p.formPage(v, found))
	}
	return p.render(w, http.StatusOK, checkPage{
		chrome: p.chrome(r, "Check before you start", "new"),
		Terms:  p.terms(s.Selectors, s.Sources).doubted(), Sources: p.inWords(s.Sources), Window: p.window(s.Window, time.Time{}),
		Received: p.day(s.ReceivedAt), Due: p.due(p.dueAt(s.ReceivedAt), p.now()),
		Reference: s.Reference, Notes: s.Notes, Language: languageNames[s.Language],
		Carried: v.values(), Key: auth.NewToken(),
	})
}

// submitRequest stores the request and leads to it.
func (p *pages) submitRequest(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if err := parseForm(r); err != nil {
		return err
	}
	v := p.readForm(r.PostForm)
	s, found := p.submission(v)
	if len(found) > 0 {
		return p.showFaults(w, r, statusMistake, p.formPage(v, found))
	}
	req, err := p.svc.Submit(r.Context(), dsr.Call{By: by, Key: submitKey(r.PostForm.Get("key"), v)}, s)
	if e := edge.ProblemOf(err); err != nil && e.ExistingID != "" {
		data := p.formPage(v, faults{"reference": "Another request already has this reference. Use a different one, or open that request."})
		data.OtherID = e.ExistingID
		return p.showFaults(w, r, statusMistake, data)
	}
	if err != nil {
		return err
	}
	p.sessions.Put(r.Context(), sessionFlash, "The request has been submitted.")
	p.redirect(w, r, "/requests/"+req.ID)
	return nil
}

// submitKey binds the key of a check page to what it showed.
func submitKey(key string, v formValues) dsr.IdempotencyKey {
	if key == "" {
		return dsr.IdempotencyKey{}
	}
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings always encode
	}
	return dsr.IdempotencyKey{Key: key, Route: "form POST /requests", BodyHash: sha256.Sum256(body)}
}

// formPage fills the form in again with what was typed and marks what is wrong.
func (p *pages) formPage(v formValues, found faults) newPage {
	if found == nil {
		found = faults{}
	}
	data := newPage{MayAdd: len(v.Rows) < dsr.MaxSelectors}
	for i, row := range v.Rows {
		data.Rows = append(data.Rows, rowViewOf(i, row, found))
	}
	data.Sources = choices{field: field{ID: "sources", Label: "Sources to search", Error: found["sources"]}}
	for i, name := range p.opts.Sources {
		data.Sources.Options = append(data.Sources.Options, option{rowID("source", i), name, name, slices.Contains(v.Sources, name)})
	}
	data.Language = choices{field: field{ID: "language", Label: "Language of the archive", Error: found["language"]}}
	for _, code := range dsr.Languages {
		data.Language.Options = append(data.Language.Options, option{Value: code, Label: languageNames[code], Chosen: code == v.Language})
	}
	p.textFields(&data, v, found)
	data.Faults = data.faultList()
	return data
}

func (p *pages) textFields(data *newPage, v formValues, found faults) {
	today := p.now().In(p.loc)
	data.Values = field{ID: "values", Label: "Who is it about?", Value: v.Values, Error: found["values"], Required: len(v.Rows) == 0,
		Hint: "One per line: e-mail address, phone number, customer number, name or conversation ID. The next page says how each was understood."}
	data.Start = field{ID: "start", Label: "First day", Type: dateType(v.Start), Value: v.Start, Error: found["start"],
		Hint: "Leave empty to search from the first conversation on record."}
	data.End = field{ID: "end", Label: "Last day", Type: dateType(v.End), Value: v.End, Error: found["end"],
		Hint: "This day is included. Leave empty to search until now."}
	data.Received = field{ID: "received", Label: "Date of request", Type: dateType(v.Received), Value: v.Received, Error: found["received"], Required: true,
		Hint: "The deadline starts on this date. For a request received today the answer is due on " + p.day(p.dueAt(today)).Text + "."}
	data.Reference = field{ID: "reference", Label: "Your reference", Type: "text", Value: v.Reference, Error: found["reference"], Autocomplete: "off",
		Hint: "For example the ticket number. It appears in lists and logs: please no names or addresses."}
	data.Notes = field{ID: "notes", Label: "Notes for colleagues", Value: v.Notes, Error: found["notes"],
		Hint: "Stored encrypted, seen by staff only, not part of the archive."}
}

func rowViewOf(i int, row formRow, found faults) rowView {
	v := rowView{N: i + 1}
	v.Kind = choices{field{ID: rowID("kind", i), Label: "What is it?", Error: found[rowID("kind", i)]}, chosen(kindChoices, row.Kind)}
	v.Value = field{ID: rowID("value", i), Label: "Value to look for", Type: "text", Value: row.Value, Error: found[rowID("value", i)], Required: true, Autocomplete: "off"}
	v.Key = field{ID: rowID("key", i), Label: "Only in this field", Type: "text", Value: row.Key, Error: found[rowID("key", i)], Autocomplete: "off",
		Hint: "The name of the metadata field, for example email or customer.id. Leave empty to search all fields."}
	v.Match = choices{field: field{ID: rowID("match", i), Label: "How to compare", Error: found[rowID("match", i)]}}
	for _, c := range matchChoices {
		v.Match.Options = append(v.Match.Options, option{Value: string(c.Match), Label: c.Label, Chosen: row.Match == string(c.Match)})
	}
	return v
}

// faultList is the summary, in the order of the form.
func (n newPage) faultList() []fault {
	fields := []field{n.Values}
	for _, row := range n.Rows {
		for _, f := range []field{row.Kind.field, row.Value, row.Key, row.Match.field} {
			if len(n.Rows) > 1 {
				f.Label = "Search term " + strconv.Itoa(row.N) + ", " + f.Label
			}
			fields = append(fields, f)
		}
	}
	fields = append(fields, n.Sources.field, n.Start, n.End, n.Received, n.Reference, n.Language.field, n.Notes)
	var out []fault
	for _, f := range fields {
		if f.Error != "" {
			out = append(out, fault{f.ID, f.Label + ": " + f.Error})
		}
	}
	return out
}

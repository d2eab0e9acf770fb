package ui

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// uploadPage takes a table of many requests, says what is wrong in which row, or what will be
// submitted, and afterwards what was.
type uploadPage struct {
	chrome
	Draft   string // of the table that was sent; empty before
	Refused string // what makes the table as a whole unreadable
	Faults  []rowFault
	Ready   []readyRow // all rows, where none has a fault
	Screens bool
	Made    []madeRow
	Count   string // how many requests are ready, or made
	Columns string
}

func (uploadPage) template() string { return "upload" }

// uploadColumns are the columns that a table may have.
const uploadColumns = "reference, identifier, conversation_id, key, value, match, region, sources, window_start, window_end, received_at, mode, regime, language, notes"

func (p *pages) uploadForm(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	return p.showUpload(w, r, uploadPage{})
}

func (p *pages) showUpload(w http.ResponseWriter, r *http.Request, data uploadPage) error {
	data.chrome = p.chrome(r, p.say("Many requests at once"), "new")
	data.Faulty, data.Columns = data.Refused != "" || len(data.Faults) > 0, uploadColumns
	if p.opts.CheckCallback != nil {
		data.Columns += ", callback_url"
	}
	return p.render(w, statusMistake, data)
}

// upload keeps the table as a draft and leads to what it holds.
func (p *pages) upload(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if err := formError(r.ParseMultipartForm(edge.MaxBody)); err != nil { //nolint:gosec // G120: whoever may call it may send no more (may)
		return err
	}
	var u uploaded
	if file, _, err := r.FormFile("table"); err == nil { // no file: an empty table
		if u.Table, err = io.ReadAll(file); err != nil {
			return formError(err)
		}
	}
	if r.PostForm.Get("mode") == string(dsr.ModeScreen) {
		u.Mode = dsr.ModeScreen
	}
	id, err := p.saveUploaded(r, by, "", u)
	if err != nil {
		return err
	}
	p.redirect(w, r, "/requests/upload/"+id)
	return nil
}

func (p *pages) saveUploaded(r *http.Request, by dsr.Principal, id string, u uploaded) (string, error) {
	body, err := json.Marshal(u)
	if err != nil {
		return "", fmt.Errorf("encode table: %w", err)
	}
	return p.svc.SaveDraft(r.Context(), by, dsr.Draft{ID: id, Body: body})
}

func (p *pages) openUploaded(r *http.Request, by dsr.Principal) (id string, u uploaded, err error) {
	id = chi.URLParam(r, "draft")
	d, err := p.svc.Draft(r.Context(), by, id)
	if dsr.KindOf(err) == dsr.NotFound || err == nil && d.Sent() {
		return id, u, p.draftGone()
	}
	if err == nil {
		err = json.Unmarshal(d.Body, &u)
	}
	return id, u, err
}

func (p *pages) uploadCheck(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, u, err := p.openUploaded(r, by)
	if err != nil {
		return err
	}
	data := uploadPage{Draft: id}
	if u.Made != nil {
		data.Made, err = p.madeRows(r, u.Made)
		data.Count = p.count(int64(len(u.Made)), "request")
		if err != nil {
			return err
		}
		return p.showUpload(w, r, data)
	}
	rows, err := p.rowsOf(u)
	if len(u.Table) == 0 {
		err = errNoTable
	}
	if err != nil {
		data.Refused = p.tableFault(err)
		return p.showUpload(w, r, data)
	}
	if data.Faults, err = p.rowFaults(r.Context(), rows); err != nil {
		return err
	}
	if len(data.Faults) == 0 {
		data.Ready, data.Count, data.Screens = p.readyRows(rows), p.count(int64(len(rows)), "request"), u.Mode == dsr.ModeScreen
	}
	return p.showUpload(w, r, data)
}

// rowsOf are the submissions of the table.
func (p *pages) rowsOf(u uploaded) ([]dsr.BatchRow, error) {
	rows, err := p.opts.ReadTable(u.Table)
	for i := range rows {
		if u.Mode != "" {
			rows[i].Submission.Mode = u.Mode
		}
	}
	return rows, err
}

// submitUpload submits every row, or none. Sent twice, it makes the same requests once.
func (p *pages) submitUpload(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, u, err := p.openUploaded(r, by)
	if err != nil {
		return err
	}
	here := "/requests/upload/" + id
	rows, err := p.rowsOf(u)
	if err != nil || u.Made != nil {
		p.redirect(w, r, here) // which says what is wrong, or made
		return nil
	}
	done, err := p.svc.SubmitBatch(r.Context(), dsr.Call{By: by, Key: uploadKey(id, u)}, rows, true)
	if refused := edge.ProblemOf(err).Problems; len(refused) > 0 {
		p.sessions.Put(r.Context(), sessionFlash, p.say("Nothing was submitted. Row %s: %s", p.number(int64(refused[0].Row)), sentence(refused[0].Detail)))
		p.redirect(w, r, here)
		return nil
	}
	if err != nil {
		return err
	}
	u = uploaded{Made: []string{}}
	for _, row := range done {
		u.Made = append(u.Made, row.ID)
	}
	if _, err := p.saveUploaded(r, by, id, u); err != nil {
		return err
	}
	p.redirect(w, r, here)
	return nil
}

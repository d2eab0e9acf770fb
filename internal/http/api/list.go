package api

import (
	"net/http"
	"net/url"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// How many requests one page of the list holds.
const (
	defaultListLimit = 50
	maxListLimit     = 200
)

// listInput is the query of GET /requests; empty fields do not filter.
type listInput struct {
	Status    string `json:"status" validate:"omitempty,status"`
	Source    string `json:"source"`
	DueBefore string `json:"due_before"`
	Query     string `json:"q"`
	Label     string `json:"label"`
	Assignee  string `json:"assignee"`
	Limit     string `json:"limit"`
	Cursor    string `json:"cursor"`
}

type listBody struct {
	Items      []requestBody `json:"items"`
	NextCursor *string       `json:"next_cursor"`
}

func (s *API) list(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	filter, err := readFilter(r.URL)
	if err != nil {
		return err
	}
	page, err := s.svc.Requests(r.Context(), filter)
	if err != nil {
		return err
	}
	body := listBody{Items: make([]requestBody, len(page.Items)), NextCursor: orNull(page.NextCursor)}
	for i, req := range page.Items {
		body.Items[i] = bodyOf(req)
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, body)
	return nil
}

func readFilter(u *url.URL) (dsr.Filter, error) {
	in, err := readList(u)
	if err != nil {
		return dsr.Filter{}, err
	}
	f := dsr.Filter{Status: dsr.Status(in.Status), Source: in.Source, Query: in.Query, Assignee: in.Assignee, Cursor: in.Cursor}
	if f.Limit, err = limitOf(in.Limit, defaultListLimit, maxListLimit); err != nil {
		return dsr.Filter{}, err
	}
	if in.Label != "" {
		if f.Label, err = dsr.ParseLabel(in.Label); err != nil {
			return dsr.Filter{}, err
		}
	}
	if in.DueBefore != "" {
		f.DueBefore, err = parseTime("due_before", in.DueBefore)
	}
	return f, err
}

func readList(u *url.URL) (in listInput, err error) {
	err = readQuery(u, map[string]*string{"status": &in.Status, "source": &in.Source, "due_before": &in.DueBefore,
		"q": &in.Query, "label": &in.Label, "assignee": &in.Assignee, "limit": &in.Limit, "cursor": &in.Cursor})
	if err != nil {
		return listInput{}, err
	}
	return in, checkShape(in)
}

package api

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// How many requests one page of the list holds.
const (
	defaultListLimit = 50
	maxListLimit     = 200
)

// listInput is the query of GET /requests; what is empty does not filter.
type listInput struct {
	statuses, labels               []string
	source, dueBefore              string
	updatedAfter                   string
	open, held, overdue            string
	query, assignee, order, cursor string
	limit                          string
}

type listBody struct {
	Items      []requestBody `json:"items"`
	NextCursor *string       `json:"next_cursor"`
}

func (s *API) list(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	filter, err := readFilter(r.URL)
	if err != nil {
		return err
	}
	if by.OwnOnly() {
		filter.CreatedBy = by.ID
	}
	page, err := s.svc.Requests(r.Context(), filter)
	if err != nil {
		return err
	}
	body := listBody{Items: make([]requestBody, len(page.Items)), NextCursor: orNull(page.NextCursor)}
	for i, req := range page.Items {
		body.Items[i] = bodyOf(req)
	}
	edge.WriteTagged(w, r, body)
	return nil
}

func readFilter(u *url.URL) (f dsr.Filter, err error) {
	in, err := readList(u)
	if err != nil {
		return f, err
	}
	f = dsr.Filter{Source: in.source, Query: in.query, Assignee: in.assignee, Cursor: in.cursor}
	if f.Limit, err = limitOf(in.limit, defaultListLimit, maxListLimit); err != nil {
		return f, err
	}
	if f.Order, err = oneOfNames("sort", in.order, dsr.Orders); err != nil {
		return f, err
	}
	if err := in.times(&f); err != nil {
		return f, err
	}
	if err := in.states(&f); err != nil {
		return f, err
	}
	for _, text := range in.labels {
		l, err := dsr.ParseLabel(text)
		if err != nil {
			return f, err
		}
		f.Labels = append(f.Labels, l)
	}
	return f, nil
}

func readList(u *url.URL) (in listInput, err error) {
	err = edge.ReadQuery(u, map[string]*string{"source": &in.source, "due_before": &in.dueBefore, "updated_after": &in.updatedAfter,
		"open": &in.open, "held": &in.held, "overdue": &in.overdue, "q": &in.query, "assignee": &in.assignee, "sort": &in.order,
		"limit": &in.limit, "cursor": &in.cursor}, map[string]*[]string{"status": &in.statuses, "label": &in.labels})
	return in, err
}

func (in listInput) times(f *dsr.Filter) (err error) {
	if in.dueBefore != "" {
		if f.DueBefore, err = parseTime("due_before", in.dueBefore); err != nil {
			return err
		}
	}
	if in.updatedAfter != "" {
		f.UpdatedAfter, err = parseTime("updated_after", in.updatedAfter)
	}
	return err
}

func (in listInput) states(f *dsr.Filter) error {
	for _, text := range in.statuses {
		status, err := oneOfNames("status", text, dsr.Statuses)
		if err != nil {
			return err
		}
		f.Statuses = append(f.Statuses, status)
	}
	for name, p := range map[string]struct {
		text string
		into **bool
	}{"open": {in.open, &f.Open}, "held": {in.held, &f.Held}, "overdue": {in.overdue, &f.Overdue}} {
		if p.text == "" {
			continue
		}
		is := p.text == "true"
		if !is && p.text != "false" {
			return dsr.FieldErrorf(name, "must be true or false")
		}
		*p.into = &is
	}
	return nil
}

// oneOfNames reads a parameter that takes one of some names; empty stays so.
func oneOfNames[T ~string](field, text string, names []T) (T, error) {
	if text == "" || slices.Contains(names, T(text)) {
		return T(text), nil
	}
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = string(name)
	}
	return "", dsr.FieldErrorf(field, "must be one of: %s", strings.Join(all, ", "))
}

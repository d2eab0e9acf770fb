package ui

import (
	"net/http"

	"dsr-server/internal/dsr"
)

// listPage is one page of a list of requests.
type listPage struct {
	chrome
	Tabs      []listLink
	Columns   []listColumn
	Query     field
	Carried   []hidden // what the search keeps of the list
	Mine      listLink
	Narrowed  string // what else the list is cut down to; empty: nothing
	Whole     string // the address without that
	Items     []listItem
	Range     string // which ones of how many
	Previous  string // addresses; empty when there is no such page
	Next      string
	First     bool // there are no requests at all
	Ticked    bool
	TickAll   string // the address on which all are ticked
	At        string // where to come back to, as a query
	MayAnswer bool
	MayDecide bool
}

func (listPage) template() string { return "list" }

// listLink leads to a list.
type listLink struct {
	Label, Href string
	Count       string
	Current     bool
}

// listColumn is the head of a column; Href is empty where it cannot be sorted by.
type listColumn struct {
	Label, Href string
	Sorted      string // ascending, descending, or empty
	Numbers     bool
}

func (p *pages) requestList(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	at := listAddress(r.URL.Query())
	q := at.query(personOf(r.Context()))
	found, err := p.svc.Worklist(r.Context(), q)
	if err != nil {
		return err
	}
	if len(found.Items) == 0 && q.Offset > 0 { // the last ones have gone elsewhere
		p.redirect(w, r, at.with("page", "").path())
		return nil
	}
	data := p.listPage(at, q, found)
	data.MayAnswer, data.MayDecide = by.Role.May(dsr.MarkAnswered), by.Role.May(dsr.Decide)
	here := "list"
	if q.Worklist == dsr.WorkToDecide && data.MayDecide {
		here = "decide"
	}
	data.chrome = p.chrome(r, p.say("Requests"), here)
	return p.render(w, http.StatusOK, data)
}

func (p *pages) listPage(at listAt, q dsr.ListQuery, found dsr.ListPage) listPage {
	data := listPage{
		Tabs: p.listTabs(at, found), Columns: p.listColumns(at, q), First: found.All == 0, At: at.encode(),
		Query:   field{ID: "q", Label: p.say("Search reference, ID, or who is asked about"), Type: "search", Value: q.Text, Autocomplete: "off"},
		Carried: at.carried(),
		Mine:    listLink{Label: p.say("Mine"), Href: p.edge.Path(at.toggled("mine").path()), Current: q.Assignee != ""},
		Ticked:  at.get("ticked") == "all", TickAll: p.edge.Path(at.toggled("ticked").path()),
		Narrowed: p.narrowed(q), Whole: p.edge.Path(at.with("due", "").with("waiting", "").with("q", "").with("asked", "").path()),
	}
	for _, r := range found.Items {
		data.Items = append(data.Items, p.listItem(r))
	}
	p.turnPages(&data, at, q, found.Total)
	return data
}

// turnPages says which requests are shown, and where the others are.
func (p *pages) turnPages(data *listPage, at listAt, q dsr.ListQuery, total int64) {
	last := int64(q.Offset + len(data.Items))
	if len(data.Items) > 0 {
		data.Range = p.say("%s–%s of %s", p.number(int64(q.Offset)+1), p.number(last), p.number(total))
	}
	if q.Offset > 0 {
		data.Previous = p.edge.Path(at.toPage(q.Offset / pageLimit).path())
	}
	if last < total {
		data.Next = p.edge.Path(at.toPage(q.Offset/pageLimit + 2).path())
	}
}

func (p *pages) listTabs(at listAt, found dsr.ListPage) (tabs []listLink) {
	for _, tab := range []struct {
		list  dsr.Worklist
		label string
		count int64
	}{
		{dsr.WorkOpen, p.say("Open"), found.Counts[dsr.WorkOpen]}, {dsr.WorkToDecide, p.say("To decide"), found.Counts[dsr.WorkToDecide]},
		{dsr.WorkToSend, p.say("To send"), found.Counts[dsr.WorkToSend]}, {dsr.WorkStuck, p.say("Rejected or failed"), found.Counts[dsr.WorkStuck]}, {dsr.WorkAnswered, p.say("Answered"), found.Counts[dsr.WorkAnswered]},
		{dsr.WorkClosed, p.say("Closed"), found.Counts[dsr.WorkClosed]}, {"", p.say("All"), found.All},
	} {
		if tab.list == dsr.WorkStuck && tab.count == 0 && at.list() != tab.list {
			continue // most days have none
		}
		tabs = append(tabs, listLink{Label: tab.label, Count: p.number(tab.count), Href: p.edge.Path(at.toList(tab.list).path()), Current: at.list() == tab.list})
	}
	return tabs
}

func (p *pages) listColumns(at listAt, q dsr.ListQuery) []listColumn {
	columns := []listColumn{{Label: p.say("Request")}, {Label: p.say("Next step")}, {Label: p.say("Found"), Numbers: true}, {Label: p.say("Submitted by")}, {Label: p.say("Due")}}
	for i, sort := range map[int]dsr.ListSort{0: dsr.SortRequest, 2: dsr.SortFound, 3: dsr.SortSubmittedBy, 4: dsr.SortDue} {
		descending := sort == dsr.SortFound // the largest first, unless that is what it is now
		if sort == q.Sort {
			columns[i].Sorted = "ascending"
			if q.Descending {
				columns[i].Sorted = "descending"
			}
			descending = !q.Descending
		}
		columns[i].Href = p.edge.Path(at.sortedBy(sort, descending).path())
	}
	return columns
}

// narrowed says what a list is cut down to beside its tab.
func (p *pages) narrowed(q dsr.ListQuery) string {
	switch {
	case q.Text != "":
		return p.say("Search results for “%s”", q.Text)
	case q.Asked != nil:
		return p.say("Requests that asked for what you searched for")
	case q.Waiting != "":
		return p.say("Waiting for %s", q.Waiting)
	case q.Urgency == dsr.Overdue:
		return p.say("Overdue")
	case q.Urgency == dsr.DueThisWeek:
		return p.say("Due within 7 days")
	}
	return ""
}

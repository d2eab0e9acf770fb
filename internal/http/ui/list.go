package ui

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"dsr-server/internal/dsr"
)

// pageLimit is how many requests one page of the list holds.
const pageLimit = 25

// listPage is the list of requests, newest first.
type listPage struct {
	chrome
	Status, Source   choices
	DueBefore, Query field
	Filtered         bool
	Items            []listItem
	Older, Newest    string // addresses; empty when there is no such page
	Faults           []fault
}

func (listPage) template() string { return "list" }

// listItem is one row. What is searched for is masked.
type listItem struct {
	ID, Name   string
	Status     statusView
	LookFor    string
	Found      string
	Received   instant
	Due        dueView
	DueMatters bool // nobody has answered yet
	Rests      bool // the clock does, so that the deadline still moves
}

func (p *pages) requestList(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	in := r.URL.Query()
	filter, data := p.filter(in)
	found, err := p.svc.Requests(r.Context(), filter)
	if err != nil {
		return err
	}
	for _, req := range found.Items {
		data.Items = append(data.Items, p.listItem(req))
	}
	data.chrome = p.chrome(r, "Requests", "list")
	data.Faulty = len(data.Faults) > 0
	if found.NextCursor != "" {
		data.Older = p.listAddress(in, found.NextCursor)
	}
	if filter.Cursor != "" {
		data.Newest = p.listAddress(in, "")
	}
	return p.render(w, http.StatusOK, data)
}

// filter reads the filters; one that cannot be read filters nothing and is named.
func (p *pages) filter(in url.Values) (dsr.Filter, listPage) {
	f := dsr.Filter{Status: dsr.Status(in.Get("status")), Source: in.Get("source"), Query: strings.TrimSpace(in.Get("q")),
		Limit: pageLimit, Cursor: in.Get("cursor")}
	found := faults{}
	if f.Status != "" && !slices.Contains(dsr.Statuses, f.Status) {
		found.add("status", "Choose one of the list.")
		f.Status = ""
	}
	if f.Source != "" && !slices.Contains(p.opts.Sources, f.Source) {
		found.add("source", "Choose one of the list.")
		f.Source = ""
	}
	f.DueBefore = p.dayIn(in.Get("due"), 1, "due", found) // the day is included
	data := listPage{
		Status:    choices{field{ID: "status", Label: "Status", Error: found["status"]}, p.statusOptions(f.Status)},
		Source:    choices{field{ID: "source", Label: "Source", Error: found["source"]}, p.sourceOptions(f.Source)},
		DueBefore: field{ID: "due", Label: "Due by", Type: dateType(in.Get("due")), Value: in.Get("due"), Error: found["due"]},
		Query:     field{ID: "q", Label: "Reference or ID", Type: "search", Value: f.Query, Autocomplete: "off"},
		Filtered:  f.Status != "" || f.Source != "" || f.Query != "" || !f.DueBefore.IsZero(),
	}
	for _, field := range []field{data.Status.field, data.Source.field, data.DueBefore} {
		if field.Error != "" {
			data.Faults = append(data.Faults, fault{field.ID, field.Label + ": " + field.Error})
		}
	}
	return f, data
}

func (p *pages) statusOptions(current dsr.Status) []option {
	out := []option{{Label: "Any", Chosen: current == ""}}
	for _, s := range dsr.Statuses {
		out = append(out, option{Value: string(s), Label: p.say(statusWords[s].text), Chosen: s == current})
	}
	return out
}

func (p *pages) sourceOptions(current string) []option {
	out := []option{{Label: "Any", Chosen: current == ""}}
	for _, s := range p.opts.Sources {
		out = append(out, option{Value: s, Label: s, Chosen: s == current})
	}
	return out
}

// listAddress is the list with the same filters at another place.
func (p *pages) listAddress(in url.Values, cursor string) string {
	out := url.Values{}
	for _, name := range []string{"status", "source", "due", "q"} {
		if v := in.Get(name); v != "" {
			out.Set(name, v)
		}
	}
	if cursor != "" {
		out.Set("cursor", cursor)
	}
	if len(out) == 0 {
		return p.edge.Path("/requests")
	}
	return p.edge.Path("/requests?" + out.Encode())
}

func (p *pages) listItem(r dsr.Request) listItem {
	item := listItem{ID: r.ID, Name: nameOf(r), Status: p.statusOf(r), Received: p.day(r.ReceivedAt), Due: p.due(r.DueAt, p.now()),
		Found: "–", DueMatters: r.ClockRuns() && !rests(r), Rests: rests(r)}
	var terms []string
	for _, s := range r.Selectors {
		terms = append(terms, p.selectorViewOf(s).short())
	}
	item.LookFor = p.inWords(terms)
	if len(terms) > 2 {
		item.LookFor = strings.Join(terms[:2], ", ") + " and " + p.count(int64(len(terms)-2), "more term")
	}
	if r.Result != nil {
		item.Found = p.count(r.Result.Conversations, "conversation")
	} else if r.Status == dsr.Running {
		item.Found = p.count(r.Progress.Conversations, "conversation") + " so far"
	}
	return item
}

package ui

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"dsr-server/internal/dsr"
)

// listAt is the address of a list: its query, of which only what is known is kept.
type listAt struct{ in url.Values }

// pageLimit is how many requests one page of the list holds.
const pageLimit = 25

// listNames are the parameters of a list, in the order of what they decide.
var listNames = []string{"list", "due", "waiting", "q", "asked", "mine", "sort", "order", "page", "ticked"}

// askedPattern is keyed hashes of what requests ask for: nobody learns from them what that is.
var askedPattern = regexp.MustCompile(`^[0-9a-f]{32}(\.[0-9a-f]{32}){0,9}$`)

// allRequests is the list of the requests of all work lists.
const allRequests = "all"

func listAddress(in url.Values) listAt {
	at := listAt{url.Values{}}
	for _, name := range listNames {
		if v := strings.TrimSpace(in.Get(name)); v != "" {
			at.in.Set(name, v)
		}
	}
	return at
}

func (a listAt) get(name string) string { return a.in.Get(name) }
func (a listAt) encode() string         { return a.in.Encode() }

func (a listAt) path() string {
	if len(a.in) == 0 {
		return "/requests"
	}
	return "/requests?" + a.in.Encode()
}

// with is the address with another value; an empty one takes the parameter out.
func (a listAt) with(name, value string) listAt {
	out := listAt{maps.Clone(a.in)}
	out.in.Set(name, value)
	if value == "" {
		out.in.Del(name)
	}
	return out
}

// anew is the first page of another list, with nothing ticked.
func (a listAt) anew() listAt { return a.with("page", "").with("ticked", "") }

// toggled switches a filter on or off.
func (a listAt) toggled(name string) listAt {
	value := map[string]string{"mine": "1", "ticked": "all"}[name]
	if a.get(name) == value {
		value = ""
	}
	if name == "ticked" {
		return a.with(name, value)
	}
	return a.anew().with(name, value)
}

func (a listAt) toList(w dsr.Worklist) listAt {
	name := string(w)
	switch w {
	case dsr.WorkOpen:
		name = ""
	case "":
		name = allRequests
	}
	return a.anew().with("due", "").with("waiting", "").with("list", name)
}

func (a listAt) toPage(n int) listAt {
	if n <= 1 {
		return a.anew()
	}
	return a.with("ticked", "").with("page", strconv.Itoa(n))
}

func (a listAt) sortedBy(s dsr.ListSort, descending bool) listAt {
	order := ""
	if descending {
		order = "desc"
	}
	return a.anew().with("sort", string(s)).with("order", order)
}

// list is the work list that is shown: what is open, unless another one is named. What is
// searched for is looked for everywhere.
func (a listAt) list() dsr.Worklist {
	name := dsr.Worklist(a.get("list"))
	switch {
	case slices.Contains(dsr.Worklists, name):
		return name
	case name == allRequests, name == "" && a.get("q")+a.get("asked") != "":
		return ""
	}
	return dsr.WorkOpen
}

// query is what the address asks for; what is not known asks for nothing.
func (a listAt) query(person *dsr.Person) dsr.ListQuery {
	q := dsr.ListQuery{Worklist: a.list(), Text: a.get("q"), Waiting: a.get("waiting"), Sort: dsr.SortDue, Descending: a.get("order") == "desc", Limit: pageLimit}
	if asked := a.get("asked"); askedPattern.MatchString(asked) {
		q.Asked = strings.Split(asked, ".")
	}
	if sort := dsr.ListSort(a.get("sort")); slices.Contains(dsr.ListSorts, sort) {
		q.Sort = sort
	}
	if due := dsr.Urgency(a.get("due")); due == dsr.Overdue || due == dsr.DueThisWeek {
		q.Urgency = due
	}
	if a.get("mine") == "1" && person != nil {
		q.Assignee = person.Login
	}
	if n, err := strconv.Atoi(a.get("page")); err == nil && n > 1 && n < 1_000_000 {
		q.Offset = (n - 1) * pageLimit
	}
	return q
}

// carried is what a search keeps of the list that it is made in.
func (a listAt) carried() (out []hidden) {
	for _, name := range []string{"mine", "sort", "order"} {
		if v := a.get(name); v != "" {
			out = append(out, hidden{name, v})
		}
	}
	return out
}

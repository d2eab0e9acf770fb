package ui

import (
	"net/http"

	"dsr-server/internal/dsr"
)

// todayPage says what waits for the reader.
type todayPage struct {
	chrome
	Refusals []string // sources that refuse their key, a sentence each
	Tasks    []firstStep
	Counts   []todayCount
	First    bool // there are no requests at all
	Next     *listItem
	Lists    []todayList
}

func (todayPage) template() string { return "today" }

// todayCount is a number that leads to what it counts.
type todayCount struct {
	Label, Href string
	Late        bool
}

// todayList is the first rows of a list; All leads to the rest, if there is more.
type todayList struct {
	Title string
	Items []listItem
	All   *listLink
}

// firstStep is one of those that a new service needs.
type firstStep struct {
	Label, Href, Hint string
	Done              bool
}

// today is the page of those who handle requests; to others the requests are the first page.
func (p *pages) today(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if !by.Role.May(dsr.Submit) {
		p.redirect(w, r, "/requests")
		return nil
	}
	now, err := p.svc.Today(r.Context())
	if err != nil {
		return err
	}
	data := todayPage{First: now.All == 0, Counts: p.todayCounts(now, by.Role), Lists: p.todayLists(now, by.Role)}
	if now.Next != nil {
		next := p.listItem(*now.Next)
		data.Next = &next
	}
	if by.Role.May(dsr.Manage) {
		if err := p.forAdmins(r, now, &data); err != nil {
			return err
		}
	}
	data.chrome = p.chrome(r, p.say("Today"), "today")
	return p.render(w, http.StatusOK, data)
}

func (p *pages) todayCounts(now dsr.Today, role dsr.Role) (counts []todayCount) {
	add := func(n int64, label, path string, late bool) {
		if n > 0 {
			counts = append(counts, todayCount{label, p.edge.Path(path), late})
		}
	}
	open := listAddress(nil)
	add(now.Overdue, p.say("%s overdue", p.number(now.Overdue)), open.with("due", string(dsr.Overdue)).path(), true)
	add(now.DueSoon, p.say("%s due within 7 days", p.number(now.DueSoon)), open.with("due", string(dsr.DueThisWeek)).path(), false)
	if role.May(dsr.Decide) {
		add(now.ToDecide, p.say("%s to decide", p.number(now.ToDecide)), open.toList(dsr.WorkToDecide).path(), false)
	}
	add(now.ToSend, p.say("%s ready to send", p.number(now.ToSend)), open.toList(dsr.WorkToSend).path(), false)
	add(now.Stuck, p.say("%s rejected or failed", p.number(now.Stuck)), open.toList(dsr.WorkStuck).path(), false)
	for _, waits := range now.Waiting {
		add(waits.Requests, p.say("%s waiting for %s", p.number(waits.Requests), waits.Source), open.with("waiting", waits.Source).path(), false)
	}
	return counts
}

func (p *pages) todayLists(now dsr.Today, role dsr.Role) (lists []todayList) {
	add := func(title string, requests []dsr.Request, all int64, at listAt) {
		if len(requests) == 0 {
			return
		}
		list := todayList{Title: title}
		for _, r := range requests {
			list.Items = append(list.Items, p.listItem(r))
		}
		if all > int64(len(requests)) {
			list.All = &listLink{Label: p.say("All %s", p.number(all)), Href: p.edge.Path(at.path())}
		}
		lists = append(lists, list)
	}
	open := listAddress(nil)
	add(p.say("Due first"), now.Due, now.Overdue+now.DueSoon, open)
	if role.May(dsr.Decide) {
		add(p.say("To decide"), now.Decide, now.ToDecide, open.toList(dsr.WorkToDecide))
	}
	add(p.say("Ready to send"), now.Send, now.ToSend, open.toList(dsr.WorkToSend))
	add(p.say("Rejected or failed"), now.Redo, now.Stuck, open.toList(dsr.WorkStuck))
	return lists
}

// forAdmins adds what needs an administrator: sources that refuse their key, and the first
// steps until a request has been answered.
func (p *pages) forAdmins(r *http.Request, now dsr.Today, data *todayPage) error {
	sources, err := p.svc.SourceOverviews(r.Context())
	if err != nil {
		return err
	}
	for _, source := range sources {
		if source.Refusal != nil {
			data.Refusals = append(data.Refusals, p.refusal(source))
		}
	}
	if steps := p.firstSteps(now, sources); now.Answered == 0 && !allDone(steps) {
		data.Tasks = steps
	}
	return nil
}

func allDone(steps []firstStep) bool {
	for _, s := range steps {
		if !s.Done {
			return false
		}
	}
	return true
}

func (p *pages) firstSteps(now dsr.Today, sources []dsr.SourceOverview) []firstStep {
	answer, told := true, true
	for _, s := range sources {
		answer = answer && s.Refusal == nil && (!s.LastGood.IsZero() || !s.Reach.ReadAt.IsZero())
		told = told && (len(s.Information.Missing("en")) == 0 || len(s.Information.Missing("de")) == 0)
	}
	return []firstStep{
		{p.say("Invite a colleague"), "/people", p.say("Nobody approves their own requests."), now.People > 1},
		{p.say("Check the sources"), "/sources", p.say("See whether each of them answers."), answer},
		{p.say("Complete the Art. 15 texts"), "/sources", p.say("Every archive includes them beside the data."), told},
		{p.say("Try a request"), "/requests/new", p.say("It can be cancelled and deleted."), now.All > 0},
	}
}

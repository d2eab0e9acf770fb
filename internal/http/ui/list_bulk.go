package ui

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"dsr-server/internal/dsr"
	"dsr-server/internal/spreadsheet"
)

// bulkLimit is how many requests one press may be about.
const bulkLimit = 200

// requestsTogether does one thing to every request that is ticked, and says which were left
// as they are, and why.
func (p *pages) requestsTogether(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if err := parseForm(r); err != nil {
		return err
	}
	ticked, err := p.ticked(r.Context(), r.PostForm["id"])
	if err != nil {
		return err
	}
	act, known := p.together(r.Context(), by)[r.PostFormValue("do")]
	message := ""
	switch {
	case len(ticked) == 0:
		message = p.say("Tick at least one request first.")
	case r.PostFormValue("do") == "export":
		return p.exportRequests(w, ticked)
	case !known:
		return dsr.Errorf(dsr.Forbidden, "forbidden", "Your role (%s) does not include this. Ask an administrator if you need it.", by.Role)
	case r.PostFormValue("do") == "release" && !p.mayDecideNow(r):
		message = p.say("Nothing has been changed.") + " " + p.say("Releasing takes a sign-in of the last five minutes.") + " " + p.say("Confirm on the page of one of the requests that it is you.")
	default:
		if message, err = p.eachOf(ticked, act); err != nil {
			return err
		}
	}
	p.sessions.Put(r.Context(), sessionFlash, message)
	in, _ := url.ParseQuery(r.PostFormValue("at")) // what cannot be read leads to the list as it is
	p.redirect(w, r, listAddress(in).with("ticked", "").path())
	return nil
}

// ticked are the requests with these ids that there are, in the order of the list.
func (p *pages) ticked(ctx context.Context, ids []string) ([]dsr.Request, error) {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return uuid.Validate(id) != nil })
	if len(ids) == 0 {
		return nil, nil
	}
	if len(ids) > bulkLimit {
		return nil, dsr.Errorf(dsr.TooLarge, "too_many_requests_ticked", "At most %d requests can be changed together.", bulkLimit)
	}
	page, err := p.svc.Worklist(ctx, dsr.ListQuery{IDs: ids, Limit: bulkLimit})
	return page.Items, err
}

// bulkAction is what can be done to many requests: why not to this one, else do it.
type bulkAction struct {
	not  func(dsr.Request) (string, error)
	do   func(dsr.Request) error
	done func(n int64) string
}

// together are the actions that by may take, by the names of their buttons.
func (p *pages) together(ctx context.Context, by dsr.Principal) map[string]bulkAction {
	actions := map[string]bulkAction{}
	if by.Role.May(dsr.MarkAnswered) {
		actions["answered"] = bulkAction{p.whyNotAnswered, func(r dsr.Request) error {
			_, err := p.svc.Answered(ctx, dsr.Call{By: by, Versions: []int64{r.Version}}, r.ID, dsr.Answer{})
			return err
		}, func(n int64) string {
			if n == 1 {
				return p.say("1 request has been marked as answered.")
			}
			return p.say("%s requests have been marked as answered.", p.number(n))
		}}
	}
	if by.Role.May(dsr.Decide) {
		actions["release"] = bulkAction{func(r dsr.Request) (string, error) { return p.whyNotReleased(ctx, by, r) }, func(r dsr.Request) error {
			_, err := p.svc.Approve(ctx, dsr.Call{By: by, Versions: []int64{r.Version}, Archive: r.Result.Archive.SHA256}, r.ID)
			return err
		}, func(n int64) string {
			if n == 1 {
				return p.say("1 archive has been released.")
			}
			return p.say("%s archives have been released.", p.number(n))
		}}
	}
	return actions
}

// eachOf acts on one request after the other; what one of them refuses is no reason to stop.
func (p *pages) eachOf(ticked []dsr.Request, act bulkAction) (message string, err error) {
	var done int64
	var left []string
	for _, r := range ticked {
		why, err := p.tryOne(r, act)
		if err != nil {
			return "", err
		}
		if why != "" {
			left = append(left, nameOf(r)+": "+why)
			continue
		}
		done++
	}
	sentences := []string{act.done(done)}
	if done == 0 {
		sentences[0] = p.say("Nothing has been changed.")
	}
	return strings.Join(append(sentences, left...), " "), nil
}

// tryOne acts on a request, or says why not.
func (p *pages) tryOne(r dsr.Request, act bulkAction) (why string, err error) {
	if why, err = act.not(r); why != "" || err != nil {
		return why, err
	}
	err = act.do(r)
	switch dsr.KindOf(err) {
	case dsr.Conflict, dsr.Changed, dsr.Gone:
		return p.say("It has changed in the meantime."), nil
	case dsr.Forbidden:
		return p.say("Somebody else has to decide about it."), nil
	}
	return "", err
}

func (p *pages) whyNotAnswered(r dsr.Request) (string, error) {
	switch {
	case !r.ClockRuns():
		return p.say("It is not open any more."), nil
	case !r.In(dsr.WorkToSend):
		return p.say("It is not ready to be sent."), nil
	}
	return "", nil
}

// whyNotReleased: what is released together is what needs no second look, and was looked at.
func (p *pages) whyNotReleased(ctx context.Context, by dsr.Principal, r dsr.Request) (string, error) {
	switch {
	case !r.In(dsr.WorkToDecide) || r.Result == nil || r.Result.Archive == nil:
		return p.say("It does not wait for a decision."), nil
	case r.CreatedBy == by.ID:
		return p.say("You submitted it, so another approver has to decide."), nil
	case r.Complete == nil || !*r.Complete:
		return p.say("The search is incomplete; decide about it alone."), nil
	case len(r.Warnings) > 0:
		return p.say("The result may not be one person’s; decide about it alone."), nil
	case r.Outdated || r.Repackaging:
		return p.say("Its archive is being made again."), nil
	}
	opened, err := p.svc.OpenedBy(ctx, by, []string{r.ID})
	if err == nil && !opened[r.ID] && r.Result.Conversations > 0 {
		return p.say("You have not opened it yet."), nil
	}
	return "", err
}

// exportRequests sends the requests that are ticked as a table.
func (p *pages) exportRequests(w http.ResponseWriter, ticked []dsr.Request) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="requests.csv"`)
	w.WriteHeader(http.StatusOK)
	table := spreadsheet.NewWriter(w)
	if err := table.Header(p.say("Request"), p.say("ID"), p.say("Next step"), p.say("Found"), p.say("Submitted by"), p.say("Assigned to"), p.say("Date of request"), p.say("Due")); err != nil {
		return nil //nolint:nilerr // the caller has gone
	}
	for _, r := range ticked {
		row := p.listItem(r)
		if err := table.Row(r.Reference, r.ID, row.Step.Word, row.Found, row.SubmittedBy, row.Assignee, p.day(r.ReceivedAt).Machine, row.Due.Day.Machine); err != nil {
			return nil //nolint:nilerr // the caller has gone
		}
	}
	return nil
}

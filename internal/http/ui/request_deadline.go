package ui

import (
	"net/http"
	"slices"
	"strconv"

	"dsr-server/internal/dsr"
)

// deadlinePage is the clock of a request: how it has run, and what can be done about it.
type deadlinePage struct {
	aboutRequest
	Deadline                  deadlineView
	Deadlines                 []deadlineLine
	Pauses                    []pauseLine
	MayPause, MayResume       bool
	MayExtend                 bool
	WhyNotExtend              string
	LastDayToExtend           string
	Why, Months               choices
	AskedOn, AnsweredOn       field
	Reason                    field
	ExtensionReason, Extended string
}

func (deadlinePage) template() string { return "deadline" }

// deadlineLine is a deadline that was in force from a moment on.
type deadlineLine struct {
	From    instant
	Due     string
	Because string
}

type pauseLine struct{ From, To, Why string }

func (p *pages) deadlineShow(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	return p.showDeadline(w, r, by, nil)
}

func (p *pages) showDeadline(w http.ResponseWriter, r *http.Request, by dsr.Principal, found faults) error {
	req, err := p.requestOf(r, by)
	if err != nil {
		return err
	}
	h, err := p.svc.History(r.Context(), by, req.ID)
	if err != nil {
		return err
	}
	data := deadlinePage{aboutRequest: p.about(r, req, p.say("Deadline")), Deadline: p.deadlineView(req), ExtensionReason: req.ExtensionReason}
	data.clockSoFar(p, req, h)
	data.offer(p, req, by)
	data.fields(p, r, req)
	data.wrong(found, &data.Why.field, &data.AskedOn, &data.AnsweredOn, &data.Months.field, &data.Reason)
	return p.render(w, http.StatusOK, data)
}

// clockSoFar tells how the clock has run.
func (d *deadlinePage) clockSoFar(p *pages, req dsr.Request, h dsr.History) {
	for _, then := range slices.Backward(h.Deadlines) {
		because := p.clockWords(then.Clock)
		if then.Recorded {
			because = p.say("As it was worked out then; the time zone, the holidays or the rules have changed since.")
		}
		d.Deadlines = append(d.Deadlines, deadlineLine{p.instant(then.From), p.day(then.DueAt).Text, because})
	}
	for _, pause := range req.Pauses {
		line := pauseLine{From: p.date(pause.AskedOn), Why: p.pauseReason(pause.Reason)}
		if pause.AnsweredOn != "" {
			line.To = p.date(pause.AnsweredOn)
		}
		d.Pauses = append(d.Pauses, line)
	}
	if regime, _ := dsr.RegimeOf(req.Regime); req.ExtendedSoFar > 0 {
		d.Extended = p.extensionWords(regime, req.ExtendedSoFar)
	}
}

// offer says what the reader can do now.
func (d *deadlinePage) offer(p *pages, req dsr.Request, by dsr.Principal) {
	if !by.Role.May(dsr.Extend) || !req.ClockRuns() {
		return
	}
	regime, _ := dsr.RegimeOf(req.Regime)
	d.MayResume, d.MayPause = req.Paused(), !req.Paused() && len(regime.Pauses) > 0
	first := req
	first.ExtendedSoFar = 0
	last := p.opts.Deadlines.On(first)
	d.LastDayToExtend = p.date(last)
	months := 0
	if regime.MoreMonths > 0 {
		months = 1
	}
	switch _, err := req.ExtendedBy(dsr.Extension{Months: months, Reason: "-"}, last, p.currentDay()); {
	case err == nil:
		d.MayExtend = true
	case regime.MoreMonths == 0 && regime.MoreDays == 0:
		d.WhyNotExtend = p.say("This law knows no extension.")
	case p.currentDay() > last:
		d.WhyNotExtend = p.conflictWords("too_late")
	default:
		d.WhyNotExtend = p.conflictWords("already_extended")
	}
}

// fields are those of the forms, with what was typed.
func (d *deadlinePage) fields(p *pages, r *http.Request, req dsr.Request) {
	regime, _ := dsr.RegimeOf(req.Regime)
	d.Why = choices{field: field{ID: "why", Label: p.say("Why")}}
	for _, reason := range regime.Pauses {
		d.Why.Options = append(d.Why.Options, option{Value: string(reason), Label: sentenceStart(p.pauseReason(reason)), Chosen: r.PostFormValue("why") == string(reason)})
	}
	d.AskedOn = p.dayField(r, "asked_on", p.say("Asked on"), p.say("The clock rests from this day on. It never touches the search."))
	d.AnsweredOn = p.dayField(r, "answered_on", p.say("The person answered on"), p.say("Each day until then moves the deadline by one."))
	d.Months = choices{field: field{ID: "months", Label: p.say("By how much")}}
	for n := 1; n <= regime.MoreMonths-req.ExtendedSoFar; n++ {
		later := req
		later.ExtendedSoFar += n
		label := p.say("%s, until %s", p.count(int64(n), "month"), p.date(p.opts.Deadlines.On(later)))
		d.Months.Options = append(d.Months.Options, option{Value: strconv.Itoa(n), Label: label, Chosen: r.PostFormValue("months") == strconv.Itoa(n)})
	}
	d.Reason = field{ID: "reason", Label: p.say("Reason"), Required: true, Value: r.PostFormValue("reason"),
		Hint: p.say("The person is told this. Write it in %s. You see the letter next.", p.languageName(req.Language))}
}

// deadlineFaults are what may be wrong with the forms.
func (p *pages) deadlineFaults(req dsr.Request) map[string]string {
	received := p.date(p.opts.Deadlines.Day(req.ReceivedAt))
	return map[string]string{
		"asked_on":    p.say("Give a day from the day of receipt, %s, to today, which lies in no earlier pause.", received),
		"answered_on": p.say("Give a day from the day on which the person was asked to today."),
		"months":      p.say("Choose by how much the deadline is extended."),
		"reason":      p.say("Say why, in at most %s characters.", p.number(dsr.MaxReasonRunes)),
	}
}

func (p *pages) pauseRequest(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	req, err := p.requestOf(r, by)
	if err != nil {
		return err
	}
	day, found := p.dayOf(r, "asked_on")
	why := dsr.PauseReason(r.PostFormValue("why"))
	if regime, _ := dsr.RegimeOf(req.Regime); !slices.Contains(regime.Pauses, why) {
		found = faults{"why": p.say("Choose a reason.")}
	}
	if found != nil {
		return p.showDeadline(w, r, by, found)
	}
	_, err = p.svc.Pause(r.Context(), dsr.Call{By: by}, req.ID, dsr.Pause{Reason: why, AskedOn: day})
	return p.deadlineMoved(w, r, by, req, err, p.say("The clock rests. The letter below asks the person; tell us here when they have answered."), "letter?kind=clarification")
}

func (p *pages) resumeRequest(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	req, err := p.requestOf(r, by)
	if err != nil {
		return err
	}
	day, found := p.dayOf(r, "answered_on")
	if found != nil {
		return p.showDeadline(w, r, by, found)
	}
	after, err := p.svc.Resume(r.Context(), dsr.Call{By: by}, req.ID, day)
	return p.deadlineMoved(w, r, by, req, err, p.say("The clock runs again. The answer is due by %s.", p.day(after.DueAt).Text), "deadline")
}

// deadlineMoved goes on to the next page, or shows what was wrong.
func (p *pages) deadlineMoved(w http.ResponseWriter, r *http.Request, by dsr.Principal, req dsr.Request, err error, done, next string) error {
	if found, wrong := mistake(err, p.deadlineFaults(req)); wrong {
		return p.showDeadline(w, r, by, found)
	}
	if dsr.KindOf(err) == dsr.Conflict {
		next = "deadline"
	}
	return p.settle(w, r, err, "/requests/"+req.ID+"/"+next, done)
}

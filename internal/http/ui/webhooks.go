package ui

import (
	"errors"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/dsr"
)

// webhooksPage lists who is told of events.
type webhooksPage struct {
	chrome
	Webhooks  []webhookRow
	Callbacks string // the address of the log of what goes to requests' own addresses
}

func (webhooksPage) template() string { return "webhooks" }

// webhookRow is a webhook in the list.
type webhookRow struct {
	ID, URL, Events string
	State           statusView
	Made            instant
	By              string
	Waiting, Dead   string
}

// webhookFormPage asks for an address and what it is told.
type webhookFormPage struct {
	chrome
	URL    field
	Events choices
	Faults []fault
}

func (webhookFormPage) template() string { return "webhook" }

// webhookMadePage shows a secret, this once.
type webhookMadePage struct {
	chrome
	URL, Secret string
}

func (webhookMadePage) template() string { return "webhookmade" }

// webhookEndPage asks whether a webhook is really to be deleted.
type webhookEndPage struct {
	chrome
	Is webhookRow
}

func (webhookEndPage) template() string { return "webhookend" }

func (p *pages) webhookList(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	hooks, err := p.svc.Webhooks(r.Context())
	if err != nil {
		return err
	}
	data := webhooksPage{chrome: p.chrome(r, p.say("Webhooks"), "webhooks"), Callbacks: "/webhooks/" + dsr.CallbackHook}
	for _, h := range hooks {
		data.Webhooks = append(data.Webhooks, p.webhookRow(h))
	}
	return p.render(w, http.StatusOK, data)
}

func (p *pages) webhookRow(h dsr.Webhook) webhookRow {
	row := webhookRow{ID: h.ID, URL: h.URL, Made: p.day(h.CreatedAt), By: p.whoIs(h.CreatedBy),
		State: statusView{Word: p.say("active"), Tone: "good"}, Waiting: p.number(h.Waiting), Dead: p.number(h.Dead)}
	switch {
	case !h.GoneAt.IsZero():
		row.State = statusView{Word: p.say("switched off: its receiver wants no more (410)"), Tone: "bad"}
	case !h.Active:
		row.State = statusView{Word: p.say("switched off"), Tone: "quiet"}
	case h.Dead > 0:
		row.State = statusView{Word: p.say("messages were given up"), Tone: "bad"}
	}
	var events []string
	for _, e := range h.Events {
		events = append(events, p.hookWords(e))
	}
	row.Events = strings.Join(events, ", ")
	return row
}

// hookEvents are the events in words.
var hookEvents = map[dsr.HookEvent]text{
	dsr.HookReady: "archive ready", dsr.HookReview: "somebody has to decide", dsr.HookRejected: "result rejected", dsr.HookFailed: "could not finish",
	dsr.HookExpired: "archive expired", dsr.HookDueSoon: "deadline near", dsr.HookOverdue: "deadline passed", dsr.HookAnswered: "answered",
	dsr.HookSourceRefused: "source refused", dsr.HookTest: "test",
}

func (p *pages) hookWords(e dsr.HookEvent) string {
	if words := hookEvents[e]; words != "" {
		return p.say(words)
	}
	return string(e) // of a later program
}

func (p *pages) newWebhook(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	return p.showWebhookForm(w, r, http.StatusOK, "", dsr.HookEvents, nil)
}

func (p *pages) showWebhookForm(w http.ResponseWriter, r *http.Request, status int, address string, events []dsr.HookEvent, found faults) error {
	data := webhookFormPage{chrome: p.chrome(r, p.say("New webhook"), "webhooks"),
		URL: field{ID: "url", Label: p.say("Address"), Type: "text", Required: true, Autocomplete: "off", Value: address,
			Hint: p.say("Begins with https:// and leads to a public machine, for example https://tools.example.com/dsr")},
		Events: choices{field: field{ID: "events", Label: p.say("Tell of"), Required: true}}}
	for _, e := range dsr.HookEvents {
		o := option{ID: strings.ReplaceAll(string(e), ".", "-"), Value: string(e), Label: p.hookWords(e)}
		for _, chosen := range events {
			o.Chosen = o.Chosen || chosen == e
		}
		data.Events.Options = append(data.Events.Options, o)
	}
	data.Faults = marked(found, &data.URL, &data.Events.field)
	data.Faulty = len(data.Faults) > 0
	return p.render(w, status, data)
}

// createWebhook makes a webhook, whose secret is shown by the answer to this press alone.
func (p *pages) createWebhook(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if err := parseForm(r); err != nil {
		return err
	}
	address := strings.TrimSpace(r.PostForm.Get("url"))
	var events []dsr.HookEvent
	for _, e := range r.PostForm["events"] {
		events = append(events, dsr.HookEvent(e))
	}
	found := faults{}
	if p.opts.CheckHookURL(address) != nil {
		found["url"] = p.say("Give an address that begins with https://, without a user name, a password or a # in it.")
	}
	checked, err := dsr.CheckHookEvents(events)
	if err != nil {
		found["events"] = p.say("Choose at least one.")
	}
	if len(found) > 0 {
		return p.showWebhookForm(w, r, statusMistake, address, events, found)
	}
	made, err := p.svc.CreateWebhook(r.Context(), by, address, checked)
	if e, ok := errors.AsType[*dsr.Error](err); ok && e.Code == "too_many_webhooks" {
		return p.showWebhookForm(w, r, statusMistake, address, events, faults{"url": p.say("There are as many webhooks as there may be. Delete one first.")})
	}
	if err != nil {
		return err
	}
	return p.render(w, http.StatusOK, webhookMadePage{chrome: p.chrome(r, p.say("New webhook"), "webhooks"), URL: address, Secret: made.Secret})
}

func (p *pages) webhookEnd(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	h, err := p.svc.Webhook(r.Context(), chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	return p.render(w, http.StatusOK, webhookEndPage{chrome: p.chrome(r, p.say("Delete a webhook"), "webhooks"), Is: p.webhookRow(h)})
}

func (p *pages) deleteWebhook(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if err := p.svc.DeleteWebhook(r.Context(), by, chi.URLParam(r, "id")); err != nil {
		return err
	}
	p.sessions.Put(r.Context(), sessionFlash, p.say("The webhook has been deleted."))
	p.redirect(w, r, "/webhooks")
	return nil
}

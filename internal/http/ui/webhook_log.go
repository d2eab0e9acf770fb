package ui

import (
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/dsr"
)

// webhookLogPage is what a webhook was sent, and what waits.
type webhookLogPage struct {
	chrome
	Path       string
	Is         *webhookRow // nil: of the requests' own addresses
	Deliveries []deliveryRow
	More       string // the address of the next page
}

func (webhookLogPage) template() string { return "webhooklog" }

// deliveryRow is a message in the log.
type deliveryRow struct {
	ID, Event, Request string
	State              statusView
	Why                string
	When               instant
	Attempts           string
	Ended              bool
}

// deliveriesShown are on one page.
const deliveriesShown = 25

func (p *pages) webhookLog(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	id := chi.URLParam(r, "id")
	data := webhookLogPage{chrome: p.chrome(r, p.say("Messages of a webhook"), "webhooks"), Path: "/webhooks/" + id}
	if id != dsr.CallbackHook {
		h, err := p.svc.Webhook(r.Context(), id)
		if err != nil {
			return err
		}
		row := p.webhookRow(h)
		data.Is = &row
	}
	list, err := p.svc.Deliveries(r.Context(), dsr.DeliveryQuery{Webhook: id, Before: r.URL.Query().Get("before"), Limit: deliveriesShown + 1})
	if err != nil {
		return err
	}
	if len(list) > deliveriesShown {
		list = list[:deliveriesShown]
		data.More = data.Path + "?before=" + list[deliveriesShown-1].ID
	}
	for _, d := range list {
		data.Deliveries = append(data.Deliveries, p.deliveryRow(d))
	}
	return p.render(w, http.StatusOK, data)
}

func (p *pages) deliveryRow(d dsr.Delivery) deliveryRow {
	row := deliveryRow{ID: d.ID, Event: p.hookWords(d.Event), Request: d.Request, When: p.precise(d.CreatedAt), Attempts: p.number(int64(d.Attempts)),
		Ended: d.State != dsr.DeliveryWaiting, Why: p.hookFailure(d)}
	switch d.State {
	case dsr.DeliveryDelivered:
		row.State = statusView{Word: p.say("delivered"), Tone: "good"}
	case dsr.DeliveryDead:
		row.State = statusView{Word: p.say("given up"), Tone: "bad"}
	default:
		row.State = statusView{Word: p.say("waits"), Tone: "quiet"}
	}
	return row
}

// hookFailures say why the latest try failed.
var hookFailures = map[string]text{
	dsr.HookRedirect: "It redirects, which is not followed.", dsr.HookNoAnswer: "There is no answer.", dsr.HookTimeout: "There is no answer in time.",
	dsr.HookPrivate: "Its address is not a public one.", dsr.HookNotAllowed: "The configuration does not allow this address.", dsr.HookCertificate: "Its certificate cannot be verified.",
	dsr.HookGone: "It wants no more (410), and the webhook is switched off.",
}

func (p *pages) hookFailure(d dsr.Delivery) string {
	switch words := hookFailures[d.Failure]; {
	case d.Failure == "":
		return ""
	case words != "":
		return p.say(words)
	}
	return p.say("It answers with status %s.", strconv.Itoa(d.Status))
}

func (p *pages) testWebhook(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id := chi.URLParam(r, "id")
	if _, err := p.svc.TestWebhook(r.Context(), by, id); err != nil {
		return err
	}
	return p.backToLog(w, r, id, "A test is sent. Load the page again to see what comes of it.")
}

func (p *pages) replayDelivery(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id := chi.URLParam(r, "id")
	if _, err := p.svc.ReplayDelivery(r.Context(), by, id, chi.URLParam(r, "delivery")); err != nil {
		return err
	}
	return p.backToLog(w, r, id, "The message is sent once more.")
}

func (p *pages) backToLog(w http.ResponseWriter, r *http.Request, id string, words text) error {
	p.sessions.Put(r.Context(), sessionFlash, p.say(words))
	p.redirect(w, r, "/webhooks/"+id)
	return nil
}

package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

type deliveriesBody struct {
	Items      []deliveryBody `json:"items"`
	NextCursor *string        `json:"next_cursor"`
}

type deliveryBody struct {
	ID        string            `json:"id"`
	MessageID string            `json:"message_id"`
	Event     dsr.HookEvent     `json:"event"`
	Request   *string           `json:"request"`
	State     dsr.DeliveryState `json:"state"`
	Attempts  int               `json:"attempts"`
	CreatedAt time.Time         `json:"created_at"`
	NextAt    *time.Time        `json:"next_at"`
	EndedAt   *time.Time        `json:"ended_at"`
	Status    *int              `json:"status"`
	Failure   *string           `json:"failure"`
	Body      json.RawMessage   `json:"body"`
}

func deliveryOf(d dsr.Delivery) deliveryBody {
	return deliveryBody{
		ID: d.ID, MessageID: d.MessageID, Event: d.Event, Request: orNull(d.Request), State: d.State, Attempts: d.Attempts,
		CreatedAt: d.CreatedAt, NextAt: orNull(d.NextAt), EndedAt: orNull(d.EndedAt), Status: orNull(d.Status), Failure: orNull(d.Failure),
		Body: json.RawMessage(d.Body),
	}
}

// hookID is the id in the address; one that is none leads to no webhook.
func hookID(r *http.Request) string { return chi.URLParam(r, "id") }

// The number of deliveries on a page.
const (
	usualDeliveries = 50
	mostDeliveries  = 200
)

func (s *API) deliveries(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	q := dsr.DeliveryQuery{Webhook: hookID(r)}
	var state, limit string
	if err := readQuery(r.URL, map[string]*string{"state": &state, "limit": &limit, "cursor": &q.Before}); err != nil {
		return err
	}
	if q.State = dsr.DeliveryState(state); state != "" && !slices.Contains(dsr.DeliveryStates, q.State) {
		return dsr.FieldErrorf("state", "must be one of waiting, delivered, dead")
	}
	n, err := limitOf(limit, usualDeliveries, mostDeliveries)
	if err != nil {
		return err
	}
	q.Limit = n + 1 // one more tells whether there are more
	list, err := s.svc.Deliveries(r.Context(), q)
	if err != nil {
		return err
	}
	body := deliveriesBody{Items: []deliveryBody{}}
	if len(list) > n {
		list = list[:n]
		body.NextCursor = &list[n-1].ID
	}
	for _, d := range list {
		body.Items = append(body.Items, deliveryOf(d))
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, body)
	return nil
}

func (s *API) testWebhook(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if _, err := readCall(w, r, by, &struct{}{}, true); err != nil {
		return err
	}
	return answerQueued(w)(s.svc.TestWebhook(r.Context(), by, hookID(r)))
}

func (s *API) replayDelivery(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if _, err := readCall(w, r, by, &struct{}{}, true); err != nil {
		return err
	}
	return answerQueued(w)(s.svc.ReplayDelivery(r.Context(), by, hookID(r), chi.URLParam(r, "delivery")))
}

// answerQueued answers with a message that waits to be sent.
func answerQueued(w http.ResponseWriter) func(dsr.Delivery, error) error {
	return func(d dsr.Delivery, err error) error {
		if err == nil {
			edge.WriteJSON(w, http.StatusAccepted, edge.JSONType, deliveryOf(d))
		}
		return err
	}
}

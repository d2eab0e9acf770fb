package api

import (
	"net/http"
	"time"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

type webhookInput struct {
	URL    string          `json:"url"`
	Events []dsr.HookEvent `json:"events"`
}

type webhookChangeInput struct {
	URL    *string         `json:"url"`
	Events []dsr.HookEvent `json:"events"`
	Active *bool           `json:"active"`
}

type hookRotation struct {
	OverlapHours *int `json:"overlap_hours"`
}

type webhooksBody struct {
	Items []webhookBody `json:"items"`
}

type webhookBody struct {
	ID         string          `json:"id"`
	URL        string          `json:"url"`
	Events     []dsr.HookEvent `json:"events"`
	Active     bool            `json:"active"`
	CreatedAt  time.Time       `json:"created_at"`
	CreatedBy  string          `json:"created_by"`
	PriorUntil *time.Time      `json:"prior_secret_until"`
	GoneAt     *time.Time      `json:"gone_at"`
	Waiting    int64           `json:"waiting"`
	Dead       int64           `json:"dead"`
}

func webhookOf(h dsr.Webhook) webhookBody {
	return webhookBody{h.ID, h.URL, h.Events, h.Active, h.CreatedAt, h.CreatedBy, orNull(h.PriorUntil), orNull(h.GoneAt), h.Waiting, h.Dead}
}

// newWebhookBody shows a secret, this once.
type newWebhookBody struct {
	ID     string `json:"id"`
	Secret string `json:"secret"`
}

type rotatedBody struct {
	newWebhookBody

	PriorUntil *time.Time `json:"prior_secret_until"`
}

func (s *API) webhooks(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	hooks, err := s.svc.Webhooks(r.Context())
	if err != nil {
		return err
	}
	body := webhooksBody{Items: make([]webhookBody, len(hooks))}
	for i, h := range hooks {
		body.Items[i] = webhookOf(h)
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, body)
	return nil
}

func (s *API) webhook(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	return answerWebhook(w)(s.svc.Webhook(r.Context(), hookID(r)))
}

func answerWebhook(w http.ResponseWriter) func(dsr.Webhook, error) error {
	return func(h dsr.Webhook, err error) error {
		if err == nil {
			edge.WriteJSON(w, http.StatusOK, edge.JSONType, webhookOf(h))
		}
		return err
	}
}

// createWebhook takes no idempotency key: its secret is shown in no second answer.
func (s *API) createWebhook(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	var in webhookInput
	if _, err := readCall(w, r, by, &in, false); err != nil {
		return err
	}
	if err := s.opts.CheckHookURL(in.URL); err != nil {
		return err
	}
	events, err := dsr.CheckHookEvents(in.Events)
	if err != nil {
		return err
	}
	made, err := s.svc.CreateWebhook(r.Context(), by, in.URL, events)
	if err != nil {
		return err
	}
	w.Header().Set("Location", s.edge.Path(prefix+"/webhooks/"+made.ID))
	edge.WriteJSON(w, http.StatusCreated, edge.JSONType, newWebhookBody{made.ID, made.Secret})
	return nil
}

func (s *API) changeWebhook(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if _, err := s.svc.Webhook(r.Context(), hookID(r)); err != nil {
		return err
	}
	var in webhookChangeInput
	if _, err := readCall(w, r, by, &in, false); err != nil {
		return err
	}
	change := dsr.WebhookChange{URL: in.URL, Active: in.Active}
	if in.URL != nil {
		if err := s.opts.CheckHookURL(*in.URL); err != nil {
			return err
		}
	}
	if in.Events != nil {
		var err error
		if change.Events, err = dsr.CheckHookEvents(in.Events); err != nil {
			return err
		}
	}
	return answerWebhook(w)(s.svc.ChangeWebhook(r.Context(), by, hookID(r), change))
}

func (s *API) deleteWebhook(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	if err := s.svc.DeleteWebhook(r.Context(), by, hookID(r)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *API) rotateWebhook(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	var in hookRotation
	if _, err := readCall(w, r, by, &in, true); err != nil {
		return err
	}
	overlap := dsr.HookOverlap
	if in.OverlapHours != nil {
		if most := int(dsr.MaxHookOverlap.Hours()); *in.OverlapHours < 0 || *in.OverlapHours > most {
			return dsr.FieldErrorf("overlap_hours", "must be a whole number from 0 to %d", most)
		}
		overlap = time.Duration(*in.OverlapHours) * time.Hour
	}
	made, err := s.svc.RotateWebhook(r.Context(), by, hookID(r), overlap)
	if err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, rotatedBody{newWebhookBody{made.ID, made.Secret}, orNull(made.PriorUntil)})
	return nil
}

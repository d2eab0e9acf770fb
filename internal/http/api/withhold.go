package api

import (
	"fmt"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// withholdInput is the body of POST …/withheld.
type withholdInput struct {
	Items  []placeInput       `json:"items"`
	Reason dsr.WithholdReason `json:"reason"`
	Note   string             `json:"note"`
}

// placeInput is one place. What is null is absent; what is empty is a mistake.
type placeInput struct {
	Source       string  `json:"source"`
	Conversation string  `json:"conversation"`
	Message      *string `json:"message"`
	Text         *string `json:"text"`
}

// withheldBody is one thing that is withheld: all of the message, or of the conversation,
// where text is null.
type withheldBody struct {
	ID           string             `json:"id"`
	Source       string             `json:"source"`
	Conversation string             `json:"conversation"`
	Message      *string            `json:"message"`
	Text         *string            `json:"text"`
	Reason       dsr.WithholdReason `json:"reason"`
	Note         *string            `json:"note"`
	CreatedAt    time.Time          `json:"created_at"`
	CreatedBy    string             `json:"created_by"`
}

type withheldListBody struct {
	Items []withheldBody `json:"items"`
}

// withheldHereBody is what is withheld at a place that the answer names otherwise.
type withheldHereBody struct {
	ID     string             `json:"id"`
	Text   *string            `json:"text"`
	Reason dsr.WithholdReason `json:"reason"`
}

func (s *API) withhold(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	var in withholdInput
	call, err := readCall(w, r, by, &in, false)
	if err != nil {
		return err
	}
	what, err := in.withholding()
	if err != nil {
		return err
	}
	items, err := s.svc.Withhold(r.Context(), call, id, what)
	if err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, withheldOf(items))
	return nil
}

func (s *API) disclose(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	if err := s.svc.Disclose(r.Context(), dsr.Call{By: by, Versions: versions(r)}, id, chi.URLParam(r, "item")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *API) withheld(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	if err := readQuery(r.URL, nil); err != nil {
		return err
	}
	items, err := s.svc.Withheld(r.Context(), by, id)
	if err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, withheldOf(items))
	return nil
}

func (in withholdInput) withholding() (dsr.Withholding, error) {
	w := dsr.Withholding{Reason: in.Reason, Note: in.Note}
	for i, item := range in.Items {
		p := dsr.Place{Source: item.Source, Conversation: item.Conversation}
		for _, part := range []struct {
			name string
			from *string
			to   *string
			less string
		}{{"message", item.Message, &p.Message, "the whole conversation"}, {"text", item.Text, &p.Text, "all of the message"}} {
			switch {
			case part.from == nil:
			case *part.from == "":
				return w, dsr.FieldErrorf(fmt.Sprintf("items[%d].%s", i, part.name), "is empty; leave it out to withhold %s", part.less)
			default:
				*part.to = *part.from
			}
		}
		w.Items = append(w.Items, p)
	}
	return w, nil
}

func withheldOf(items []dsr.Withheld) withheldListBody {
	body := withheldListBody{Items: make([]withheldBody, len(items))}
	for i, item := range items {
		body.Items[i] = withheldBody{item.ID, item.Source, item.Conversation, orNull(item.Message), orNull(item.Text), item.Reason, orNull(item.Note), item.At.UTC(), item.By}
	}
	return body
}

func withheldHere(items []dsr.Withheld) []withheldHereBody {
	out := make([]withheldHereBody, len(items))
	for i, item := range items {
		out[i] = withheldHereBody{item.ID, orNull(item.Text), item.Reason}
	}
	return out
}

package api

import (
	"net/http"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/handling"
	edge "dsr-server/internal/http"
)

// historyBody is what happened to a request, the earliest first.
type historyBody struct {
	Items     []happenedBody `json:"items"`
	Deadlines []deadlineBody `json:"deadlines"`
}

// happenedBody is one event. Actor and name are null for callers who may not know, role
// where nobody has the name any more, status where the event does not touch it.
type happenedBody struct {
	At     time.Time         `json:"at"`
	Kind   string            `json:"kind"`
	Actor  *string           `json:"actor"`
	Name   *string           `json:"name"`
	Role   *string           `json:"role"`
	Status *dsr.Status       `json:"status"`
	Data   map[string]string `json:"data"`
}

type deadlineBody struct {
	From    time.Time `json:"from"`
	DueAt   time.Time `json:"due_at"`
	Because string    `json:"due_because"`
}

func (s *API) history(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	h, err := s.svc.History(r.Context(), by, id)
	if err != nil {
		return err
	}
	if edge.Preferred(w, r, edge.JSONType, htmlType) == htmlType {
		return s.recordOfHandling(w, r, by, id, h)
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, historyOf(h))
	return nil
}

const htmlType = "text/html"

// recordOfHandling answers with the history as a page, to be kept as a file: it holds its own
// stylesheet.
func (s *API) recordOfHandling(w http.ResponseWriter, r *http.Request, by dsr.Principal, id string, h dsr.History) error {
	of, err := s.svc.Request(r.Context(), by, id)
	if err != nil {
		return err
	}
	page, err := handling.Page(of, h)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", htmlType+"; charset=utf-8")
	_, _ = w.Write(page) //nolint:gosec // html/template has escaped what is in it
	return nil
}

func historyOf(h dsr.History) historyBody {
	body := historyBody{Items: make([]happenedBody, len(h.Events)), Deadlines: make([]deadlineBody, len(h.Deadlines))}
	for i, e := range h.Events {
		body.Items[i] = happenedBody{At: e.At.UTC(), Kind: e.Kind, Actor: orNull(e.Actor), Name: orNull(e.Name), Role: orNull(e.Role), Status: orNull(e.Status), Data: e.Data}
		if e.Data == nil {
			body.Items[i].Data = map[string]string{}
		}
	}
	for i, d := range h.Deadlines {
		body.Deadlines[i] = deadlineBody{d.From.UTC(), d.DueAt.UTC(), d.Because}
	}
	return body
}

package api

import (
	"net/http"
	"time"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

type sourcesBody struct {
	Items []sourceBody `json:"items"`
}

// sourceBody is a configured source and how it answers.
type sourceBody struct {
	Name         string     `json:"name"`
	Type         string     `json:"type"`
	Host         string     `json:"host"`
	Health       dsr.Health `json:"health"`
	LastGoodAt   *time.Time `json:"last_good_at"`
	SnoozedUntil *time.Time `json:"snoozed_until"`
}

func (s *API) sources(w http.ResponseWriter, r *http.Request, _ dsr.Principal) error {
	sources, err := s.svc.SourceHealth(r.Context())
	if err != nil {
		return err
	}
	body := sourcesBody{Items: make([]sourceBody, len(sources))}
	for i, src := range sources {
		body.Items[i] = sourceBody{Name: src.Name, Type: src.Type, Host: src.Lane, Health: src.Health(s.edge.Now()),
			LastGoodAt: orNull(src.LastGood.UTC()), SnoozedUntil: orNull(src.SnoozedUntil.UTC())}
	}
	edge.WriteJSON(w, http.StatusOK, edge.JSONType, body)
	return nil
}

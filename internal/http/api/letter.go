package api

import (
	"net/http"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// letter answers with a text about the request, to be copied; nothing is sent.
func (s *API) letter(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	var kind string
	if err := readQuery(r.URL, map[string]*string{"kind": &kind}); err != nil {
		return err
	}
	text, err := s.svc.Letter(r.Context(), by, id, kind)
	if err != nil {
		return err
	}
	writeText(w, text)
	return nil
}

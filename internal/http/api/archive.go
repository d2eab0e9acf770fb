package api

import (
	"context"
	"net/http"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// archive hands out the ZIP.
func (s *API) archive(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	id, err := edge.RequestID(r)
	if err != nil {
		return err
	}
	return s.edge.Download(w, r, func(ctx context.Context) (*edge.Archive, error) {
		return s.svc.OpenArchive(ctx, by, id)
	})
}

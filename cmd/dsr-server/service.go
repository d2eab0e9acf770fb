package main

import (
	"context"
	"encoding/hex"
	"fmt"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
	dsrhttp "dsr-server/internal/http"
	"dsr-server/internal/store"
)

// service joins the rooms behind the edge.
type service struct {
	*store.Store
	p *Program
}

var _ dsrhttp.Service = service{}

// Coverage counts as a view of the request.
func (s service) Coverage(ctx context.Context, by dsr.Principal, id string) (dsr.Coverage, error) {
	if _, err := s.Request(ctx, by, id); err != nil {
		return dsr.Coverage{}, err
	}
	return s.p.fulfil.Coverage(ctx, s.Store, id)
}

func (s service) OpenArchive(ctx context.Context, by dsr.Principal, id string, record bool) (*dsrhttp.Archive, error) {
	a, err := s.DownloadArchive(ctx, by, id, record)
	if err != nil {
		return nil, err
	}
	file, size, err := s.p.vault.Open(a.FileName, a.Identity)
	if err != nil {
		return nil, fmt.Errorf("open archive of %s: %w", id, err)
	}
	sum, err := hex.DecodeString(a.SHA256)
	if err != nil || len(sum) != 32 || size != a.Size {
		_ = file.Close() // it is not the file that was recorded
		return nil, fmt.Errorf("archive of %s is not the one on record", id)
	}
	return &dsrhttp.Archive{ReadSeekCloser: file, Name: "access-request-" + id + ".zip", Size: size, SHA256: [32]byte(sum)}, nil
}

func (s service) Authenticate(ctx context.Context, token string) (dsr.Principal, error) {
	return s.PrincipalByToken(ctx, auth.HashToken(token))
}

// Ready never asks a vendor: their state is not ours.
func (s service) Ready(ctx context.Context) error {
	if err := s.Store.Ready(ctx); err != nil {
		return err
	}
	if err := s.p.vault.Check(); err != nil {
		return err
	}
	return s.p.queue.Healthy()
}

package app

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"

	"dsr-server/internal/audit"
	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
	"dsr-server/internal/http/api"
	"dsr-server/internal/letter"
	"dsr-server/internal/store"
	"dsr-server/internal/vault"
)

// service implements Backend with the store and the other rooms.
type service struct {
	*store.Store
	p *Program
}

// Service is what the API and the pages call.
func (p *Program) Service() Backend { return service{p.Store, p} }

func (s service) OpenArchive(ctx context.Context, by dsr.Principal, id string) (*edge.Archive, error) {
	a, err := s.Archive(ctx, by, id)
	if err != nil {
		return nil, err
	}
	return s.open(ctx, a, by.ID, func(ctx context.Context, bytes int64) error { return s.BeginDownload(ctx, by, a, bytes) })
}

func (s service) OpenLink(ctx context.Context, hash [32]byte, passcode []byte) (*edge.Archive, error) {
	a, link, err := s.LinkedArchive(ctx, hash, passcode)
	if err != nil {
		return nil, err
	}
	return s.open(ctx, a, store.LinkActor(link), func(ctx context.Context, bytes int64) error { return s.UseLink(ctx, hash, bytes) })
}

// open opens the archive's file. The end of the download goes on record as actor's.
func (s service) open(ctx context.Context, a store.Archive, actor string, begin func(context.Context, int64) error) (*edge.Archive, error) {
	file, size, err := s.p.Vault.Open(a.FileName, a.Identity)
	if errors.Is(err, vault.ErrLost) {
		return nil, errLost(err)
	}
	if err != nil {
		return nil, fmt.Errorf("open archive of %s: %w", a.RequestID, err)
	}
	sum, err := hex.DecodeString(a.SHA256)
	if err != nil || len(sum) != 32 || size != a.Size {
		_ = file.Close()
		return nil, errLost(fmt.Errorf("archive of %s is not the one on record", a.RequestID))
	}
	return &edge.Archive{
		ReadSeekCloser: &lasting{ReadSeekCloser: file, ctx: ctx, still: func(ctx context.Context) error { return s.StillThere(ctx, a.RequestID) }},
		Name:           downloadName(a), Size: size, SHA256: [32]byte(sum), Begin: begin,
		Finish: func(ctx context.Context, asked, sent int64) error {
			return s.FinishDownload(ctx, actor, a, asked, sent)
		},
	}, nil
}

// errLost says what can be done about an archive whose file is not what it was.
func errLost(cause error) error {
	return fmt.Errorf("%w: %w", dsr.Errorf(dsr.Conflict, "archive_lost",
		"the archive's file is missing or damaged; it can be made again from what is stored (POST …/repackage)"), cause)
}

// archiveLost reports whether the file of the archive that by may have of r is missing or
// was cut short; only a download tells other damage.
func (s service) archiveLost(by dsr.Principal, r dsr.Request) bool {
	a := r.Released
	if r.Status == dsr.Review && by.May(dsr.DownloadReview) {
		a = r.Result.Archive
	}
	return a != nil && !s.p.Vault.Holds(a.File, a.Size)
}

// downloadName is what the archive is called on the disk of whoever downloads it: after the
// request's reference, of which only what is safe in a file's name is kept.
func downloadName(a store.Archive) string {
	name := strings.Trim(unsafeInName.ReplaceAllString(a.Reference, "-"), "-.")
	if name == "" {
		name = a.RequestID
	}
	return "access-request-" + name + ".zip"
}

var unsafeInName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// Purge deletes the request. What is left of it in files is deleted at once where
// that is possible, else by the sweep that the purge has made due.
func (s service) Purge(ctx context.Context, call dsr.Call, id string) error {
	file, err := s.Store.Purge(ctx, call, id)
	if err != nil {
		return err
	}
	if file != "" {
		err = s.p.Vault.Remove(file)
	}
	if err = errors.Join(err, s.Truncate(ctx)); err != nil {
		s.p.env.Log.WarnContext(ctx, "the sweep has to finish a purge", slog.String("request", id), slog.Any("err", err))
	}
	return nil
}

func (s service) ErasureList(ctx context.Context, by dsr.Principal, id string) (signed dsr.SignedErasureList, err error) {
	list, err := s.Store.ErasureList(ctx, by, id)
	if err != nil {
		return signed, err
	}
	if signed.List, err = json.Marshal(list); err != nil {
		return signed, fmt.Errorf("encode list for erasure: %w", err)
	}
	signature, err := s.p.Signer.SignErasureList(signed.List)
	signed.Text, signed.Signature = string(signed.List), string(signature)
	return signed, err
}

// Letter looks at the request as any reader does, which puts that on record.
func (s service) Letter(ctx context.Context, by dsr.Principal, id, kind string) ([]byte, error) {
	return s.LetterIn(ctx, by, id, kind, "")
}

// LetterIn is Letter in another language than the request's; "" is that.
func (s service) LetterIn(ctx context.Context, by dsr.Principal, id, kind, language string) ([]byte, error) {
	r, err := s.Request(ctx, by, id)
	if err != nil {
		return nil, err
	}
	if err := letter.Known(kind); err != nil {
		return nil, err
	}
	r.Language = cmp.Or(language, r.Language)
	return s.written(kind, r)
}

func (s service) written(kind string, r dsr.Request) ([]byte, error) {
	deadlines := s.p.Config.Deadlines()
	return s.p.Letters.Write(kind, r, deadlines, deadlines.Filled().Day(s.Now()))
}

// LetterBefore implements ui.Service.
func (s service) LetterBefore(ctx context.Context, by dsr.Principal, id string, e dsr.Extension) (r dsr.Request, letter []byte, err error) {
	if r, err = s.Request(ctx, by, id); err != nil {
		return r, nil, err
	}
	deadlines, first := s.p.Config.Deadlines().Filled(), r
	first.ExtendedSoFar = 0
	if r.ExtendedSoFar, err = r.ExtendedBy(e, deadlines.On(first), deadlines.Day(s.Now())); err != nil {
		return r, nil, err
	}
	r.ExtensionReason, r.DueAt = e.Reason, deadlines.At(r)
	letter, err = s.written("extension", r)
	return r, letter, err
}

func (s service) SigningKey() api.SigningKey {
	k := api.SigningKey{AllowedSigner: s.p.Signer.AllowedSigner(), Fingerprint: s.p.Signer.Fingerprint()}
	k.Verifier, _ = s.p.Signer.Verifier() // cannot fail for a key that was loaded
	return k
}

func (s service) Checkpoint(ctx context.Context) ([]byte, error) {
	tree, err := s.AuditTree(ctx)
	if err != nil {
		return nil, err
	}
	return s.p.Signer.SignCheckpoint(audit.FormatCheckpoint(s.p.Signer.LogName(), tree))
}

func (s service) SourceHealth(ctx context.Context) ([]dsr.SourceHealth, error) {
	states, err := s.SourceStates(ctx)
	if err != nil {
		return nil, err
	}
	health := make([]dsr.SourceHealth, len(s.p.Config.Sources))
	for i, c := range s.p.Config.Sources {
		health[i] = dsr.SourceHealth{Name: c.Name, Type: c.Type, Lane: c.Lane(), SourceState: states[c.Name]}
	}
	return health, nil
}

func (s service) Authenticate(ctx context.Context, token string) (dsr.Principal, error) {
	if s.p.provider != nil && auth.IsAccessToken(token) {
		return s.p.provider.Machine(ctx, token)
	}
	return s.PrincipalByToken(ctx, auth.HashToken(token))
}

// ready is the answer of /readyz. It never asks a vendor: their state is not ours.
func (p *Program) ready(ctx context.Context) error {
	if err := p.Store.Ready(ctx); err != nil {
		return err
	}
	if err := p.Vault.Check(); err != nil {
		return err
	}
	return p.Queue.Healthy()
}

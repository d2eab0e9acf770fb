package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"dsr-server/internal/config"
	"dsr-server/internal/dsr"
	"dsr-server/internal/fulfil"
	"dsr-server/internal/jobs"
	"dsr-server/internal/report"
	"dsr-server/internal/scan"
	"dsr-server/internal/store"
)

// Screen shows how far an extraction is. What is written to it are whole lines: the log,
// and that another process is waited for.
type Screen interface {
	io.Writer
	Progress(p dsr.Progress)
}

// Extracted is how an extraction ended.
type Extracted struct {
	Request  dsr.Request
	Coverage dsr.Coverage
	Near     dsr.NearMisses     // for whoever runs it, and in no archive
	Notes    []dsr.StaffWarning // likewise: which conversations lack messages
}

// Extract fulfils one request without a server and writes its archive to out. The
// request lives in a folder that is gone afterwards.
func Extract(ctx context.Context, cfg *config.Config, s dsr.Submission, out io.Writer, screen Screen) (Extracted, error) {
	x, err := newExtraction(ctx, cfg, screen)
	if err != nil {
		return Extracted{}, err
	}
	e, err := x.extract(ctx, s, out)
	return e, errors.Join(err, x.close())
}

// extraction is one request that is fulfilled without a server. What it shares with a
// server is in beside: the leases of the vendors' hosts, and the signing key. The
// request itself lives in own, a Program on a folder of its own whose key is in memory alone.
type extraction struct {
	beside *Program
	own    *Program
	folder *extractFolder
	screen Screen
}

func newExtraction(ctx context.Context, cfg *config.Config, s Screen) (x *extraction, err error) {
	x = &extraction{screen: s}
	if x.beside, err = OpenBeside(ctx, cfg); err != nil {
		return nil, err
	}
	if x.folder, err = newExtractFolder(cfg.DataDir); err != nil {
		return nil, errors.Join(err, x.close())
	}
	private := *cfg
	private.DataDir = x.folder.path
	log := slog.New(slog.NewTextHandler(s, logOptions(slog.LevelWarn)))
	WithholdLibraries(log)
	x.own = newProgram(&private, Env{Log: log})
	x.own.passing = true
	if err := errors.Join(x.own.openStore(ctx), x.own.openArchives(ctx)); err != nil {
		return nil, errors.Join(err, x.close())
	}
	x.own.Signer = x.beside.Signer
	if err := x.own.openQueue(jobs.Serve); err != nil {
		return nil, errors.Join(err, x.close())
	}
	work := x.own.work()
	delete(work, store.JobSweep) // the folder itself is deleted
	work[store.JobLane] = jobs.Work{Workers: lanesAtOnce, Handle: x.handle}
	x.own.Queue = jobs.New(x.own.Store.DB(), jobs.Options{Work: work, Grace: -1, Log: x.own.env.Log, Now: x.own.env.Now})
	return x, nil
}

// close removes the folder.
func (x *extraction) close() error {
	var err error
	if x.own != nil {
		err = x.own.Close()
	}
	if x.folder != nil {
		err = errors.Join(err, x.folder.remove())
	}
	return errors.Join(err, x.beside.Close())
}

// handle is Program.handle for lanes.
func (x *extraction) handle(ctx context.Context, l *jobs.Lease) error {
	step := func(ctx context.Context, _ fulfil.Store, name string) error {
		return x.lane(ctx, x.own.Store.Under(l), name)
	}
	return x.own.handle(step)(ctx, l)
}

// lane reads from a host once no other process does. A dump has no host.
func (x *extraction) lane(ctx context.Context, w *store.Work, name string) error {
	for _, s := range x.own.Config.Sources {
		if s.Lane() == name && s.Type == "dump" {
			return x.own.Fulfil.Scan(ctx, w, name)
		}
	}
	host, err := x.beside.acquire(ctx, x.screen, name)
	if err != nil {
		return err
	}
	err = x.own.Fulfil.Scan(host.Context(), hosted{w, host}, name)
	if lost := context.Cause(host.Context()); errors.Is(lost, jobs.ErrLost) {
		err = scan.Later{Until: time.Now()} // come back and wait for the host again
	}
	return errors.Join(err, released(host.Release(ctx)))
}

// released: a lease that was lost needs no release.
func released(err error) error {
	if errors.Is(err, jobs.ErrLost) {
		return nil
	}
	return err
}

// hosted is the store under two leases: the request's own and the host's.
type hosted struct {
	*store.Work
	host *jobs.Lease
}

func (h hosted) Alive() bool { return h.Work.Alive() && h.host.Alive() }

// extract takes the request to its archive and writes that to out.
func (x *extraction) extract(ctx context.Context, s dsr.Submission, out io.Writer) (e Extracted, err error) {
	by := dsr.Principal{ID: "command:extract", Name: "extract", Role: dsr.Admin}
	r, err := x.own.Store.Submit(ctx, dsr.Call{By: by}, s)
	if err != nil {
		return e, err
	}
	working, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- x.own.Queue.Run(working) }()
	e.Request, err = x.follow(ctx, r.ID)
	stop()
	if err = errors.Join(err, <-ended); err != nil {
		return e, err
	}
	if e.Request.Status != dsr.Ready && e.Request.Status != dsr.Review {
		return e, failure(e.Request)
	}
	snap, err := x.own.Store.Snapshot(ctx, r.ID)
	if err != nil {
		return e, err
	}
	e.Coverage, e.Near, e.Notes = report.Coverage(snap, x.own.Fulfil.Reported()), snap.Near, report.LackingMessages(snap)
	return e, x.write(ctx, by, r.ID, out)
}

func failure(r dsr.Request) error {
	if r.Problem == nil {
		return fmt.Errorf("the request ended as %s", r.Status)
	}
	return errors.New(r.Problem.Detail)
}

// follow shows the progress until the run has ended.
func (x *extraction) follow(ctx context.Context, id string) (dsr.Request, error) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		r, err := x.own.Store.Lookup(ctx, id)
		if err != nil {
			return r, err
		}
		if !r.Status.Open() {
			return r, nil
		}
		x.screen.Progress(r.Progress)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return r, context.Cause(ctx)
		}
	}
}

// write copies the archive out of its encrypted file.
func (x *extraction) write(ctx context.Context, by dsr.Principal, id string, out io.Writer) error {
	a, err := x.own.Store.Archive(ctx, by, id)
	if err != nil {
		return err
	}
	file, size, err := x.own.Vault.Open(a.FileName, a.Identity)
	if err != nil {
		return fmt.Errorf("open the archive: %w", err)
	}
	defer func() { _ = file.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(out, sum), file); err != nil {
		return fmt.Errorf("write the archive: %w", err)
	}
	if size != a.Size || hex.EncodeToString(sum.Sum(nil)) != a.SHA256 {
		return errors.New("the archive is not the one that was made")
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/sync/errgroup"

	"dsr-server/internal/archive"
	"dsr-server/internal/auth"
	"dsr-server/internal/fulfil"
	dsrhttp "dsr-server/internal/http"
	"dsr-server/internal/jobs"
	"dsr-server/internal/store"
)

// Program is the whole service, joined: tests boot the same one as serve does.
type Program struct {
	cfg      *Config
	env      Env
	lock     *flock.Flock
	store    *store.Store
	vault    *archive.Vault
	signer   *archive.Signer
	fulfil   *fulfil.Fulfiller
	queue    *jobs.Queue
	listener net.Listener
	server   *http.Server
	debug    *debugServer // nil unless debug_listen is set
	closers  []func() error
}

// Env is what surrounds a Program; the zero value is the real world.
type Env struct {
	Log     *slog.Logger
	Now     func() time.Time
	Backoff func(failures int) time.Duration // between tries of a vendor call, and of a job
}

// shutdownTime is how long open answers may take to end when the service stops; with
// the queue's grace it stays below 20 s.
const shutdownTime = 5 * time.Second

// Open prepares everything and listens, but answers nothing and calls nobody before
// Run. On error nothing is left open. Close the Program.
func Open(ctx context.Context, cfg *Config, env Env) (p *Program, err error) {
	p = newProgram(cfg, env)
	for _, step := range []func(context.Context) error{p.lockData, p.openData, p.bootstrap, p.openWork, p.openEdge, p.openDebug} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	return p, nil
}

func newProgram(cfg *Config, env Env) *Program {
	if env.Log == nil {
		env.Log = slog.New(slog.DiscardHandler)
	}
	return &Program{cfg: cfg, env: env}
}

// lockData makes sure that one serve works in the data folder.
func (p *Program) lockData(context.Context) error {
	dir := p.cfg.DataDir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("data_dir: %w", err)
	}
	// Opened for writing, so that a folder that is read-only is noticed here.
	p.lock = flock.New(filepath.Join(dir, "serve.lock"), flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	locked, err := p.lock.TryLock()
	if err != nil {
		return fmt.Errorf("data_dir: %s cannot be written: %w", dir, err)
	}
	if !locked {
		return fmt.Errorf("data_dir: another dsr-server serves from %s; stop it or give this one its own data_dir", dir)
	}
	p.closers = append(p.closers, p.lock.Unlock)
	return nil
}

// openData opens what lies in the data folder.
func (p *Program) openData(ctx context.Context) (err error) {
	dir := p.cfg.DataDir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("data_dir: %w", err)
	}
	p.store, err = store.Open(ctx, store.Options{
		Dir: dir, Now: p.env.Now, Location: p.cfg.Location(), ArchiveRetention: p.cfg.Retention.Archive,
		RequestRetention: p.cfg.Retention.Request, MaxDownloads: p.cfg.Limits.MaxDownloads,
		SignReceipt: func(text []byte) ([]byte, error) { return p.signer.SignReceipt(text) },
		MaxOpen:     p.cfg.Limits.OpenRequests, ReviewAll: p.cfg.Release.Required(), Woken: func() {
			if p.queue != nil { // bootstrap enqueues before the queue is there
				p.queue.Wake()
			}
		},
	})
	if err != nil {
		return err
	}
	p.closers = append(p.closers, p.store.Close)
	if p.vault, err = archive.OpenVault(filepath.Join(dir, "archives")); err != nil {
		return err
	}
	p.signer, err = archive.LoadOrCreateSigner(filepath.Join(dir, "signing.key"))
	return err
}

// bootstrap makes the configured tokens exist, and the first sweep, which removes what
// a crash left behind.
func (p *Program) bootstrap(ctx context.Context) error {
	for _, t := range p.cfg.Bootstrap.Tokens {
		if err := p.store.BootstrapToken(ctx, t.Name, dsrRole(t.Role), auth.HashToken(t.TokenFile.Reveal())); err != nil {
			return fmt.Errorf("bootstrap.tokens %s: %w", t.Name, err)
		}
	}
	return p.store.ScheduleSweep(ctx)
}

// openWork makes the sources readable and the workers ready; what a dead predecessor
// held is theirs.
func (p *Program) openWork(ctx context.Context) error {
	p.openQueue(jobs.Serve)
	return p.queue.FreePredecessor(ctx)
}

// openQueue joins the sources, the story and the queue; no call is made.
func (p *Program) openQueue(owner jobs.Owner) {
	sources, closeSources := openSources(p.cfg)
	p.closers = append(p.closers, closeSources)
	p.fulfil = fulfil.New(fulfil.Options{
		Sources: sources, Found: func(id string) archive.Contents { return p.store.Contents(id) },
		Vault: p.vault, Signer: p.signer, Software: software(), Now: p.env.Now, Log: p.env.Log, Backoff: p.env.Backoff,
		ManyMatches: int64(p.cfg.Limits.ManyMatches),
	})
	p.queue = jobs.New(p.store.DB(), jobs.Options{Work: p.work(), Owner: owner, Now: p.env.Now, Log: p.env.Log, Backoff: p.env.Backoff})
}

func (p *Program) openEdge(context.Context) (err error) {
	if p.listener, err = net.Listen("tcp", p.cfg.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	p.closers = append(p.closers, func() error {
		if err := p.listener.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	edge, err := dsrhttp.New(service{p.store, p}, dsrhttp.Options{
		BaseURL: p.URL(), Sources: sourceNames(p.cfg), Regions: sourceRegions(p.cfg), Log: p.env.Log, Now: p.env.Now, Metrics: p.publicMetrics(),
		Limits: dsrhttp.Limits{ReadsPerSecond: p.cfg.Limits.ReadsPerSecond, SubmissionsPerSecond: p.cfg.Limits.SubmissionsPerSecond},
		Pages:  dsrhttp.PageOptions{People: p.store, Sessions: p.store.Sessions(), Location: p.cfg.Location()},
	})
	if err != nil {
		return err
	}
	p.server = dsrhttp.NewHTTPServer(p.cfg.Listen, edge)
	return nil
}

// SetupToken returns a new one-time token with which the first admin is made, or ""
// when somebody can sign in already. Earlier tokens are void.
func (p *Program) SetupToken(ctx context.Context) (string, error) {
	needed, err := p.store.NeedsSetup(ctx)
	if err != nil || !needed {
		return "", err
	}
	token := auth.NewToken()
	return token, p.store.SetSetupToken(ctx, auth.HashToken(token))
}

// URL is where people reach the service.
func (p *Program) URL() string { return p.cfg.BaseURLAt(p.listener.Addr()) }

// Run serves until ctx ends, then stops in order: no new calls, answers under way,
// work given back. It returns nil after such a stop.
func (p *Program) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.queue.Run(ctx) })
	g.Go(func() error { return p.serveDebug(ctx) })
	g.Go(func() error {
		if err := p.server.Serve(p.listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
		defer cancel()
		if err := p.server.Shutdown(stopping); err != nil {
			return p.server.Close() // answers that take longer are cut
		}
		return nil
	})
	return g.Wait()
}

// Close releases everything, last opened first. Call it after Run has returned.
func (p *Program) Close() error {
	var err error
	for i := len(p.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, p.closers[i]())
	}
	return err
}

// Package app joins the rooms to one program. It keeps true that a Program listens and
// holds its data folder before it answers anything, that it stops in order and gives its
// work back, and that nothing is left open when Open fails. Tests of every room boot the
// same Program as `dsr-server serve`.
package app

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
	"dsr-server/internal/config"
	"dsr-server/internal/datadir"
	"dsr-server/internal/fulfil"
	edge "dsr-server/internal/http"
	"dsr-server/internal/jobs"
	"dsr-server/internal/letter"
	"dsr-server/internal/mail"
	"dsr-server/internal/sign"
	"dsr-server/internal/store"
	"dsr-server/internal/tracing"
	"dsr-server/internal/vault"
	"dsr-server/internal/webhook"
)

// Program is the whole service. Its rooms are there for commands and tests, each to be
// used as its own package says.
type Program struct {
	Config  *config.Config
	Store   *store.Store
	Vault   *vault.Vault
	Signer  *sign.Signer
	Fulfil  *fulfil.Fulfiller // nil without a queue
	Letters *letter.Set       // nil in a Program that serves nothing
	Queue   *jobs.Queue       // nil in a Program of OpenAlone or OpenData

	env      Env
	passing  bool // what is stored ends with the process, as in an extraction
	lock     *flock.Flock
	listener net.Listener
	server   *http.Server
	debug    *debugServer // nil unless debug_listen is set
	refusals *refusals
	checks   *checks
	meters   *meters
	hooks    *webhook.Sender // nil without a queue
	mail     *mail.Sender    // likewise
	traces   *tracing.Tracer
	closers  []func() error

	inspected inspections    // by the sweep
	provider  *auth.Provider // of identities; nil where there is none
}

// Env is what surrounds a Program; the zero value is the real world.
type Env struct {
	Log     *slog.Logger
	Now     func() time.Time
	Elapsed func() time.Duration             // by a clock that nobody moves; that of Now, if that is given
	Backoff func(failures int) time.Duration // between tries of a vendor call, and of a job
	Driver  string                           // of the database, as database/sql knows it
	Manager Manager                          // that has started the program
}

// shutdownTime is how long open answers may take to end when the service stops; with
// the queue's grace it stays below 20 s.
const shutdownTime = 5 * time.Second

// Open prepares everything and listens, but neither answers nor makes a call before
// Run. On error nothing is left open. Close the Program.
func Open(ctx context.Context, cfg *config.Config, env Env) (p *Program, err error) {
	p = newProgram(cfg, env)
	for _, step := range []func(context.Context) error{p.openTraces, p.lockData, p.openLetters, p.openData, p.bootstrap, p.openWork, p.openEdge, p.openDebug} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	return p, nil
}

func newProgram(cfg *config.Config, env Env) *Program {
	if env.Log == nil {
		env.Log = slog.New(slog.DiscardHandler)
	}
	return &Program{Config: cfg, env: env, checks: newChecks(env.Now), meters: newMeters(), traces: tracing.None()}
}

// lockData makes sure that one serve works in the data folder.
func (p *Program) lockData(ctx context.Context) error {
	dir := p.Config.DataDir
	if err := p.prepareData(ctx); err != nil {
		return err
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

// prepareData makes the data folder and keeps others out of it.
func (p *Program) prepareData(ctx context.Context) error {
	tightened, err := datadir.Prepare(p.Config.DataDir)
	if tightened {
		p.env.Log.InfoContext(ctx, "data_dir was empty and open to others; it is now closed to them (mode 0700)", slog.String("data_dir", p.Config.DataDir))
	}
	return err
}

// openData opens what lies in the data folder, and refuses one in which something has
// been lost or does not belong together.
func (p *Program) openData(ctx context.Context) error {
	for _, step := range []func(context.Context) error{p.openStore, p.openArchives, p.openSigner} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (p *Program) openStore(ctx context.Context) (err error) {
	dir := p.Config.DataDir
	if err := p.prepareData(ctx); err != nil {
		return err
	}
	p.Store, err = store.Open(ctx, store.Options{
		Dir: dir, KeyInMemory: p.passing, Driver: p.env.Driver, Now: p.env.Now, Elapsed: p.env.Elapsed, Deadlines: p.Config.Deadlines(), Presentation: p.Config.Presentation(), ArchiveRetention: p.Config.Retention.Archive,
		RequestRetention: p.Config.Retention.Request, MaxDownloads: p.Config.Limits.MaxDownloads,
		SignReceipt:   func(text []byte) ([]byte, error) { return p.Signer.SignReceipt(text) },
		RemoveArchive: func(name string) error { return p.Vault.Remove(name) },
		MaxOpen:       p.Config.Limits.OpenRequests, ReviewAll: p.Config.Release.Required(), Mail: p.Config.Mail.On(), Woken: func() {
			if p.Queue != nil { // bootstrap enqueues before the queue is there
				p.Queue.Wake()
			}
		},
	})
	if err != nil {
		return err
	}
	p.closers = append(p.closers, p.Store.Close)
	if p.Store.FirstStart() {
		p.env.Log.InfoContext(ctx, "first start: data_dir was empty, a new database was made", slog.String("data_dir", dir))
	}
	return nil
}

// bootstrap removes what extractions left that were killed, and makes the configured
// tokens exist, and the first sweep, which removes what a crash left behind.
func (p *Program) bootstrap(ctx context.Context) error {
	if err := p.deleteLeftExtractions(); err != nil {
		return fmt.Errorf("data_dir: %w", err)
	}
	for _, t := range p.Config.Bootstrap.Tokens {
		token := t.Domain()
		token.Hash = auth.HashToken(t.TokenFile.Reveal())
		if err := p.Store.BootstrapToken(ctx, token); err != nil {
			return fmt.Errorf("bootstrap.tokens %s: %w", t.Name, err)
		}
	}
	if err := p.Store.KeepReserve(); err != nil {
		p.env.Log.WarnContext(ctx, "no room on the disk is kept for purges", slog.Any("err", err))
	}
	return errors.Join(p.Store.ScheduleSweep(ctx), p.Store.ScheduleDeadlines(ctx))
}

// openLetters reads the templates of letters; a fault in one is no reason to find out later.
func (p *Program) openLetters(context.Context) (err error) {
	p.Letters, err = letter.Load(p.Config.LettersDir)
	return err
}

// CheckLetters returns what is wrong with the operator's templates of letters.
func (p *Program) CheckLetters() error {
	_, err := letter.Load(p.Config.LettersDir)
	return err
}

// openWork makes the sources readable and the workers ready; what a dead predecessor
// held is theirs.
func (p *Program) openWork(ctx context.Context) error {
	if err := p.openQueue(jobs.Serve); err != nil {
		return err
	}
	return p.Queue.FreePredecessor(ctx)
}

// openQueue joins the sources, the archives and the queue; no call is made.
func (p *Program) openQueue(owner jobs.Owner) error {
	sources, closeSources, err := openSources(p.Config)
	if err != nil {
		return err
	}
	p.closers = append(p.closers, closeSources)
	p.Fulfil = fulfil.New(fulfil.Options{
		Sources: sources, Found: func(id string) archive.Contents { return p.Store.Contents(id) },
		Vault: p.Vault, Signer: p.Signer, Software: Software(), Now: p.env.Now, Log: p.env.Log, Backoff: p.env.Backoff,
		ManyMatches: int64(p.Config.Limits.ManyMatches), RequestFiles: int64(p.Config.Limits.RequestFiles), Meter: p.meters,
	})
	p.openWebhooks()
	p.openMail()
	p.Queue = jobs.New(p.Store.DB(), jobs.Options{Work: p.work(), Owner: owner, Now: p.env.Now, Log: p.env.Log, Backoff: p.env.Backoff, Attempt: p.attempt})
	return nil
}

func (p *Program) openEdge(ctx context.Context) (err error) {
	if p.listener, err = net.Listen("tcp", p.Config.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	p.closers = append(p.closers, func() error {
		if err := p.listener.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	p.refusals = newRefusals(p)
	handler, err := p.Edge(EdgeOptions{})
	if err != nil {
		return err
	}
	p.server = WithholdServer(edge.NewHTTPServer(p.Config.Listen, handler), p.env.Log)
	edge.NewConnections(p.connections(ctx), p.Config.TrustedProxies()).Watch(p.server)
	return nil
}

// SetupToken returns a new one-time token with which the first admin is made, or ""
// when somebody can sign in already. Earlier tokens are void.
func (p *Program) SetupToken(ctx context.Context) (string, error) {
	needed, err := p.Store.NeedsSetup(ctx)
	if err != nil || !needed {
		return "", err
	}
	token := auth.NewToken()
	return token, p.Store.SetSetupToken(ctx, auth.HashToken(token))
}

// URL is where people reach the service.
func (p *Program) URL() string { return p.Config.BaseURLAt(p.listener.Addr()) }

// Run serves until ctx ends, then stops in order: no new calls, answers under way,
// work given back. It returns nil after such a stop.
func (p *Program) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, part := range []func(context.Context) error{p.Queue.Run, p.backUp, p.serveDebug, p.refusals.run, p.report, p.serve, p.shutDown} {
		g.Go(p.guarded(ctx, part))
	}
	err := g.Wait()
	p.refusals.flush(context.WithoutCancel(ctx)) // what was refused while it stopped
	return err
}

func (p *Program) serve(context.Context) error {
	if err := p.server.Serve(p.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// shutDown waits for the end, and then for the answers under way.
func (p *Program) shutDown(ctx context.Context) error {
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	if err := p.server.Shutdown(stopping); err != nil {
		return p.server.Close() // answers that take longer are cut
	}
	return nil
}

// Close releases everything, last opened first. Call it after Run has returned.
func (p *Program) Close() error {
	var err error
	for i := len(p.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, p.closers[i]())
	}
	return err
}

// Package fulfil tells the story of a request: plan, scan, package. It keeps true that
// what a request asks for is fixed once, and that its archive follows from what is stored.
//
// A request's way: Plan fixes as_of and what to read of each source; the lanes of
// internal/scan read it, for every request that waits; FetchFiles gets the files that the
// messages found refer to, where that is allowed; Package turns what was found into the
// signed archive. Each is the handler of a job and safe to run again after a crash.
package fulfil

import (
	"context"
	"log/slog"
	"time"

	"dsr-server/internal/archive"
	"dsr-server/internal/dsr"
	"dsr-server/internal/scan"
	"dsr-server/internal/sign"
	"dsr-server/internal/vault"
)

// Store is the store as the holder of one job's lease sees it; every write is fenced
// and is one transaction.
type Store interface {
	scan.Store
	// Plan moves queued to running; a request that is not queued is left alone.
	Plan(ctx context.Context, id string, asOf time.Time, plans []dsr.SearchPlan, lanes []string) error
	// BeginArchive names a file before it is begun and returns those of earlier tries.
	BeginArchive(ctx context.Context, id, name string) (abandoned []string, err error)
	FileStore
	AttachmentStore
	// Finish moves running to ready or review and returns the archive file that is
	// needed no longer, if any.
	Finish(ctx context.Context, o dsr.FinishedRun) (unneeded string, err error)
	// Repackaged stores an archive that was made again, likewise.
	Repackaged(ctx context.Context, o dsr.FinishedRun) (unneeded string, err error)
}

// FileStore is the record of the files in the archive folder.
type FileStore interface {
	ArchiveFiles(ctx context.Context) (dsr.ArchiveFiles, error)
	// ForgetFiles takes names off the record whose files are there no longer.
	ForgetFiles(ctx context.Context, names ...string) error
}

// Source is one configured source, with what archives tell beside its data.
type Source struct {
	scan.Source
	Information dsr.Information
	Files       Files // that its messages refer to
}

// Options configure a Fulfiller.
type Options struct {
	Sources   []Source
	Found     func(id string) archive.Contents // what has been found for a request
	Vault     *vault.Vault
	Signer    *sign.Signer
	Software  string // name and version, as the archive shows it
	Now       func() time.Time
	Log       *slog.Logger
	Backoff   func(failures int) time.Duration // export.Backoff
	JoinDelay time.Duration                    // how long a new unit waits for other requests to join; 500 ms
	Meter     scan.Meter                       // nobody is told
	// ManyMatches is beyond how many conversations staff are warned; dsr.ManyMatches.
	ManyMatches int64
	// RequestFiles is how many bytes the files of one request may have together.
	RequestFiles int64
}

// Fulfiller handles the jobs of requests; its Engine reads.
type Fulfiller struct {
	*scan.Engine
	o       Options
	sources map[string]Source
}

// New returns a Fulfiller for the sources; it makes no call.
func New(o Options) *Fulfiller {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.ManyMatches == 0 {
		o.ManyMatches = dsr.ManyMatches
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	f := &Fulfiller{o: o, sources: map[string]Source{}}
	var sources []scan.Source
	for _, s := range o.Sources {
		f.sources[s.Name] = s
		sources = append(sources, s.Source)
	}
	f.Engine = scan.New(scan.Options{Sources: sources, Now: o.Now, Log: o.Log, Backoff: o.Backoff, JoinDelay: o.JoinDelay, Meter: o.Meter})
	return f
}

// Scan reads from a host for all requests that wait for its sources; see scan.Engine.Lane.
func (f *Fulfiller) Scan(ctx context.Context, st Store, lane string) error {
	return f.Lane(ctx, st, lane)
}

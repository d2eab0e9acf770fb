// Package store keeps everything in one SQLite database. It keeps true that a
// public method is one transaction that holds the row change, its audit event and
// any follow-up job; that a transition is fenced on the status it starts from; and
// that what could identify a data subject is sealed before it reaches the database.
//
// In reading order: opening: open.go, upgrade.go, note_rows.go, master.go, intact.go, signing_key.go,
// health.go, clock_doubt.go, agreement.go, damage.go, wal.go; what of a find is withheld: withhold.go; what staff are told by mail: mail_work.go, mailboxes.go; what webhooks are told: deadline_events.go, deliveries.go, webhooks.go; what is shown: reading.go, found.go, withheld.go, notes.go, audit_search.go, history.go, opened.go, snapshot.go, today.go, source_reach.go, worklist.go, list.go, cursor.go, list_rows.go, report.go, stats.go, read_rate.go, screening.go,
// attachments_read.go, contents.go, erasure.go, own.go; what people decide, and what follows from it in time: revive.go, revise.go, amend.go, decide.go,
// deadline.go, answer.go, repackage.go, retention.go, purge.go, hold.go, links.go, drafts.go; a worker's steps: plan.go, end_search.go,
// open_work.go, backup.go, commit.go, finish.go, released.go, expiry.go, sweep.go, download.go,
// attachments.go, archive_files.go, record_links.go, near.go, missing.go, lacks.go, orphans.go, records.go, short_cut.go, unit_steps.go,
// units.go, tally.go, work.go, declared.go; what these are made of: change.go, receipts.go, batch.go, requests.go, alike.go, reference.go, request_row.go,
// progress.go, people_manage.go, invitations.go, factors.go, identities.go, people.go, sessions.go, tokens_manage.go,
// audit.go, tokens.go, meta.go, reserve.go, announce.go, notices.go, log.go, facts.go, together.go, store.go, clock.go, watch.go.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"dsr-server/internal/datadir"
	"dsr-server/migrations"
)

// Open opens the database in o.Dir, creating and migrating it as needed, and
// checks that the master key is the one it was sealed with. It refuses a folder in
// which something says that there was another database before, and says what to
// restore. Of processes that open the same database at once, one does so after another.
func Open(ctx context.Context, o Options) (s *Store, err error) {
	o.setDefaults()
	turn := flock.New(filepath.Join(o.Dir, "open.lock"))
	if err := turn.Lock(); err != nil {
		return nil, fmt.Errorf("lock data_dir: %w", err)
	}
	defer func() { err = errors.Join(err, turn.Close()) }()
	return open(ctx, o)
}

func open(ctx context.Context, o Options) (*Store, error) {
	path := filepath.Join(o.Dir, datadir.Database)
	traces, err := inspectBefore(o.Dir, path)
	if err != nil {
		return nil, err
	}
	use, err := shareData(o.Dir)
	if err != nil {
		return nil, err
	}
	s := &Store{opts: o, use: use, clock: newClock(o.Now, o.Elapsed)}
	if s.w, err = openDB(o.Driver, path, "rwc", 1, s.noteDamage); err != nil {
		return nil, errors.Join(err, use.Close())
	}
	if err := s.prepare(ctx, path, traces); err != nil {
		return nil, errors.Join(s.explainDamage(err), s.Close())
	}
	return s, nil
}

func (s *Store) prepare(ctx context.Context, path string, traces datadir.Traces) error {
	if err := s.recognise(ctx, traces); err != nil {
		return err
	}
	if err := migrate(ctx, s.w); err != nil {
		return err
	}
	var err error
	if s.home, err = os.Stat(path); err != nil {
		return fmt.Errorf("data_dir: %w", err)
	}
	if s.r, err = openDB(s.opts.Driver, path, "ro", 4, s.noteDamage); err != nil {
		return err
	}
	if err := s.readClock(ctx); err != nil {
		return err
	}
	if err := s.countUnits(ctx); err != nil {
		return err
	}
	if err := s.loadMasterKey(ctx); err != nil {
		return err
	}
	if err := s.resealUnits(ctx); err != nil {
		return err
	}
	if err := s.enterAsked(ctx); err != nil {
		return err
	}
	return s.noteRows(ctx)
}

func migrate(ctx context.Context, db *sql.DB) error {
	provider, err := migrations.NewProvider(db)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if err := upgradable(ctx, provider); err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate database: %w", err)
	}
	return nil
}

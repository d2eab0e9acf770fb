package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"dsr-server/internal/audit"
	"dsr-server/internal/datadir"
	"dsr-server/internal/dsr"
	"dsr-server/migrations"
)

// VerifyAudit recomputes the whole log in dir's database and compares it with what is
// stored and with the known trees (see audit.Verify), then the rows it speaks of with
// what it says of them (*audit.DisagreementError). It needs no key, changes nothing, and
// may run beside a service.
func VerifyAudit(ctx context.Context, dir string, known ...tlog.Tree) (tree tlog.Tree, err error) {
	db, err := openDB("sqlite3", filepath.Join(dir, datadir.Database), "ro", 2, func(error) {})
	if err != nil {
		return tree, err
	}
	s := &Store{r: db, opts: Options{Now: time.Now}, clock: newClock(time.Now, nil)}
	defer func() { err = errors.Join(err, db.Close()) }()
	return s.verifyAudit(ctx, known...)
}

func (s *Store) verifyAudit(ctx context.Context, known ...tlog.Tree) (tree tlog.Tree, err error) {
	err = s.view(ctx, func(t tx) error {
		var ledger audit.Ledger
		if tree, err = audit.Verify(told(t.auditRows(ctx, `ORDER BY idx`), &ledger), t.auditHashes(ctx), known...); err != nil {
			return err
		}
		if err := t.compareRows(ctx, &ledger); err != nil {
			return err
		}
		if err := t.compareTriggers(ctx, &ledger); err != nil {
			return err
		}
		if len(ledger.Problems) > 0 {
			return &audit.DisagreementError{Problems: ledger.Problems}
		}
		return nil
	})
	return tree, err
}

// told passes the rows on and tells the ledger of each.
func told(rows iter.Seq2[audit.Row, error], ledger *audit.Ledger) iter.Seq2[audit.Row, error] {
	return func(yield func(audit.Row, error) bool) {
		for row, err := range rows {
			if err == nil {
				if _, e, err := audit.ParseLeaf(row.Leaf); err == nil { // else audit.Verify says so
					ledger.Add(e)
				}
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

func (t tx) compareRows(ctx context.Context, ledger *audit.Ledger) error {
	for noun := range factQueries {
		rows, err := t.QueryContext(ctx, factQueries[noun])
		if err != nil {
			return fmt.Errorf("read every %s: %w", noun, err)
		}
		defer rows.Close()
		for rows.Next() {
			id, facts, err := scanFacts(noun, rows)
			if err != nil {
				return fmt.Errorf("read every %s: %w", noun, err)
			}
			ledger.Row(audit.Subject{Noun: noun, ID: id}, facts)
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("read every %s: %w", noun, err)
		}
	}
	ledger.Close()
	return nil
}

// compareTriggers finds triggers that are not as the migrations made them: they keep what
// is only appended, and the state machines. One that somebody has added may undo that, or
// change rows that no event speaks of.
func (t tx) compareTriggers(ctx context.Context, ledger *audit.Ledger) error {
	want, err := migrations.Triggers()
	if err != nil {
		return err
	}
	got, err := migrations.TriggersOf(ctx, t.Tx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		switch now, there := got[name]; {
		case !there:
			ledger.Problems = append(ledger.Problems, "trigger "+name+": it is missing from the database")
		case now != want[name]:
			ledger.Problems = append(ledger.Problems, "trigger "+name+": its text differs from the one that this program creates")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ours := want[name]; !ours {
			ledger.Problems = append(ledger.Problems, "trigger "+name+": it is in the database, but this program does not create it")
		}
	}
	return nil
}

// CheckLog is VerifyAudit of the open database. What does not agree makes the service
// unready, and the error says all of it. A check that could not be made leaves that as the
// one before has found it.
func (s *Store) CheckLog(ctx context.Context) error {
	_, err := s.verifyAudit(ctx)
	if found := audit.Found(err); found || err == nil {
		s.altered.Store(found)
	}
	if damage(err) != nil {
		return errors.Join(ErrDamaged, err)
	}
	return err
}

// errAltered is what the service says once its log or a row has been changed past it.
var errAltered = dsr.Errorf(dsr.Unavailable, "log_altered",
	"the audit log or the database was changed outside this program: dsr-server audit verify lists every change")

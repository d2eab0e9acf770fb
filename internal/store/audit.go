package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"dsr-server/internal/audit"
	"dsr-server/internal/dsr"
)

// AuditEvents implements api.Service: up to limit events that follow event number
// after (-1: from the first), as leaves, and how many events there are. That the log
// was read is itself on record, once per principal and hour.
func (s *Store) AuditEvents(ctx context.Context, by dsr.Principal, after int64, limit int) (leaves [][]byte, size int64, err error) {
	if err := s.recordReadOf(ctx, by, audit.AuditRead); err != nil {
		return nil, 0, translate(err)
	}
	err = s.view(ctx, func(t tx) error {
		if size, err = t.auditSize(ctx); err != nil {
			return err
		}
		for row, err := range t.auditRows(ctx, `WHERE idx > ? ORDER BY idx LIMIT ?`, after, limit) {
			if err != nil {
				return err
			}
			leaves = append(leaves, row.Leaf)
		}
		return nil
	})
	return leaves, size, err
}

// recordReadOf puts on record that by read what the kind says, once per principal and hour.
func (s *Store) recordReadOf(ctx context.Context, by dsr.Principal, kind audit.Kind) error {
	return s.update(ctx, func(t tx) error {
		var seen bool
		err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM audit_events WHERE actor = ? AND kind = ? AND at >= ?)`,
			by.ID, string(kind), t.now.Truncate(time.Hour).UnixMilli()).Scan(&seen)
		if err != nil || seen {
			return err
		}
		return t.record(ctx, audit.Event{Kind: kind, Actor: by.ID})
	})
}

func (t tx) auditSize(ctx context.Context) (n int64, err error) {
	if err := t.QueryRowContext(ctx, `SELECT coalesce(max(idx) + 1, 0) FROM audit_events`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count audit events: %w", err)
	}
	return n, nil
}

func (t tx) hashReader(ctx context.Context) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) { return t.hashes(ctx, indexes) })
}

// AuditTree implements api.Service: the tree of the whole log as it is now.
func (s *Store) AuditTree(ctx context.Context) (tree tlog.Tree, err error) {
	err = s.view(ctx, func(t tx) error {
		n, err := t.auditSize(ctx)
		if err != nil {
			return err
		}
		tree, err = audit.Tree(n, t.hashReader(ctx))
		return err
	})
	return tree, err
}

// ProveEvent implements api.Service: that event number index is in the log of the
// first size events (0: of all).
func (s *Store) ProveEvent(ctx context.Context, index, size int64) (p audit.EventProof, err error) {
	err = s.view(ctx, func(t tx) error {
		if size, err = t.sizeWithin(ctx, size); err != nil {
			return err
		}
		if index < 0 || index >= size {
			return dsr.FieldErrorf("index", "must be from 0 to below size, which is %d", size)
		}
		if p.Tree, err = audit.Tree(size, t.hashReader(ctx)); err != nil {
			return err
		}
		for row, err := range t.auditRows(ctx, `WHERE idx = ?`, index) {
			if err != nil {
				return err
			}
			p.Index, p.Leaf = row.Index, row.Leaf
		}
		p.Proof, err = audit.ProveRecord(size, index, t.hashReader(ctx))
		return err
	})
	return p, err
}

// ProveGrowth implements api.Service: that the log of the first size events (0: of
// all) begins with that of the first older ones.
func (s *Store) ProveGrowth(ctx context.Context, older, size int64) (p audit.GrowthProof, err error) {
	err = s.view(ctx, func(t tx) error {
		if size, err = t.sizeWithin(ctx, size); err != nil {
			return err
		}
		if older < 0 || older > size {
			return dsr.FieldErrorf("from", "must be from 0 to size, which is %d", size)
		}
		if p.Tree, err = audit.Tree(size, t.hashReader(ctx)); err != nil {
			return err
		}
		if p.Older, err = audit.Tree(older, t.hashReader(ctx)); err != nil {
			return err
		}
		p.Proof, err = audit.ProveTree(size, older, t.hashReader(ctx))
		return err
	})
	return p, err
}

func (t tx) sizeWithin(ctx context.Context, size int64) (int64, error) {
	n, err := t.auditSize(ctx)
	if err != nil || size == 0 {
		return n, err
	}
	if size < 0 || size > n {
		return 0, dsr.FieldErrorf("size", "must be from 1 to the number of events there are, which is %d", n)
	}
	return size, nil
}

func (t tx) auditRows(ctx context.Context, where string, args ...any) iter.Seq2[audit.Row, error] {
	return func(yield func(audit.Row, error) bool) {
		rows, err := t.QueryContext(ctx, `SELECT idx, at, kind, actor, coalesce(request_id, ''), leaf FROM audit_events `+where, args...)
		if err != nil {
			yield(audit.Row{}, fmt.Errorf("read audit events: %w", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			row, err := scanAudit(rows)
			if !yield(row, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(audit.Row{}, fmt.Errorf("read audit events: %w", err))
		}
	}
}

func scanAudit(rows *sql.Rows) (r audit.Row, err error) {
	var at int64
	if err := rows.Scan(&r.Index, &at, &r.Columns.Kind, &r.Columns.Actor, &r.Columns.Request, &r.Leaf); err != nil {
		return r, fmt.Errorf("read audit event: %w", err)
	}
	r.Columns.At = time.UnixMilli(at).UTC()
	return r, nil
}

func (t tx) auditHashes(ctx context.Context) iter.Seq2[tlog.Hash, error] {
	return func(yield func(tlog.Hash, error) bool) {
		rows, err := t.QueryContext(ctx, `SELECT hash FROM audit_hashes ORDER BY idx`)
		if err != nil {
			yield(tlog.Hash{}, fmt.Errorf("read audit hashes: %w", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var h []byte
			if err := rows.Scan(&h); err != nil {
				yield(tlog.Hash{}, fmt.Errorf("read audit hash: %w", err))
				return
			}
			var hash tlog.Hash
			copy(hash[:], h)
			if !yield(hash, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(tlog.Hash{}, fmt.Errorf("read audit hashes: %w", err))
		}
	}
}

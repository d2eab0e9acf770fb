package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"

	"github.com/mattn/go-sqlite3"
)

// Whoever reads a page that SQLite did not write is told so, and nobody else: a search
// that repeats its call, a page that shows an error. So every connection is watched, and
// what has been seen once makes the service unready until it is started again.

// damage returns err if SQLite says with it that the file is not as it wrote it.
func damage(err error) error {
	if e, ok := errors.AsType[sqlite3.Error](err); ok && (e.Code == sqlite3.ErrCorrupt || e.Code == sqlite3.ErrNotADB) {
		return e
	}
	return nil
}

// connector opens connections of a driver and tells seen of every error on them.
type connector struct {
	driver driver.Driver
	name   string
	seen   func(error)
}

func (c connector) Driver() driver.Driver { return c.driver }

func (c connector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.name)
	if err != nil {
		c.seen(err)
		return nil, err
	}
	if full, ok := conn.(fullConn); ok {
		return watchedConn{full, c.seen}, nil
	}
	return conn, nil
}

// fullConn is what a connection of SQLite can do.
type fullConn interface {
	driver.Conn
	driver.Pinger
	driver.ExecerContext
	driver.QueryerContext
	driver.ConnPrepareContext
	driver.ConnBeginTx
}

type watchedConn struct {
	fullConn
	seen func(error)
}

func (c watchedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	done, err := c.fullConn.ExecContext(ctx, query, args)
	c.seen(err)
	return done, err
}

func (c watchedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.fullConn.QueryContext(ctx, query, args)
	return watchRows(rows, err, c.seen)
}

func (c watchedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	t, err := c.fullConn.BeginTx(ctx, o)
	c.seen(err)
	return watchedTx{t, c.seen}, err
}

func (c watchedConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	stmt, err := c.fullConn.PrepareContext(ctx, query)
	c.seen(err)
	if full, ok := stmt.(fullStmt); ok && err == nil {
		return watchedStmt{full, c.seen}, nil
	}
	return stmt, err
}

type watchedTx struct {
	driver.Tx
	seen func(error)
}

func (t watchedTx) Commit() error {
	err := t.Tx.Commit()
	t.seen(err)
	return err
}

type fullStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type watchedStmt struct {
	fullStmt
	seen func(error)
}

func (s watchedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	done, err := s.fullStmt.ExecContext(ctx, args)
	s.seen(err)
	return done, err
}

func (s watchedStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := s.fullStmt.QueryContext(ctx, args)
	return watchRows(rows, err, s.seen)
}

func watchRows(rows driver.Rows, err error, seen func(error)) (driver.Rows, error) {
	if err != nil {
		seen(err)
		return rows, err
	}
	return watchedRows{rows, seen}, nil
}

type watchedRows struct {
	driver.Rows
	seen func(error)
}

func (r watchedRows) Next(dest []driver.Value) error {
	err := r.Rows.Next(dest)
	if err != nil && !errors.Is(err, io.EOF) {
		r.seen(err)
	}
	return err
}

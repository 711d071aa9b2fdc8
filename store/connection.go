package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"modernc.org/sqlite"
)

// mostStatements is how many prepared statements a connection keeps. Services have some dozens; more come up where a
// statement is put together from filters.
const mostStatements = 200

// lockWait is how long a transaction whose context has no deadline waits for the lock of another process.
const lockWait = 30 * time.Second

// connection is one connection to the database, with its prepared statements. One transaction at a time uses it.
type connection struct {
	conn       *sql.Conn
	statements map[string]*prepared
	uses       int64 // counts them

	// rows and single are what the running transaction has opened. What its function leaves open would keep the
	// snapshot, and with it the WAL, for ever.
	rows   []*sql.Rows
	single []*sql.Row
}

// prepared is a statement that is kept.
type prepared struct {
	*sql.Stmt
	used int64 // the number of its last use
}

// newPool prepares connections to the file at path, which must exist: SQLite would create it with a mode of its own.
func newPool(path string) (*sql.DB, error) {
	// _dqs=0: "name" is a name and never text, as in PostgreSQL. _defensive: no statement can damage the file.
	dsn := (&url.URL{Scheme: "file", Path: path, RawQuery: "mode=rw&_dqs=0&_defensive=1&_error_rc=1"}).String()
	connector, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, fmt.Errorf("naming the database: %w", err)
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxIdleConns(-1) // a connection that is given back is not to be trusted any more
	return pool, nil
}

// connect opens one connection and sets it up with the given statements.
func connect(ctx context.Context, pool *sql.DB, pragmas ...string) (*connection, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	c := &connection{conn: conn, statements: map[string]*prepared{}}
	for _, pragma := range pragmas {
		if err := c.configure(ctx, pragma); err != nil {
			return nil, errors.Join(err, c.close())
		}
	}
	return c, nil
}

// configure runs a PRAGMA that SQLite obeys when it compiles it: a prepared statement would work the first time only.
func (c *connection) configure(ctx context.Context, pragma string) error {
	if _, err := c.conn.ExecContext(ctx, pragma); err != nil {
		return fmt.Errorf("setting up the database (%s): %w", pragma, err)
	}
	return nil
}

// Exec runs a statement that returns no rows.
func (c *connection) Exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := c.prepare(ctx, query) //nolint:sqlclosecheck // it is kept
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

// Query runs a statement that returns rows.
func (c *connection) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := c.prepare(ctx, query) //nolint:sqlclosecheck // it is kept
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args...) // the caller closes it, finish does otherwise
	if err != nil {
		return nil, err
	}
	c.rows = append(c.rows, rows)
	return rows, rows.Err()
}

// QueryRow runs a statement that returns one row.
func (c *connection) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	var row *sql.Row
	if s, err := c.prepare(ctx, query); err == nil { //nolint:sqlclosecheck // it is kept
		row = s.QueryRowContext(ctx, args...)
	} else {
		// A Row that carries an error cannot be made by hand: the statement fails the same way again.
		row = c.conn.QueryRowContext(ctx, query, args...)
	}
	c.single = append(c.single, row)
	return row
}

// prepare returns the prepared statement, which is kept for the next time.
func (c *connection) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	c.uses++
	if p, ok := c.statements[query]; ok {
		p.used = c.uses
		return p.Stmt, nil
	}
	s, err := c.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	c.statements[query] = &prepared{Stmt: s, used: c.uses}
	return s, nil
}

// finish closes what the transaction has left open, and when there are too many statements those that were not used
// for longest: not before, because one of them might be in use.
func (c *connection) finish() {
	for _, rows := range c.rows {
		rows.Close() // the transaction has ended; whoever read the rows saw their error
	}
	for _, row := range c.single {
		row.Scan() //nolint:errcheck // closes a row that was not scanned; one that was, answers ErrNoRows
	}
	clear(c.rows)
	clear(c.single)
	c.rows, c.single = c.rows[:0], c.single[:0]
	if len(c.statements) <= mostStatements {
		return
	}
	oldest := slices.SortedFunc(maps.Keys(c.statements), func(a, b string) int {
		return cmp.Compare(c.statements[a].used, c.statements[b].used)
	})
	for _, query := range oldest[:len(oldest)-mostStatements] {
		c.statements[query].Close() // it is forgotten either way
		delete(c.statements, query)
	}
}

// close ends the connection.
func (c *connection) close() error {
	c.finish()
	for _, s := range c.statements {
		s.Close() // they end with the connection
	}
	if err := c.conn.Close(); err != nil && !errors.Is(err, sql.ErrConnDone) {
		return fmt.Errorf("closing the database: %w", err)
	}
	return nil
}

// Package postgres keeps objects as rows of one table, in PostgreSQL or in a
// database that speaks its protocol.
//
// The SQL is what all of them understand, so that CockroachDB, YugabyteDB and
// Citus run it unchanged: no advisory locks, no notifications, no types of one
// vendor. Names are bytea, which sorts by bytes everywhere. PutIfAbsent is one
// INSERT … ON CONFLICT DO NOTHING; the primary key decides. A commit that the
// database acknowledges is as durable as the database is set up to make it:
// sessions ask for synchronous_commit where it is switched off, but a standby
// that lags loses what was not copied when it takes over.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"penates"
	"penates/internal/store"
)

// A Store is a table of objects.
type Store struct {
	pool  *pgxpool.Pool
	table string // quoted
	puts  chan *put
	done  chan struct{} // closed when no put is taken any more
	ended chan struct{} // closed when all puts have their answer
}

var _ store.Store = (*Store)(nil)

// Table is the name of the table unless the address says another.
const Table = "penates_objects"

const (
	connections = 8
	tries       = 10
	page        = 1000 // objects a question of List asks for
	connectTime = 15 * time.Second
	maxMessage  = store.MaxObject + 1<<20
)

// parameters are what an address may hold behind its question mark. What names
// files of services or passwords, or other hosts, is not among them.
var parameters = []string{
	"sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "target_session_attrs",
	"default_query_exec_mode", "pool_max_conns", "table",
}

// Open connects to the database at address, a postgres: URL without a password,
// and makes the table if there is none. An address of more than one host
// (postgres://a,b/db) reaches whichever takes writes.
func Open(ctx context.Context, address, password string) (*Store, error) {
	config, table, err := parse(address, password)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", kind(err))
	}
	s := &Store{
		pool: pool, table: pgx.Identifier{table}.Sanitize(),
		puts: make(chan *put), done: make(chan struct{}), ended: make(chan struct{}),
	}
	if err := s.create(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("open store: %w", kind(err))
	}
	go s.gather()
	return s, nil
}

// Close ends all connections, after the puts that are on their way.
func (s *Store) Close() error {
	close(s.done)
	<-s.ended
	s.pool.Close()
	return nil
}

// parse returns how to connect, and the table's name.
func parse(address, password string) (*pgxpool.Config, string, error) {
	base, query, _ := strings.Cut(address, "?")
	scheme, rest, ok := strings.Cut(base, "://")
	host, _, _ := strings.Cut(rest, "/")
	user, host, named := cutLast(host, "@")
	if !ok || scheme != "postgres" && scheme != "postgresql" || host == "" {
		return nil, "", fmt.Errorf("an address like postgres://user@host/database is needed: %w", penates.Invalid)
	}
	if named && strings.Contains(user, ":") {
		return nil, "", fmt.Errorf("the address must not hold a password: %w", penates.Invalid)
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, "", fmt.Errorf("address: %w", penates.Invalid)
	}
	for key := range values {
		if !slices.Contains(parameters, key) {
			return nil, "", fmt.Errorf("the parameter %q of the address: %w", key, penates.Unsupported)
		}
	}
	table := values.Get("table")
	values.Del("table")
	if table == "" {
		table = Table
	}
	if len(table) > 60 || store.CheckName(table) != nil {
		return nil, "", fmt.Errorf("name of the table: %w", penates.Invalid)
	}
	if !values.Has("sslmode") && !local(host) {
		values.Set("sslmode", "verify-full") // pgx would go on in clear
	}
	if !values.Has("target_session_attrs") && strings.Contains(host, ",") {
		values.Set("target_session_attrs", "read-write")
	}
	config, err := pgxpool.ParseConfig(base + "?" + values.Encode())
	if err != nil {
		return nil, "", fmt.Errorf("address: %w: %w", err, penates.Invalid)
	}
	prepare(config, password, values)
	return config, table, nil
}

// prepare sets what an address does not say.
func prepare(config *pgxpool.Config, password string, values url.Values) {
	if password != "" {
		config.ConnConfig.Password = password
	}
	config.ConnConfig.MaxProtocolMessageBodyLen = maxMessage
	if !values.Has("connect_timeout") {
		config.ConnConfig.ConnectTimeout = connectTime
	}
	if !values.Has("pool_max_conns") {
		config.MaxConns = connections
	}
	config.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		var commit *string
		if err := c.QueryRow(ctx, "SELECT current_setting('synchronous_commit', true)").Scan(&commit); err != nil || commit == nil || *commit != "off" {
			return nil // other databases have no such setting
		}
		_, err := c.Exec(ctx, "SET synchronous_commit = on")
		return err
	}
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return "", s, false
}

func local(hosts string) bool {
	for host := range strings.SplitSeq(hosts, ",") {
		name := (&url.URL{Host: host}).Hostname()
		if name != "localhost" && name != "127.0.0.1" && name != "::1" {
			return false
		}
	}
	return true
}

// create makes the table. Others may be making it at the same moment.
func (s *Store) create(ctx context.Context) error {
	return again(ctx, func() error {
		_, err := s.pool.Exec(ctx, "SELECT 1 FROM "+s.table+" LIMIT 1")
		if code(err) != "42P01" { // there is no such table
			return err
		}
		_, err = s.pool.Exec(ctx, "CREATE TABLE IF NOT EXISTS "+s.table+" (name bytea PRIMARY KEY, size bigint NOT NULL, data bytea NOT NULL)")
		if c := code(err); c == "23505" || c == "42P07" {
			return nil
		}
		return err
	})
}

// again calls do until it does not fail with what databases say when a
// transaction had no effect and may be tried again.
func again(ctx context.Context, do func() error) error {
	for try := 1; ; try++ {
		err := do()
		c := code(err)
		retry := c == "40001" || c == "40P01" || err != nil && pgconn.SafeToRetry(err) && ctx.Err() == nil
		if !retry || try == tries {
			return err
		}
		timer := time.NewTimer(time.Duration(1+rand.IntN(5<<min(try, 6))) * time.Millisecond)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// code returns the SQLSTATE of a database's error.
func code(err error) string {
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		return answer.Code
	}
	return ""
}

// kind gives an error of the database its kind.
func kind(err error) error {
	switch c := code(err); {
	case c == "28P01" || c == "28000" || c == "42501":
		return fmt.Errorf("%w: %w", err, penates.Denied)
	case c == "3D000":
		return fmt.Errorf("%w: %w", err, penates.Invalid)
	}
	return err
}

// Get implements [store.Store].
func (s *Store) Get(ctx context.Context, name string) ([]byte, error) {
	err := errors.Join(store.CheckName(name), ctx.Err())
	var data []byte
	if err == nil {
		err = again(ctx, func() error {
			return s.pool.QueryRow(ctx, "SELECT data FROM "+s.table+" WHERE name = $1", []byte(name)).Scan(&data)
		})
	}
	if errors.Is(err, pgx.ErrNoRows) {
		err = penates.NotExist
	}
	if err == nil && len(data) > store.MaxObject {
		err = fmt.Errorf("%d bytes: %w", len(data), penates.Damaged)
	}
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", name, kind(err))
	}
	return data, nil
}

// List implements [store.Store].
func (s *Store) List(ctx context.Context, prefix, after string) iter.Seq2[store.Object, error] {
	return func(yield func(store.Object, error) bool) {
		if err := errors.Join(store.CheckPrefix(prefix), ctx.Err()); err != nil {
			yield(store.Object{}, err)
			return
		}
		for {
			objects, err := s.page(ctx, prefix, after)
			if err != nil {
				yield(store.Object{}, fmt.Errorf("list: %w", kind(err)))
				return
			}
			for _, o := range objects {
				if store.CheckName(o.Name) == nil && !yield(o, nil) {
					return
				}
				after = o.Name
			}
			if len(objects) < page {
				return
			}
		}
	}
}

func (s *Store) page(ctx context.Context, prefix, after string) (objects []store.Object, err error) {
	err = again(ctx, func() error {
		// Names are ASCII, so that 0xff sorts behind all that begin with prefix.
		rows, err := s.pool.Query(ctx, "SELECT name, size FROM "+s.table+
			" WHERE name > $1 AND name >= $2 AND name < $3 ORDER BY name LIMIT $4",
			[]byte(after), []byte(prefix), append([]byte(prefix), 0xff), page)
		if err != nil {
			return err
		}
		objects, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (o store.Object, err error) {
			var name []byte
			err = row.Scan(&name, &o.Size)
			o.Name = string(name)
			return o, err
		})
		return err
	})
	return objects, err
}

// Delete implements [store.Store].
func (s *Store) Delete(ctx context.Context, name string) error {
	err := errors.Join(store.CheckName(name), ctx.Err())
	if err == nil {
		err = again(ctx, func() error {
			_, err := s.pool.Exec(ctx, "DELETE FROM "+s.table+" WHERE name = $1", []byte(name))
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("delete %s: %w", name, kind(err))
	}
	return nil
}

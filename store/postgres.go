package store

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// postgresConns bounds one node's connections; the server's default allows a
// hundred for all.
const postgresConns = 20

// Advisory locks of this program in the database, any numbers that stay.
const (
	lockSchemaNo   = 4_610_001
	lockSequenceNo = 4_610_002
)

// feedChannel is what the sequencer notifies when it has numbered changes.
const feedChannel = "datai_feed"

func openPostgres(ctx context.Context, address string) (*sql.DB, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		// pgx leaves the password out of its message.
		return nil, fmt.Errorf("store: database URL: %w", err)
	}
	config.RuntimeParams["application_name"] = "datai"
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(postgresConns)
	db.SetMaxIdleConns(postgresConns)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("store: PostgreSQL: %w", err), db.Close())
	}
	return db, nil
}

type postgresDriver struct{}

func (postgresDriver) name() string           { return "postgres" }
func (postgresDriver) dialect() goose.Dialect { return goose.DialectPostgres }

// lockSchema lets one node at a time migrate.
func (postgresDriver) lockSchema(ctx context.Context, db *sql.DB) (func(), error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, lockSchemaNo); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return func() {
		// If this fails, the lock goes with the broken connection.
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, lockSchemaNo)
		_ = conn.Close()
	}, nil
}

// rebind turns each ? into $1, $2 … The queries of this package have no ? in
// texts and use no operator that is written so.
func (postgresDriver) rebind(query string) string {
	var b strings.Builder
	n := 0
	for part := range strings.SplitSeq(query, "?") {
		if n > 0 {
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
		}
		b.WriteString(part)
		n++
	}
	return b.String()
}

// lockSequence makes the nodes number one after the other, so that all of them
// see one order. The lock ends with the transaction.
func (postgresDriver) lockSequence(ctx context.Context, tx *Tx) error {
	_, err := tx.exec(ctx, `SELECT pg_advisory_xact_lock(?)`, lockSequenceNo)
	return err
}

// notify tells the other nodes how far the feed is. Only the sequencer does:
// NOTIFY takes a lock on the whole server at commit.
func (postgresDriver) notify(ctx context.Context, tx *Tx, seq int64) error {
	_, err := tx.exec(ctx, `SELECT pg_notify(?, ?)`, feedChannel, strconv.FormatInt(seq, 10))
	return err
}

func (postgresDriver) readOptions() *sql.TxOptions {
	return &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}
}

func (postgresDriver) anyText() string    { return `= ANY (?)` }
func (postgresDriver) anyID() string      { return `= ANY (?)` }
func (postgresDriver) skipLocked() string { return `FOR UPDATE SKIP LOCKED` }

func (postgresDriver) bind(arg any) (any, error) {
	if list, ok := arg.([]uuid.UUID); ok {
		texts := make([][16]byte, len(list))
		for i := range list {
			texts[i] = list[i]
		}
		return texts, nil
	}
	return arg, nil
}

// sentinel sorts by SQLSTATE.
func (postgresDriver) sentinel(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch e.Code {
		case "23505": // unique_violation
			return errUnique
		case "23503": // foreign_key_violation
			return errForeignKey
		case "40001", "40P01": // serialization_failure, deadlock_detected
			return errSerialise
		case "55P03", "53300": // lock_not_available, too_many_connections
			return errBusy
		case "53100": // disk_full
			return errFull
		}
		switch e.Code[:2] {
		case "08", "53", "57", "58": // connection, resources, operator, system
			return errUnreachable
		}
		return nil
	}
	_, refused := errors.AsType[*pgconn.ConnectError](err)
	_, network := errors.AsType[net.Error](err)
	if refused || errors.Is(err, sqldriver.ErrBadConn) || (network && !errors.Is(err, context.Canceled)) {
		return errUnreachable
	}
	return nil
}

package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strconv"

	"datai/catalog"

	"github.com/google/uuid"
	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// migrate brings the schema up to date. A database that a newer program has
// already changed is refused, as this one would not know what it writes into.
func (db *DB) migrate(ctx context.Context) error {
	unlock, err := db.driver.lockSchema(ctx, db.writer)
	if err != nil {
		return db.explain("lock the schema", err)
	}
	defer unlock()
	return db.migrateTo(ctx, newest)
}

// newest is the number of no migration: all of them.
const newest = 0

// migrateTo runs the migrations up to the one of that number. The caller holds
// the lock of the schema.
func (db *DB) migrateTo(ctx context.Context, version int64) error {
	files, err := fs.Sub(migrations, "migrations/"+db.driver.name())
	if err != nil {
		return fmt.Errorf("store: migrate: %w", err)
	}
	p, err := goose.NewProvider(db.driver.dialect(), db.writer, files, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("store: migrate: %w", err)
	}
	has, knows, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("store: migrate: %w", err)
	}
	if has > knows {
		return fmt.Errorf("store: the database has schema %d and this program knows %d: use the newer program that made it", has, knows)
	}
	if version > knows {
		return catalog.Refuse(catalog.Invalid, "restore.newer", "schema", strconv.FormatInt(version, 10), "known", strconv.FormatInt(knows, 10))
	}
	if version == newest {
		version = knows
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return fmt.Errorf("store: migrate: %w", err)
	}
	return nil
}

// Names in meta.
const (
	metaID     = "id"
	metaEpoch  = "epoch"
	metaKey    = "key"    // an encrypted known text: another key cannot open it
	metaBackup = "backup" // when the last one was taken, unix ms
)

const keyProof = "datai"

// introduce reads who this database is, or decides it for a new one, and
// checks that the key fits.
func (db *DB) introduce(ctx context.Context) error {
	fresh, err := db.newID()
	if err != nil {
		return err
	}
	proof := db.seal.close([]byte(keyProof), fresh)
	have := map[string]string{}
	err = db.Write(ctx, func(tx *Tx) error {
		// Of two nodes that start at once the first one decides.
		for name, value := range map[string]string{metaID: fresh.String(), metaEpoch: "1"} {
			if _, err := tx.exec(ctx, `INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING`, name, value); err != nil {
				return err
			}
		}
		if _, err := tx.exec(ctx, `INSERT INTO meta (name, value) SELECT ?, ? FROM meta WHERE name = ? AND value = ? ON CONFLICT (name) DO NOTHING`,
			metaKey, fmt.Sprintf("%x", proof), metaID, fresh.String()); err != nil {
			return err
		}
		return tx.each(ctx, func(s scanner) error {
			var name, value string
			if err := s.Scan(&name, &value); err != nil {
				return err
			}
			have[name] = value
			return nil
		}, `SELECT name, value FROM meta`)
	})
	if err != nil {
		return fmt.Errorf("store: identity: %w", err)
	}
	if db.id, err = uuid.Parse(have[metaID]); err != nil {
		return fmt.Errorf("store: identity: %w", err)
	}
	if db.epoch, err = strconv.ParseInt(have[metaEpoch], 10, 64); err != nil {
		return fmt.Errorf("store: identity: %w", err)
	}
	var sealed []byte
	if _, err := fmt.Sscanf(have[metaKey], "%x", &sealed); err != nil {
		return fmt.Errorf("store: identity: %w", err)
	}
	if _, err := db.seal.open(sealed, db.id); err != nil {
		return fmt.Errorf("store: this key is not the one with which the database was made; give back its key file: %w", err)
	}
	return nil
}

package store

import (
	"context"
	"strings"

	"datai/catalog"
	"datai/intake"

	"github.com/google/uuid"
)

// fingerprints are the columns of catalog.Alike, surest first, and the tables
// that have them.
var fingerprints = []struct {
	column string
	tables []string
}{
	{"right_no", []string{results.table}},
	{"alike", []string{results.table, needs.table, parties.table}},
	{"alike_head", []string{results.table, needs.table, parties.table}},
	{"alike_tail", []string{results.table, needs.table, parties.table}},
}

// Lookalikes calls fn with pairs of a new row and a thing of the catalogue, or
// an earlier new row of the batch, that share a fingerprint. Of many things
// with one fingerprint it takes the first and the last: what it costs grows
// with the rows, not with their square.
func (tx *Tx) Lookalikes(ctx context.Context, batch uuid.UUID, fn func(intake.Lookalike) error) error {
	for _, f := range fingerprints {
		for _, table := range f.tables {
			for _, end := range []string{"min", "max"} {
				if err := tx.alikeThings(ctx, batch, table, f.column, end, fn); err != nil {
					return err
				}
			}
		}
	}
	for _, f := range fingerprints {
		if err := tx.alikeRows(ctx, batch, f.column, fn); err != nil {
			return err
		}
	}
	return nil
}

// alikeThings pairs rows with the first or the last thing of the catalogue of
// their fingerprint.
func (tx *Tx) alikeThings(ctx context.Context, batch uuid.UUID, table, column, end string, fn func(intake.Lookalike) error) error {
	kind, right := "c.kind", "c.right_no"
	if table == needs.table {
		kind = "''"
	}
	if table != results.table {
		right = "0"
	}
	return tx.lookalikes(ctx, column, fn, `SELECT r.pos, 0, r.thing, r.title, r.kind, r.right_no, c.id, c.title, `+kind+`, `+right+`
		FROM (SELECT pos, thing, title, kind, key, right_no, (SELECT `+end+`(x.code) FROM `+table+` AS x WHERE x.`+column+` <> 0 AND x.`+column+` = import_row.`+column+`) AS found
			FROM import_row WHERE batch_id = ? AND fate = ? AND thing = ? AND body <> '' AND `+column+` <> 0) AS r
		JOIN `+table+` AS c ON c.code = r.found
		WHERE NOT EXISTS (SELECT 1 FROM import_apart AS a WHERE a.thing = r.thing AND a.key = r.key AND a.other IN (c.key, c.code))
		ORDER BY r.pos`, batch, string(intake.New), table)
}

// alikeRows pairs rows with the first row of their fingerprint.
func (tx *Tx) alikeRows(ctx context.Context, batch uuid.UUID, column string, fn func(intake.Lookalike) error) error {
	return tx.lookalikes(ctx, column, fn, `SELECT r.pos, c.pos, r.thing, r.title, r.kind, r.right_no, c.id, c.title, c.kind, c.right_no
		FROM (SELECT pos, thing, title, kind, key, right_no, min(pos) OVER (PARTITION BY thing, `+column+`) AS found
			FROM import_row WHERE batch_id = ? AND fate = ? AND body <> '' AND `+column+` <> 0) AS r
		JOIN import_row AS c ON c.batch_id = ? AND c.pos = r.found
		WHERE r.pos > r.found AND NOT EXISTS (SELECT 1 FROM import_apart AS a WHERE a.thing = r.thing AND a.key = r.key AND a.other IN (c.key, c.code))
		ORDER BY r.pos`, batch, string(intake.New), batch)
}

func (tx *Tx) lookalikes(ctx context.Context, column string, fn func(intake.Lookalike) error, query string, args ...any) error {
	return tx.each(ctx, func(s scanner) error {
		l := intake.Lookalike{SameRight: column == "right_no"}
		var kinds [2]string
		var rights [2]int64
		if err := s.Scan(&l.Pos, &l.TwinPos, &l.Kind, &l.Titles[0], &kinds[0], &rights[0], &l.Twin, &l.Titles[1], &kinds[1], &rights[1]); err != nil {
			return err
		}
		patent := string(catalog.KindPatent)
		l.Patents = kinds == [2]string{patent, patent} && rights[0] != 0 && rights[1] != 0
		return fn(l)
	}, query, args...)
}

// SaveTwins turns new rows into alike ones and returns how many.
func (tx *Tx) SaveTwins(ctx context.Context, batch uuid.UUID, twins []intake.Twin) (int, error) {
	turned := 0
	for _, t := range twins {
		n, err := tx.exec(ctx, `UPDATE import_row SET fate = ?, twin = ?, likeness = ? WHERE batch_id = ? AND pos = ? AND fate = ? AND body <> ''`,
			string(intake.Alike), t.Twin, string(t.Likeness), batch, t.Pos, string(intake.New))
		if err != nil {
			return 0, err
		}
		turned += int(n)
	}
	return turned, nil
}

// ReleaseAlike turns every alike row back into a new one.
func (tx *Tx) ReleaseAlike(ctx context.Context, batch uuid.UUID) (int, error) {
	n, err := tx.exec(ctx, `UPDATE import_row SET fate = ?, twin = ?, likeness = '', later = 0 WHERE batch_id = ? AND fate = ?`,
		string(intake.New), uuid.Nil, batch, string(intake.Alike))
	return int(n), err
}

// RowsMoved reads rows whole that can no longer be applied: new ones whose key
// has been taken, changed ones whose thing is another version.
func (tx *Tx) RowsMoved(ctx context.Context, batch uuid.UUID, after int64, limit int) ([]intake.StagedRow, error) {
	var taken, moved strings.Builder
	for _, table := range []string{results.table, needs.table, parties.table} {
		taken.WriteString(` OR (thing = '` + table + `' AND (EXISTS (SELECT 1 FROM ` + table + ` AS c WHERE c.key = import_row.key)
			OR EXISTS (SELECT 1 FROM import_alias AS a JOIN ` + table + ` AS c ON c.id = a.thing_id WHERE a.thing = import_row.thing AND a.key = import_row.key)))`)
	}
	taken.WriteString(` OR (thing = 'person' AND EXISTS (SELECT 1 FROM person AS c WHERE (c.staff_no <> '' AND c.staff_no = import_row.staff_no) OR (c.orcid <> '' AND c.orcid = import_row.orcid)))`)
	for _, table := range []string{results.table, needs.table, parties.table, people.table} {
		moved.WriteString(` OR (thing = '` + table + `' AND NOT EXISTS (SELECT 1 FROM ` + table + ` AS c WHERE c.id = import_row.id AND c.version = import_row.version))`)
	}
	return tx.readRows(ctx, batch, true, ` WHERE batch_id = ? AND pos > ? AND body <> '' AND ((fate IN (?, ?) AND (1 = 0`+taken.String()+`)) OR (fate = ? AND (1 = 0`+moved.String()+`)))
		ORDER BY pos LIMIT ?`, batch, after, string(intake.New), string(intake.Alike), string(intake.Changed), limit)
}

// AddAlias remembers that a key means a thing.
func (tx *Tx) AddAlias(ctx context.Context, kind, key string, id uuid.UUID, at int64) error {
	_, err := tx.exec(ctx, `INSERT INTO import_alias (thing, key, thing_id, at) VALUES (?, ?, ?, ?)
		ON CONFLICT (thing, key) DO UPDATE SET thing_id = excluded.thing_id, at = excluded.at`, kind, boundKey(key), id, at)
	return err
}

// AddApart remembers that two keys mean two things.
func (tx *Tx) AddApart(ctx context.Context, kind, key, other string, at int64) error {
	for _, pair := range [][2]string{{key, other}, {other, key}} {
		_, err := tx.exec(ctx, `INSERT INTO import_apart (thing, key, other, at) VALUES (?, ?, ?, ?)
			ON CONFLICT (thing, key, other) DO UPDATE SET at = excluded.at`, kind, boundKey(pair[0]), boundKey(pair[1]), at)
		if err != nil {
			return err
		}
	}
	return nil
}

// metaAlike says that every thing has its fingerprints.
const metaAlike = "alike"

// fingerprint gives things of before their fingerprints.
func (db *DB) fingerprint(ctx context.Context) error {
	var done string
	err := db.Read(ctx, func(tx *Tx) error {
		_, err := tx.one(ctx, []any{&done}, `SELECT value FROM meta WHERE name = ?`, metaAlike)
		return err
	})
	if err != nil || done != "" {
		return err
	}
	if err := fingerprintAll(ctx, db, results); err != nil {
		return err
	}
	if err := fingerprintAll(ctx, db, needs); err != nil {
		return err
	}
	if err := fingerprintAll(ctx, db, parties); err != nil {
		return err
	}
	return db.Write(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING`, metaAlike, "1")
		return err
	})
}

func fingerprintAll[T any](ctx context.Context, db *DB, n noun[T]) error {
	var columns []string
	for _, c := range n.columns {
		if c == "right_no" || strings.HasPrefix(c, "alike") {
			columns = append(columns, c)
		}
	}
	for after, more := uuid.Nil, true; more; {
		err := db.Write(ctx, func(tx *Tx) error {
			var heads []head
			err := eachThing(ctx, tx, n, func(t *T) error {
				heads = append(heads, n.head(t))
				return nil
			}, nil, "SELECT "+rowColumns+" FROM "+n.table+" WHERE id > ? ORDER BY id LIMIT ?", after, together)
			if err != nil {
				return err
			}
			for _, h := range heads {
				var values []any
				for _, c := range columns {
					values = append(values, h.value(c))
				}
				if _, err := tx.exec(ctx, "UPDATE "+n.table+" SET "+strings.Join(columns, " = ?, ")+" = ? WHERE id = ?", append(values, h.id)...); err != nil {
					return err
				}
			}
			if more = len(heads) > 0; more {
				after = heads[len(heads)-1].id
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

package store

import (
	"context"
	"encoding/json"
	"fmt"

	"datai/catalog"
	"datai/gate"
	"datai/process"

	"github.com/google/uuid"
)

var _ gate.Tx = (*Tx)(nil)

const gateColumns = "c.id, c.version, c.body"

func gateCase(id uuid.UUID, version int64, body string) (c gate.Case, err error) {
	if err := json.Unmarshal([]byte(body), &c); err != nil {
		return c, fmt.Errorf("store: gate %s: %w", id, err)
	}
	c.ID, c.Version = id, version
	return c, nil
}

func (tx *Tx) gateCases(ctx context.Context, rest string, args ...any) ([]gate.Case, error) {
	var out []gate.Case
	err := tx.each(ctx, func(s scanner) error {
		var id uuid.UUID
		var version int64
		var body string
		if err := s.Scan(&id, &version, &body); err != nil {
			return err
		}
		c, err := gateCase(id, version, body)
		out = append(out, c)
		return err
	}, "SELECT "+gateColumns+" FROM gate_case AS c "+rest, args...)
	return out, err
}

// GateCases are the cases of results, by result.
func (tx *Tx) GateCases(ctx context.Context, results []uuid.UUID) (map[uuid.UUID]gate.Case, error) {
	out := map[uuid.UUID]gate.Case{}
	list, err := tx.gateCases(ctx, "WHERE c.result_id "+tx.db.driver.anyID(), results)
	for _, c := range list {
		out[c.Result] = c
	}
	return out, err
}

// LockGateCase is the case with that id; its row is held until the transaction
// ends.
func (tx *Tx) LockGateCase(ctx context.Context, id uuid.UUID) (gate.Case, error) {
	n, err := tx.exec(ctx, "UPDATE gate_case SET version = version WHERE id = ?", id)
	if err == nil && n == 0 {
		err = notFound()
	}
	if err != nil {
		return gate.Case{}, err
	}
	list, err := tx.gateCases(ctx, "WHERE c.id = ?", id)
	c, _, err := first(list, err)
	return c, err
}

// SaveGateCase adds c if its version is 0, else writes it if its stored version
// is c.Version; the stored one is one more then.
func (tx *Tx) SaveGateCase(ctx context.Context, c gate.Case) error {
	version := c.Version
	c.Version = 0
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("store: gate: %w", err)
	}
	if version == 0 {
		_, err := tx.exec(ctx, `INSERT INTO gate_case (id, result_id, version, state, registered_on, idle_at, updated_at, body) VALUES (?, ?, 1, ?, ?, ?, ?, ?)`,
			c.ID, c.Result, string(c.State), c.Registered.String(), c.IdleAt, c.UpdatedAt, string(body))
		return err
	}
	return only(tx.exec(ctx, `UPDATE gate_case SET version = version + 1, state = ?, registered_on = ?, idle_at = ?, updated_at = ?, body = ? WHERE id = ? AND version = ?`,
		string(c.State), c.Registered.String(), c.IdleAt, c.UpdatedAt, string(body), c.ID, version))
}

// unused are the results of cases that are not exploited.
const unused = `JOIN result AS r ON r.id = c.result_id AND r.state NOT IN ('licensed', 'exclusive', 'transferred')`

// Unwound are cases with a day of registration whose clock does not run.
func (tx *Tx) Unwound(ctx context.Context, limit int) ([]gate.Case, error) {
	return tx.gateCases(ctx, unused+` WHERE c.registered_on <> '' AND c.idle_at = ? AND c.state <> ? ORDER BY c.id LIMIT ?`, process.NeverDue, string(gate.Sealed), limit)
}

// IdleCases are cases whose clock runs down at a time or before, the first
// first.
func (tx *Tx) IdleCases(ctx context.Context, at int64, limit int) ([]gate.Case, error) {
	return tx.gateCases(ctx, unused+` WHERE c.registered_on <> '' AND c.idle_at <= ? ORDER BY c.idle_at, c.id LIMIT ?`, at, limit)
}

// BeforeShelf lists the results that are in review, in the order of ids.
func (tx *Tx) BeforeShelf(ctx context.Context) ([]gate.Row, error) {
	var out []gate.Row
	err := tx.each(ctx, func(s scanner) error {
		var row gate.Row
		var caseID uuid.NullUUID
		var version int64
		var state, body string
		if err := s.Scan(&row.ID, &row.Version, &state, &row.Confirmed, &caseID, &version, &body); err != nil {
			return err
		}
		row.State = catalog.ResultState(state)
		if caseID.Valid {
			c, err := gateCase(caseID.UUID, version, body)
			if err != nil {
				return err
			}
			row.Case = c
		}
		out = append(out, row)
		return nil
	}, `SELECT r.id, r.version, r.state, r.confirmed, c.id, coalesce(c.version, 0), coalesce(c.body, '') FROM result AS r LEFT JOIN gate_case AS c ON c.result_id = r.id
		WHERE r.state IN (?, ?) OR r.confirmed = 0 AND r.state `+tx.db.driver.anyText()+` ORDER BY r.id`,
		string(catalog.ResultReview), string(catalog.ResultDraft), onShelf())
	return out, err
}

// BatchResults are the results that an import brought, as long as its rows are
// kept.
func (tx *Tx) BatchResults(ctx context.Context, batch uuid.UUID) ([]uuid.UUID, error) {
	return tx.ids(ctx, `SELECT DISTINCT i.id FROM import_row AS i JOIN result AS r ON r.id = i.id WHERE i.batch_id = ? AND i.thing = 'result'`, batch)
}

// ResultTwins are the look-alikes of results: of each at most one with the same
// title and one with the same right, but those that an import was told are
// others, withdrawn ones, and patents with two numbers, which are two.
func (tx *Tx) ResultTwins(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID][]gate.Twin, error) {
	out := map[uuid.UUID][]gate.Twin{}
	for _, column := range []string{"right_no", "alike"} {
		err := tx.each(ctx, func(s scanner) error {
			var id uuid.UUID
			var t gate.Twin
			if err := s.Scan(&id, &t.Code, &t.Title); err != nil {
				return err
			}
			for _, known := range out[id] {
				if known == t {
					return nil
				}
			}
			out[id] = append(out[id], t)
			return nil
		}, `SELECT a.id, b.code, b.title FROM (SELECT r.id, r.key, r.kind, r.right_no, (SELECT min(x.code) FROM result AS x WHERE x.`+column+` <> 0 AND x.`+column+` = r.`+column+`
				AND x.id <> r.id AND x.state <> 'withdrawn' AND NOT (x.kind = 'patent' AND r.kind = 'patent' AND x.right_no <> 0 AND r.right_no <> 0 AND x.right_no <> r.right_no)) AS found
			FROM result AS r WHERE r.`+column+` <> 0 AND r.id `+tx.db.driver.anyID()+`) AS a
			JOIN result AS b ON b.code = a.found
			WHERE NOT EXISTS (SELECT 1 FROM import_apart AS p WHERE p.thing = 'result' AND p.key = a.key AND p.other IN (b.key, b.code))`, ids)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

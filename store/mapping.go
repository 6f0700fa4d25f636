package store

import (
	"context"
	"encoding/json"
	"fmt"

	"datai/intake"
)

// Mapping reads how a layout is read.
func (tx *Tx) Mapping(ctx context.Context, kind intake.Kind, layout string) (intake.Mapping, error) {
	found, err := tx.mappings(ctx, "WHERE kind = ? AND layout = ?", string(kind), layout)
	if err == nil && len(found) == 0 {
		err = notFound()
	}
	if err != nil {
		return intake.Mapping{}, err
	}
	return found[0], nil
}

// Mappings reads all of them, newest first.
func (tx *Tx) Mappings(ctx context.Context) ([]intake.Mapping, error) {
	return tx.mappings(ctx, "ORDER BY updated_at DESC, kind, layout")
}

func (tx *Tx) mappings(ctx context.Context, which string, args ...any) (out []intake.Mapping, err error) {
	err = tx.each(ctx, func(s scanner) error {
		var m intake.Mapping
		var version int64
		var body string
		if err := s.Scan(&version, &body); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(body), &m); err != nil {
			return fmt.Errorf("store: mapping: %w", err)
		}
		m.Version = version
		out = append(out, m)
		return nil
	}, "SELECT version, body FROM import_mapping "+which, args...)
	return out, err
}

// SaveMapping adds a mapping of version 0, else writes it over the version that
// was read.
func (tx *Tx) SaveMapping(ctx context.Context, m intake.Mapping) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("store: mapping: %w", err)
	}
	if m.Version == 0 {
		_, err := tx.exec(ctx, `INSERT INTO import_mapping (kind, layout, version, updated_at, body) VALUES (?, ?, 1, ?, ?)`,
			string(m.Kind), m.Layout, m.UpdatedAt, string(body))
		return err
	}
	return only(tx.exec(ctx, `UPDATE import_mapping SET updated_at = ?, body = ?, version = version + 1 WHERE kind = ? AND layout = ? AND version = ?`,
		m.UpdatedAt, string(body), string(m.Kind), m.Layout, m.Version))
}

// DropMapping forgets a mapping of the version that was read.
func (tx *Tx) DropMapping(ctx context.Context, m intake.Mapping) error {
	return only(tx.exec(ctx, `DELETE FROM import_mapping WHERE kind = ? AND layout = ? AND version = ?`, string(m.Kind), m.Layout, m.Version))
}

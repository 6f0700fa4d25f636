package store

import (
	"context"
	"encoding/json"
	"fmt"

	"datai/process"
	"datai/rulebook"
	"datai/rules"
)

var _ rulebook.ProcessTx = (*Tx)(nil)

// caseTables are where the cases of each process are.
var caseTables = map[string]string{"contact": "contact_case", "gate": "gate_case"}

// ProcessSettings lists what was settled about a process, in its order.
func (tx *Tx) ProcessSettings(ctx context.Context, kind string) ([]rulebook.Setting, error) {
	var out []rulebook.Setting
	err := tx.each(ctx, func(s scanner) error {
		x := rulebook.Setting{Kind: kind}
		var from, overlay string
		if err := s.Scan(&x.Number, &from, &overlay, &x.Reason, &x.At, &x.By, &x.ByName); err != nil {
			return err
		}
		var err error
		if x.From, err = rules.ParseDay(from); err == nil {
			err = json.Unmarshal([]byte(overlay), &x.Overlay)
		}
		if err != nil {
			return fmt.Errorf("store: setting %d of %s: %w", x.Number, kind, err)
		}
		out = append(out, x)
		return nil
	}, `SELECT s.number, s.day, s.overlay, s.reason, s.at, s.actor, coalesce(a.name, '')
		FROM process_setting AS s LEFT JOIN account AS a ON a.id = s.actor WHERE s.kind = ? ORDER BY s.number`, kind)
	return out, err
}

// AddProcessSetting adds a setting; Conflict if its number is taken.
func (tx *Tx) AddProcessSetting(ctx context.Context, s rulebook.Setting) error {
	overlay, err := json.Marshal(s.Overlay)
	if err != nil {
		return fmt.Errorf("store: setting %d of %s: %w", s.Number, s.Kind, err)
	}
	return tx.insert(ctx, "process_setting (kind, number, day, overlay, reason, at, actor)", 7,
		[]any{s.Kind, s.Number, s.From.String(), string(overlay), s.Reason, s.At, s.By})
}

// CasesByState counts the cases of a process.
func (tx *Tx) CasesByState(ctx context.Context, kind string) (map[process.State]int, error) {
	table, known := caseTables[kind]
	if !known {
		return nil, fmt.Errorf("store: no cases of %q", kind)
	}
	byName, err := countBy(ctx, tx, table, "state", &where{})
	out := map[process.State]int{}
	for s, n := range byName {
		out[process.State(s)] = n
	}
	return out, err
}

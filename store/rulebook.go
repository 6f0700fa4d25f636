package store

import (
	"context"
	"encoding/json"
	"fmt"

	"datai/rulebook"
	"datai/rules"
)

var _ rulebook.Tx = (*Tx)(nil)

// RuleOverlay is what the university's decisions on rules come to.
func (tx *Tx) RuleOverlay(ctx context.Context) (rules.Overlay, error) {
	all, err := tx.RuleDecisions(ctx)
	return rulebook.Overlay(all), err
}

// RuleDecisions lists the decisions on rules in their order.
func (tx *Tx) RuleDecisions(ctx context.Context) ([]rulebook.Decision, error) {
	var out []rulebook.Decision
	err := tx.each(ctx, func(s scanner) error {
		var d rulebook.Decision
		var key, from, until, value, reason string
		if err := s.Scan(&d.Number, &key, &from, &until, &value, &reason, &d.At, &d.By, &d.ByName); err != nil {
			return err
		}
		if err := readDecision(&d, key, from, until, value, reason); err != nil {
			return fmt.Errorf("store: decision %d: %w", d.Number, err)
		}
		out = append(out, d)
		return nil
	}, `SELECT d.number, d.key, d.day, d.until, d.value, d.reason, d.at, d.actor, coalesce(a.name, '')
		FROM rule_decision AS d LEFT JOIN account AS a ON a.id = d.actor ORDER BY d.number`)
	return out, err
}

func readDecision(d *rulebook.Decision, key, from, until, value, reason string) error {
	day, err := rules.ParseDay(from)
	if err != nil {
		return err
	}
	if key == "" {
		to, err := rules.ParseDay(until)
		d.Days = &rulebook.Days{From: day, To: to, Kind: rulebook.DayKind(value), Name: reason}
		return err
	}
	d.Value = &rules.Own{Key: key, From: day, Reason: reason}
	if value == "" {
		return nil
	}
	return json.Unmarshal([]byte(value), &d.Value.Value)
}

// AddRuleDecision adds a decision; Conflict if its number is taken.
func (tx *Tx) AddRuleDecision(ctx context.Context, d rulebook.Decision) error {
	row := []any{d.Number, "", "", "", "", "", d.At, d.By}
	if d.Days != nil {
		row[2], row[3], row[4], row[5] = d.Days.From.String(), d.Days.To.String(), string(d.Days.Kind), d.Days.Name
	} else {
		row[1], row[2], row[5] = d.Value.Key, d.Value.From.String(), d.Value.Reason
		if d.Value.Value != nil {
			value, err := json.Marshal(d.Value.Value)
			if err != nil {
				return fmt.Errorf("store: decision %d: %w", d.Number, err)
			}
			row[4] = string(value)
		}
	}
	return tx.insert(ctx, "rule_decision (number, key, day, until, value, reason, at, actor)", len(row), row)
}

// Package rulebook is where a university's own decisions on dated rules are
// made: a value that is stricter than the law, a default of its own, a day off.
// Each is previewed, dated, journalled and never changed afterwards; another
// decision follows it. What is in force is worked out by package rules.
package rulebook

import (
	"context"

	"datai/journal"
	"datai/rules"

	"github.com/google/uuid"
)

// Decision is one of the university's decisions. Its number is its place in
// their order, from 1 without a gap.
type Decision struct {
	Number int64
	At     int64 // unix ms
	By     uuid.UUID
	ByName string // of the account; empty for the command line

	Value *rules.Own // one of the two
	Days  *Days
}

// Days is a run of days that the university has off or works on by itself.
type Days struct {
	From, To rules.Day
	Kind     DayKind
	Name     string
}

// DayKind is what a day is declared to be.
type DayKind string

// Kinds of days.
const (
	Off    DayKind = "off"
	Work   DayKind = "work"
	Public DayKind = "public" // as the public calendar has it: takes an earlier decision back
)

// DayKinds lists them in the order people meet them.
func DayKinds() []DayKind { return []DayKind{Off, Work, Public} }

// Overlay is what decisions come to, in their order.
func Overlay(decisions []Decision) rules.Overlay {
	var o rules.Overlay
	own := map[rules.Day]rules.OwnDay{}
	for _, d := range decisions {
		if d.Value != nil {
			o.Values = append(o.Values, *d.Value)
		}
		if d.Days == nil {
			continue
		}
		for day := d.Days.From; day <= d.Days.To; day++ {
			if d.Days.Kind == Public {
				delete(own, day)
			} else {
				own[day] = rules.OwnDay{Day: day, Work: d.Days.Kind == Work, Name: d.Days.Name}
			}
		}
	}
	for _, day := range own {
		o.Days = append(o.Days, day)
	}
	return o
}

// Tx is what the decisions need of the store.
type Tx interface {
	// RuleOverlay is what all decisions come to.
	RuleOverlay(ctx context.Context) (rules.Overlay, error)
	// RuleDecisions lists all decisions in their order.
	RuleDecisions(ctx context.Context) ([]Decision, error)
	// AddRuleDecision adds a decision; Conflict if its number is taken.
	AddRuleDecision(ctx context.Context, d Decision) error
	Append(ctx context.Context, e journal.Entry) error
}

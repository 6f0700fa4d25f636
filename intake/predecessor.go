package intake

import (
	"context"
	"slices"

	"datai/catalog"

	"github.com/google/uuid"
)

// linkPredecessors lets a party come after one that stands in another row of
// the same file, above it or below. A name that two parties of the file have
// is nobody's.
func (s *Service) linkPredecessors(ctx context.Context, b *Batch) error {
	if b.Kind != Parties || !slices.ContainsFunc(b.Columns, func(c Column) bool { return c.Field == "predecessor" }) {
		return nil
	}
	var rows []StagedRow // that name one whom the catalogue does not know
	byName := map[string]uuid.UUID{}
	err := s.db.Read(ctx, func(tx Tx) error {
		rows = nil
		clear(byName)
		err := tx.EachPartyRow(ctx, b.ID, func(r StagedRow) error {
			if name := r.missing(); name != "" {
				rows = append(rows, r)
				byName[nameKey(name)] = uuid.Nil
			}
			return nil
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		twice := map[string]bool{}
		return tx.EachPartyRow(ctx, b.ID, func(r StagedRow) error {
			key := nameKey(r.Party.Name)
			if before, wanted := byName[key]; wanted {
				twice[key] = before != uuid.Nil || twice[key]
				if byName[key] = r.Party.ID; twice[key] {
					byName[key] = uuid.Nil
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r StagedRow) bool {
		before := byName[nameKey(r.missing())]
		return before == uuid.Nil || before == r.Party.ID
	})
	for some := range slices.Chunk(rows, chunk) {
		err := s.save(ctx, b, func(tx Tx, next *Batch) error {
			linked := make([]StagedRow, len(some))
			for i, r := range some {
				linked[i] = r.after(byName[nameKey(r.missing())], next.UpdatedAt)
				next.Counts.move(r.Fate, -1)
				next.Counts.move(linked[i].Fate, 1)
			}
			return tx.SaveRows(ctx, next.ID, linked)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// missing is the name of a predecessor that the catalogue does not know, ""
// if there is none.
func (s *StagedRow) missing() string {
	for _, i := range s.Issues {
		if i.Key == noteNoPredecessor {
			return i.Args["name"]
		}
	}
	return ""
}

// after is the row with the party of that id before its own.
func (s StagedRow) after(before uuid.UUID, at int64) StagedRow {
	name, party := s.missing(), *s.Party
	s.Issues = slices.DeleteFunc(slices.Clone(s.Issues), func(i Issue) bool { return i.Key == noteNoPredecessor })
	party.PredecessorID = before
	s.Party = &party
	if s.Fate == Unchanged && s.Party.Version > 0 {
		s.Fate, party.UpdatedAt = Changed, at
		s.Said = &Row{Party: &catalog.Party{Name: party.Name, CreditCode: party.CreditCode}, Predecessor: name}
	}
	return s
}

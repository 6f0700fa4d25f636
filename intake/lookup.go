package intake

import (
	"context"
	"strings"
	"time"

	"datai/catalog"

	"github.com/google/uuid"
)

// known is what the catalogue already has under the keys of a chunk.
type known struct {
	results map[string]*catalog.Result
	needs   map[string]*catalog.Need
	parties map[string]*catalog.Party
	people  map[string]*catalog.Person // by every key asked for

	edits    map[uuid.UUID]map[string]Edit // of results and needs, by their ids
	fileWins bool                          // over those
	columns  []Column
	zone     *time.Location
}

func lookUp(ctx context.Context, tx Tx, b *Batch, zone *time.Location, rows []Row) (known, error) {
	var results, needs, parties, people []string
	for i := range rows {
		switch r := &rows[i]; {
		case r.refused():
		case r.Result != nil:
			results = append(results, r.Result.Key())
		case r.Need != nil:
			needs = append(needs, r.Need.Key())
		case r.Party != nil:
			parties = append(parties, r.Party.Key())
			if r.Predecessor != "" {
				parties = append(parties, nameKey(r.Predecessor))
			}
		case r.Person != nil:
			people = append(people, r.Person.Keys()...)
		}
	}
	k := known{fileWins: b.FileWins, columns: b.Columns, zone: zone}
	var err error
	if len(results) > 0 {
		if k.results, err = tx.ResultsByKey(ctx, results); err != nil {
			return k, err
		}
		if err := meetCodes(ctx, results, k.results, tx.ResultByCode); err != nil {
			return k, err
		}
	}
	if len(needs) > 0 {
		if k.needs, err = tx.NeedsByKey(ctx, needs); err != nil {
			return k, err
		}
		if err := meetCodes(ctx, needs, k.needs, tx.NeedByCode); err != nil {
			return k, err
		}
	}
	if len(parties) > 0 {
		if k.parties, err = tx.PartiesByKey(ctx, parties); err != nil {
			return k, err
		}
	}
	if len(people) > 0 {
		if k.people, err = tx.PeopleByKey(ctx, people); err != nil {
			return k, err
		}
	}
	var ids []uuid.UUID
	for _, r := range k.results {
		ids = append(ids, r.ID)
	}
	for _, n := range k.needs {
		ids = append(ids, n.ID)
	}
	k.edits, err = tx.Edits(ctx, ids)
	return k, err
}

// meetCodes lets a given id that is the public code of a thing of this
// catalogue mean that thing: an export names things so, and whoever edits it
// and brings it back means what stands there.
func meetCodes[T any](ctx context.Context, keys []string, found map[string]*T, byCode func(context.Context, string) (T, error)) error {
	for _, key := range keys {
		code, given := strings.CutPrefix(key, "id:")
		if !given || found[key] != nil || !catalog.IsShortCode(code) {
			continue
		}
		thing, err := byCode(ctx, code)
		switch {
		case err == nil:
			found[key] = &thing
		case catalog.CodeOf(err) != catalog.NotFound:
			return err
		}
	}
	return nil
}

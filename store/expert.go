package store

import (
	"context"
	"slices"

	"datai/catalog"

	"github.com/google/uuid"
)

// EachPerson calls fn for every person as EachResult does.
func (tx *Tx) EachPerson(ctx context.Context, fn func(*catalog.Person) error) error {
	return all(ctx, tx, people, fn)
}

// People loads the people with these ids in this order; ids that are not there
// are left out.
func (tx *Tx) People(ctx context.Context, ids []uuid.UUID) ([]catalog.Person, error) {
	return byID(ctx, tx, people, ids)
}

// PeopleNamed finds the people with one of these names, exactly as written, in
// the order of ids. One name may be several people's.
func (tx *Tx) PeopleNamed(ctx context.Context, names []string) ([]catalog.Person, error) {
	return named(ctx, tx, people, names)
}

// PartiesNamed finds parties as PeopleNamed finds people.
func (tx *Tx) PartiesNamed(ctx context.Context, names []string) ([]catalog.Party, error) {
	return named(ctx, tx, parties, names)
}

// named looks titles up by their sort keys, which are indexed.
func named[T any](ctx context.Context, tx *Tx, n noun[T], names []string) ([]T, error) {
	var out []T
	for part := range slices.Chunk(names, together) {
		keys := make([]string, len(part))
		for i, name := range part {
			keys[i] = sortKey(name)
		}
		err := eachThing(ctx, tx, n, func(t *T) error {
			out = append(out, *t)
			return nil
		}, nil, "SELECT "+rowColumns+" FROM "+n.table+" WHERE sort_key "+tx.db.driver.anyText()+
			" AND title "+tx.db.driver.anyText()+" ORDER BY id", keys, part)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

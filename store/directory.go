package store

import (
	"context"
	"slices"
	"strings"

	"datai/catalog"
	"datai/shelf"

	"github.com/google/uuid"
)

// PersonByCode finds the person with a public code.
func (tx *Tx) PersonByCode(ctx context.Context, code string) (catalog.Person, error) {
	return byCode(ctx, tx, people, code)
}

// ListParties returns one page of parties in the order of their names.
func (tx *Tx) ListParties(ctx context.Context, f shelf.PartyFilter, from shelf.Page) ([]catalog.Party, shelf.Leaf, error) {
	w := partiesWhere(f)
	if len(f.Kinds) > 0 {
		w.add("kind "+tx.db.driver.anyText(), texts(f.Kinds))
	}
	return leaf(ctx, tx, parties, w, from)
}

// ListPeople returns one page of people in the order of their names.
func (tx *Tx) ListPeople(ctx context.Context, f shelf.PersonFilter, from shelf.Page) ([]catalog.Person, shelf.Leaf, error) {
	w := peopleWhere(tx.db.driver, f)
	if len(f.Units) > 0 {
		w.add("unit "+tx.db.driver.anyText(), f.Units)
	}
	return leaf(ctx, tx, people, w, from)
}

// CountParties counts by kind, whatever kinds f asks for.
func (tx *Tx) CountParties(ctx context.Context, f shelf.PartyFilter) (map[string]int, error) {
	return countBy(ctx, tx, parties.table, "kind", partiesWhere(f))
}

// CountPeople counts by unit, whatever units f asks for.
func (tx *Tx) CountPeople(ctx context.Context, f shelf.PersonFilter) (map[string]int, error) {
	return countBy(ctx, tx, people.table, "unit", peopleWhere(tx.db.driver, f))
}

func texts[S ~string](in []S) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = string(s)
	}
	return out
}

// called keeps what has q in its name, or in the pinyin of its name if q is
// letters of it.
func (w *where) called(q string) { w.calledBy("title", q) }

// calledBy is called where the name stands in another column.
func (w *where) calledBy(column, q string) {
	if q == "" {
		return
	}
	letters := strings.ReplaceAll(sortKey(q), " ", "")
	if strings.ContainsFunc(q, func(r rune) bool { return r > 0x7f }) || len(letters) < 2 {
		w.add("replace("+column+", ?, '') <> "+column, q)
		return
	}
	w.add("(replace("+column+", ?, '') <> "+column+" OR replace(replace(sort_key, ' ', ''), ?, '') <> replace(sort_key, ' ', ''))", q, letters)
}

func partiesWhere(f shelf.PartyFilter) *where {
	w := &where{}
	w.called(f.Q)
	return w
}

func peopleWhere(d driver, f shelf.PersonFilter) *where {
	w := &where{}
	w.called(f.Q)
	if f.PublicAt != 0 {
		shown := resultsWhere(d, shelf.Filter{PublicAt: f.PublicAt})
		// From the person to the results, never the other way: most results are public.
		w.add("EXISTS (SELECT 1 FROM result_person AS l JOIN result AS r ON r.id = l.result_id"+shown.String()+" AND l.person_id = person.id)", shown.args...)
	}
	return w
}

// leaf reads one page in the order of names. The id decides between equal
// ones, so every row is on one page and on one only.
func leaf[T any](ctx context.Context, tx *Tx, n noun[T], w *where, from shelf.Page) ([]T, shelf.Leaf, error) {
	direction, beyond := "ASC", ">"
	if from.Back {
		direction, beyond = "DESC", "<"
	}
	if from.ID != uuid.Nil {
		w.add("(sort_key, id) "+beyond+" (?, ?)", from.SortKey, from.ID)
	}
	limit := from.Limit
	if limit <= 0 {
		limit = defaultPage
	}
	limit = min(limit, largestPage)
	var out []T
	var marks []shelf.Page
	var key string
	err := eachThing(ctx, tx, n, func(t *T) error {
		out = append(out, *t)
		marks = append(marks, shelf.Page{SortKey: key, ID: *n.parts(t).id})
		return nil
	}, []any{&key}, "SELECT "+rowColumns+", sort_key FROM "+n.table+w.String()+
		" ORDER BY sort_key "+direction+", id "+direction+" LIMIT ?", append(w.args, limit+1)...)
	if err != nil || len(out) == 0 {
		return nil, shelf.Leaf{Before: !from.Back && from.ID != uuid.Nil, After: from.Back}, err
	}
	more := len(out) > limit
	out, marks = out[:min(limit, len(out))], marks[:min(limit, len(out))]
	l := shelf.Leaf{Before: from.ID != uuid.Nil, After: more}
	if from.Back {
		slices.Reverse(out)
		slices.Reverse(marks)
		l = shelf.Leaf{Before: more, After: true}
	}
	l.First, l.Last = marks[0], marks[len(marks)-1]
	return out, l, nil
}

// EachUnit calls fn for the university and its units.
func (tx *Tx) EachUnit(ctx context.Context, fn func(*catalog.Party) error) error {
	return eachThing(ctx, tx, parties, fn, nil, "SELECT "+rowColumns+" FROM party WHERE kind IN (?, ?) ORDER BY sort_key, id",
		string(catalog.PartyUniversity), string(catalog.PartyUnit))
}

// NeedsOwnedBy returns at most limit needs whose owner has this name, the
// newest first.
func (tx *Tx) NeedsOwnedBy(ctx context.Context, name string, limit int) ([]catalog.Need, error) {
	if name == "" {
		return nil, nil
	}
	var out []catalog.Need
	err := eachThing(ctx, tx, needs, func(n *catalog.Need) error {
		out = append(out, *n)
		return nil
	}, nil, "SELECT "+rowColumns+" FROM need WHERE owner = ? ORDER BY id DESC LIMIT ?", boundKey(name), limit)
	return out, err
}

// ResultsBehind returns at most limit results that the person stands behind,
// the newest first; of a time other than 0 those that are public then.
func (tx *Tx) ResultsBehind(ctx context.Context, person uuid.UUID, at int64, limit int) ([]catalog.Result, error) {
	w := resultsWhere(tx.db.driver, shelf.Filter{PublicAt: at})
	w.add("l.person_id = ?", person)
	return newestOf(ctx, tx, "result_person AS l JOIN result AS r ON r.id = l.result_id", w, limit)
}

// ResultsNamed returns at most limit results with a completer of that name, the
// newest first.
func (tx *Tx) ResultsNamed(ctx context.Context, name string, limit int) ([]catalog.Result, error) {
	w := &where{}
	w.add("people <> '' AND replace(people, ?, '') <> people", "|"+name+"|")
	return newestOf(ctx, tx, "result AS r", w, limit)
}

// newestOf are the newest of the results r that from and w find. They are found
// first: an index on people must not lose to one on what is public.
func newestOf(ctx context.Context, tx *Tx, from string, w *where, limit int) ([]catalog.Result, error) {
	var out []catalog.Result
	err := eachThing(ctx, tx, results, func(r *catalog.Result) error {
		out = append(out, *r)
		return nil
	}, nil, "SELECT "+rowColumns+" FROM result WHERE id IN (SELECT r.id FROM "+from+w.String()+") ORDER BY updated_at DESC, id DESC LIMIT ?", append(w.args, limit)...)
	return out, err
}

// StandsBehind reports whether the person stands behind a result that is
// public at that time.
func (tx *Tx) StandsBehind(ctx context.Context, person uuid.UUID, at int64) (bool, error) {
	shown := resultsWhere(tx.db.driver, shelf.Filter{PublicAt: at})
	var one int
	return tx.one(ctx, []any{&one}, "SELECT 1 FROM result_person AS l JOIN result AS r ON r.id = l.result_id"+shown.String()+
		" AND l.person_id = ? LIMIT 1", append(shown.args, person)...)
}

// standBehind records who stands behind a result, as it says itself.
func (tx *Tx) standBehind(ctx context.Context, r *catalog.Result) error {
	if _, err := tx.exec(ctx, `DELETE FROM result_person WHERE result_id = ?`, r.ID); err != nil {
		return err
	}
	seen := map[uuid.UUID]bool{uuid.Nil: true}
	for _, c := range r.Completers {
		if seen[c.PersonID] {
			continue
		}
		seen[c.PersonID] = true
		if _, err := tx.exec(ctx, `INSERT INTO result_person (person_id, result_id) SELECT id, ? FROM person WHERE id = ?`, r.ID, c.PersonID); err != nil {
			return err
		}
	}
	return nil
}

package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"datai/catalog"
	"datai/shelf"

	"github.com/google/uuid"
)

var _ shelf.Tx = (*Tx)(nil)

// Bounds of a page.
const (
	defaultPage = 50
	largestPage = 1000
)

// ResultByCode finds the result with a public code.
func (tx *Tx) ResultByCode(ctx context.Context, code string) (catalog.Result, error) {
	return byCode(ctx, tx, results, code)
}

// NeedByCode finds the need with a public code.
func (tx *Tx) NeedByCode(ctx context.Context, code string) (catalog.Need, error) {
	return byCode(ctx, tx, needs, code)
}

// PartyByCode finds the party with a public code.
func (tx *Tx) PartyByCode(ctx context.Context, code string) (catalog.Party, error) {
	return byCode(ctx, tx, parties, code)
}

// Results loads the results with these ids in this order, each once; ids that
// are not there are left out.
func (tx *Tx) Results(ctx context.Context, ids []uuid.UUID) ([]catalog.Result, error) {
	return byID(ctx, tx, results, ids)
}

// Needs loads needs as Results loads results.
func (tx *Tx) Needs(ctx context.Context, ids []uuid.UUID) ([]catalog.Need, error) {
	return byID(ctx, tx, needs, ids)
}

// Parties loads parties as Results loads results.
func (tx *Tx) Parties(ctx context.Context, ids []uuid.UUID) ([]catalog.Party, error) {
	return byID(ctx, tx, parties, ids)
}

// SaveResult writes r if its stored version is r.Version and adds one to it;
// Conflict otherwise. It records the change, and who stands behind r.
func (tx *Tx) SaveResult(ctx context.Context, r catalog.Result) error {
	if err := save(ctx, tx, results, &r); err != nil {
		return err
	}
	return tx.standBehind(ctx, &r)
}

// SaveNeed writes n as SaveResult writes a result.
func (tx *Tx) SaveNeed(ctx context.Context, n catalog.Need) error {
	if err := save(ctx, tx, needs, &n); err != nil {
		return err
	}
	return tx.ownedBy(ctx, &n)
}

// where collects conditions and their arguments.
type where struct {
	terms []string
	args  []any
}

func (w *where) add(term string, args ...any) {
	w.terms = append(w.terms, term)
	w.args = append(w.args, args...)
}

func (w *where) String() string {
	if len(w.terms) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.terms, " AND ")
}

// shown keeps what is public at the time, as the Public methods of the catalog
// say.
func (w *where) shown(d driver, at int64, states []string) {
	if at == 0 {
		return
	}
	w.add("confirmed = 1")
	w.add("state "+d.anyText(), states)
	w.add("(expires_at = 0 OR expires_at > ?)", at)
}

// common are the conditions that results and needs share.
func (w *where) common(d driver, f shelf.Filter) {
	if len(f.States) > 0 {
		w.add("state "+d.anyText(), f.States)
	}
	if f.Confirmed {
		w.add("confirmed = 1")
	}
	if f.ExpiresTo != 0 {
		w.add("expires_at > 0 AND expires_at > ? AND expires_at <= ?", f.ExpiresFrom, f.ExpiresTo)
	}
	if len(f.Themes) == 0 {
		return
	}
	// replace is the one search for a part of a text that is the same in both
	// databases: LIKE and the names of the functions differ.
	terms := make([]string, len(f.Themes))
	args := make([]any, len(f.Themes))
	for i, t := range f.Themes {
		terms[i], args[i] = "replace(themes, ?, '') <> themes", themeTags([]catalog.Theme{t})
	}
	w.add("("+strings.Join(terms, " OR ")+")", args...)
}

// onShelf are the states in which a result may be public.
func onShelf() []string {
	var out []string
	for _, s := range catalog.ResultStates() {
		if s.OnShelf() {
			out = append(out, string(s))
		}
	}
	return out
}

// standing keeps results in these states, as catalog.Result.Standing has them.
func (w *where) standing(d driver, states []string) {
	term, args := "state "+d.anyText()+" AND (confirmed = 1 OR NOT state "+d.anyText()+")", []any{states, onShelf()}
	if slices.Contains(states, string(catalog.ResultReview)) {
		term, args = term+" OR confirmed = 0 AND state "+d.anyText(), append(args, onShelf())
	}
	w.add("("+term+")", args...)
}

func resultsWhere(d driver, f shelf.Filter) *where {
	w := &where{}
	w.shown(d, f.PublicAt, onShelf())
	if len(f.States) > 0 && !f.Confirmed && f.PublicAt == 0 {
		w.standing(d, f.States)
		f.States = nil
	}
	if f.PublicAt != 0 || f.Confirmed {
		w.add("unfiled = 0")
	}
	w.common(d, f)
	if f.Kind != "" {
		w.add("kind = ?", string(f.Kind))
	}
	if f.MinTRL > 0 {
		w.add("trl >= ?", f.MinTRL)
	}
	return w
}

func needsWhere(d driver, f shelf.Filter) *where {
	w := &where{}
	w.shown(d, f.PublicAt, []string{string(catalog.NeedOpen)})
	w.common(d, f)
	return w
}

// ListResults returns one page and the Page after it (Limit 0: no more). A
// Limit of 0 asks for a page of the usual size.
func (tx *Tx) ListResults(ctx context.Context, f shelf.Filter, p shelf.Page) ([]catalog.Result, shelf.Page, error) {
	return list(ctx, tx, results, resultsWhere(tx.db.driver, f), f.Order, p)
}

// ListNeeds returns one page of needs; of Filter, Kind and MinTRL do not apply.
func (tx *Tx) ListNeeds(ctx context.Context, f shelf.Filter, p shelf.Page) ([]catalog.Need, shelf.Page, error) {
	return list(ctx, tx, needs, needsWhere(tx.db.driver, f), f.Order, p)
}

// list reads one page. The id decides between equal sort keys, so every row is
// on one page and on one only.
func list[T any](ctx context.Context, tx *Tx, n noun[T], w *where, order shelf.Order, p shelf.Page) ([]T, shelf.Page, error) {
	column, direction, after := "sort_key", "ASC", ">"
	var from any = p.SortKey
	switch order {
	case shelf.ByNewest:
		column, direction, after = "updated_at", "DESC", "<"
	case shelf.ByExpiry:
		column = "expires_at"
	}
	if column != "sort_key" {
		if p.SortKey != "" {
			at, err := strconv.ParseInt(p.SortKey, 10, 64)
			if err != nil {
				return nil, shelf.Page{}, catalog.Refuse(catalog.Invalid, "error.invalid").Because(err)
			}
			from = at
		}
	}
	if p.ID != uuid.Nil {
		w.add("("+column+", id) "+after+" (?, ?)", from, p.ID)
	}
	limit := p.Limit
	if limit <= 0 {
		limit = defaultPage
	}
	limit = min(limit, largestPage)
	var out []T
	var next shelf.Page
	var key any
	more := false
	err := eachThing(ctx, tx, n, func(t *T) error {
		if len(out) == limit {
			more = true
			return nil
		}
		out = append(out, *t)
		next = shelf.Page{SortKey: keyText(key), ID: *n.parts(t).id, Limit: limit}
		return nil
	}, []any{&key}, "SELECT "+rowColumns+", "+column+" FROM "+n.table+w.String()+
		" ORDER BY "+column+" "+direction+", id "+direction+" LIMIT ?", append(w.args, limit+1)...)
	if err != nil {
		return nil, shelf.Page{}, err
	}
	if !more {
		next = shelf.Page{}
	}
	return out, next, nil
}

// keyText is a sort key as a Page holds it.
func keyText(key any) string {
	switch k := key.(type) {
	case int64:
		return strconv.FormatInt(k, 10)
	case []byte:
		return string(k)
	case string:
		return k
	}
	return ""
}

// EndingListings returns the public results and needs that end in (from, to].
func (tx *Tx) EndingListings(ctx context.Context, from, to int64) ([]shelf.Ending, error) {
	var out []shelf.Ending
	f := shelf.Filter{PublicAt: max(from, 1), ExpiresFrom: from, ExpiresTo: to}
	for _, t := range []struct {
		table string
		where *where
	}{{results.table, resultsWhere(tx.db.driver, f)}, {needs.table, needsWhere(tx.db.driver, f)}} {
		err := tx.each(ctx, func(s scanner) error {
			e := shelf.Ending{Kind: t.table}
			if err := s.Scan(&e.Code, &e.ExpiresAt); err != nil {
				return err
			}
			out = append(out, e)
			return nil
		}, "SELECT code, expires_at FROM "+t.table+t.where.String()+" ORDER BY expires_at, id", t.where.args...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// metaReminded names in meta when the office was last reminded, unix ms.
const metaReminded = "reminded"

// LastReminder is when Remind ran last, 0 if never.
func (tx *Tx) LastReminder(ctx context.Context) (int64, error) {
	var text string
	ok, err := tx.one(ctx, []any{&text}, `SELECT value FROM meta WHERE name = ?`, metaReminded)
	if err != nil || !ok {
		return 0, err
	}
	at, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("store: %s: %w", metaReminded, err)
	}
	return at, nil
}

// SetLastReminder moves it from was to now; Conflict if it is elsewhere.
func (tx *Tx) SetLastReminder(ctx context.Context, was, now int64) error {
	if was == 0 {
		return only(tx.exec(ctx, `INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING`, metaReminded, strconv.FormatInt(now, 10)))
	}
	return only(tx.exec(ctx, `UPDATE meta SET value = ? WHERE name = ? AND value = ?`, strconv.FormatInt(now, 10), metaReminded, strconv.FormatInt(was, 10)))
}

// EachAddress calls fn with the code and the last change of the public results
// or needs, streaming.
func (tx *Tx) EachAddress(ctx context.Context, noun string, publicAt int64, skip, limit int, fn func(code string, changed int64) error) error {
	f := shelf.Filter{PublicAt: max(publicAt, 1)} // 0 would be everything
	table, w := results.table, resultsWhere(tx.db.driver, f)
	if noun == "needs" {
		table, w = needs.table, needsWhere(tx.db.driver, f)
	}
	return tx.each(ctx, func(s scanner) error {
		var code string
		var changed int64
		if err := s.Scan(&code, &changed); err != nil {
			return err
		}
		return fn(code, changed)
	}, "SELECT code, updated_at FROM "+table+w.String()+" ORDER BY id LIMIT ? OFFSET ?", append(w.args, limit, skip)...)
}

// CountResults counts by state.
func (tx *Tx) CountResults(ctx context.Context, f shelf.Filter) (map[string]int, error) {
	return countBy(ctx, tx, results.table, "state", resultsWhere(tx.db.driver, f))
}

// CountNeeds counts by state.
func (tx *Tx) CountNeeds(ctx context.Context, f shelf.Filter) (map[string]int, error) {
	return countBy(ctx, tx, needs.table, "state", needsWhere(tx.db.driver, f))
}

func countBy(ctx context.Context, tx *Tx, table, column string, w *where) (map[string]int, error) {
	out := map[string]int{}
	err := tx.each(ctx, func(s scanner) error {
		var value string
		var n int
		if err := s.Scan(&value, &n); err != nil {
			return err
		}
		out[value] = n
		return nil
	}, "SELECT "+column+", count(*) FROM "+table+w.String()+" GROUP BY "+column, w.args...)
	return out, err
}

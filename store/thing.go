package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"datai/catalog"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// head is what the database itself must know of a thing; everything else is in
// its body.
type head struct {
	id                 uuid.UUID
	version            int64
	code, key, title   string
	kind, state        string
	confirmed, unfiled bool
	themes             string // "|ai|health|", "" for none
	trl                int
	expires            int64
	alike              catalog.Alike
	staffNo, orcid     string // of a person
	unit               string // of a person
	owner              string // of a need
	people             string // of a result: the names of its completers, "|甲|乙|", "" for none
	created, updated   int64
}

// noun says how things of type T are kept.
type noun[T any] struct {
	table string // also the kind of its changes
	// columns that a save sets, beside version, body and contact. A code, a
	// key and the time of making stay what they were: they are in made.
	columns []string
	// made are the columns that are set once, beside the id.
	made []string
	head func(*T) head
	// parts are the fields that the row keeps apart from the body.
	parts func(*T) parts
}

type parts struct {
	id      *uuid.UUID
	version *int64
	contact *catalog.Contact // nil if there is none
	extra   *map[string]string
}

// private is what only the office sees and nobody reads in the file: the
// contact, and the columns of a sheet that nobody knew, which may hold phones
// and identity numbers as well.
type private struct {
	Contact catalog.Contact
	Extra   map[string]string `json:",omitempty"`
}

var (
	results = noun[catalog.Result]{
		table: "result",
		columns: []string{"title", "sort_key", "kind", "state", "confirmed", "unfiled", "themes", "trl", "expires_at", "people", "updated_at",
			"alike", "alike_head", "alike_tail", "right_no"},
		made: []string{"code", "key", "created_at"},
		head: func(r *catalog.Result) head {
			return head{id: r.ID, version: r.Version, code: r.Code, key: r.Key(), title: r.Title, kind: string(r.Kind),
				state: string(r.State), confirmed: r.PublicConfirmed, unfiled: r.Unfiled, themes: themeTags(r.Themes),
				trl: r.Maturity.Level, expires: r.ExpiresAt, people: peopleTags(r.Completers), alike: r.Alike(), created: r.CreatedAt, updated: r.UpdatedAt}
		},
		parts: func(r *catalog.Result) parts { return parts{&r.ID, &r.Version, &r.Contact, &r.Extra} },
	}
	needs = noun[catalog.Need]{
		table: "need",
		columns: []string{"title", "sort_key", "state", "confirmed", "themes", "expires_at", "owner", "updated_at",
			"alike", "alike_head", "alike_tail"},
		made: []string{"code", "key", "created_at"},
		head: func(n *catalog.Need) head {
			return head{id: n.ID, version: n.Version, code: n.Code, key: n.Key(), title: n.Title,
				state: string(n.State), confirmed: n.PublicConfirmed, themes: themeTags(n.Themes),
				expires: n.ExpiresAt, owner: n.OwnerName, alike: n.Alike(), created: n.CreatedAt, updated: n.UpdatedAt}
		},
		parts: func(n *catalog.Need) parts { return parts{&n.ID, &n.Version, &n.Contact, &n.Extra} },
	}
	parties = noun[catalog.Party]{
		table:   "party",
		columns: []string{"title", "sort_key", "kind", "updated_at", "alike", "alike_head", "alike_tail"},
		made:    []string{"code", "key", "created_at"},
		head: func(p *catalog.Party) head {
			return head{id: p.ID, version: p.Version, code: p.Code, key: p.Key(), title: p.Name, kind: string(p.Kind),
				alike: p.Alike(), created: p.CreatedAt, updated: p.UpdatedAt}
		},
		parts: func(p *catalog.Party) parts { return parts{&p.ID, &p.Version, &p.Contact, &p.Extra} },
	}
	people = noun[catalog.Person]{
		table:   "person",
		columns: []string{"title", "sort_key", "staff_no", "orcid", "unit", "updated_at"},
		made:    []string{"code", "created_at"},
		head: func(p *catalog.Person) head {
			h := head{id: p.ID, version: p.Version, code: p.Code, title: p.Name, staffNo: p.StaffNo, orcid: p.ORCID, unit: p.Unit,
				created: p.CreatedAt, updated: p.UpdatedAt}
			if keys := p.Keys(); len(keys) > 0 {
				h.key = keys[0]
			}
			return h
		},
		parts: func(p *catalog.Person) parts { return parts{&p.ID, &p.Version, nil, &p.Extra} },
	}
)

func themeTags(themes []catalog.Theme) string {
	if len(themes) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteByte('|')
	for _, t := range themes {
		b.WriteString(string(t))
		b.WriteByte('|')
	}
	return b.String()
}

func peopleTags(completers []catalog.Completer) string {
	var b strings.Builder
	for _, c := range completers {
		if name := strings.ReplaceAll(c.Name, "|", ""); name != "" {
			b.WriteByte('|')
			b.WriteString(name)
		}
	}
	if b.Len() > 0 {
		b.WriteByte('|')
	}
	return cut(b.String(), maxPeople)
}

// value is the head's value of a column.
func (h *head) value(column string) any {
	switch column {
	case "id":
		return h.id
	case "version":
		return h.version
	case "code":
		return h.code
	case "key":
		return boundKey(h.key)
	case "title":
		return h.title
	case "sort_key":
		return sortKey(h.title)
	case "kind":
		return h.kind
	case "state":
		return h.state
	case "confirmed":
		return h.confirmed
	case "unfiled":
		return h.unfiled
	case "themes":
		return h.themes
	case "trl":
		return h.trl
	case "expires_at":
		return h.expires
	case "alike":
		return h.alike.Title
	case "alike_head":
		return h.alike.Head
	case "alike_tail":
		return h.alike.Tail
	case "right_no":
		return h.alike.Right
	case "staff_no":
		return boundKey(h.staffNo)
	case "orcid":
		return boundKey(h.orcid)
	case "unit":
		return boundKey(h.unit)
	case "people":
		return h.people
	case "owner":
		return boundKey(h.owner)
	case "created_at":
		return h.created
	case "updated_at":
		return h.updated
	}
	panic("store: no column " + column)
}

// written is how a thing is written: without what says nothing, the same every
// time. Text is valid UTF-8 since it was read; what is not would be replaced.
var written = json.JoinOptions(json.OmitZeroStructFields(true), json.Deterministic(true), jsontext.AllowInvalidUTF8(true))

// encode splits a thing into its body and its sealed part, nil if that is
// empty. The body holds what the columns hold, too, but the version, which
// stands in its column alone.
func encode[T any](s *seal, n noun[T], thing *T) (body string, sealed []byte, err error) {
	c := *thing
	p := n.parts(&c)
	id, secret := *p.id, private{}
	if p.contact != nil {
		secret.Contact = *p.contact
	}
	*p.version = 0
	if len(*p.extra) > 0 {
		secret.Extra, *p.extra = *p.extra, nil
	}
	text, err := json.Marshal(&c, written)
	if err != nil { // a number that is none
		return "", nil, catalog.Refuse(catalog.Invalid, "error.invalid").Because(err)
	}
	if !secret.Contact.Empty() || secret.Extra != nil {
		plain, err := json.Marshal(secret, written)
		if err != nil {
			return "", nil, fmt.Errorf("store: encode %s: %w", n.table, err)
		}
		sealed = s.close(plain, id)
	}
	return string(text), sealed, nil
}

// decode is the reverse of encode.
func decode[T any](s *seal, n noun[T], id uuid.UUID, version int64, body string, sealed []byte) (*T, error) {
	thing := new(T)
	if err := json.Unmarshal([]byte(body), thing); err != nil {
		return nil, fmt.Errorf("store: %s %s: %w", n.table, id, err)
	}
	p := n.parts(thing)
	*p.id, *p.version = id, version
	if len(sealed) == 0 {
		return thing, nil
	}
	plain, err := s.open(sealed, id)
	if err != nil {
		return nil, err
	}
	var secret private
	if err := json.Unmarshal(plain, &secret); err != nil {
		return nil, fmt.Errorf("store: %s %s: %w", n.table, id, err)
	}
	if p.contact != nil {
		*p.contact = secret.Contact
	}
	if secret.Extra != nil {
		*p.extra = secret.Extra
	}
	return thing, nil
}

// row is the part of a row of which a thing is made; its columns are rowColumns.
type row struct {
	id      uuid.UUID
	version int64
	body    string
	sealed  []byte
}

const rowColumns = "id, version, body, contact"

func (r *row) dest() []any { return []any{&r.id, &r.version, &r.body, &r.sealed} }

// eachThing calls fn for every thing of a query that begins with SELECT
// rowColumns; more are the destinations of further columns.
func eachThing[T any](ctx context.Context, tx *Tx, n noun[T], fn func(*T) error, more []any, query string, args ...any) error {
	return tx.each(ctx, func(s scanner) error {
		var r row
		if err := s.Scan(append(r.dest(), more...)...); err != nil {
			return err
		}
		thing, err := decode(tx.db.seal, n, r.id, r.version, r.body, r.sealed)
		if err != nil {
			return err
		}
		return fn(thing)
	}, query, args...)
}

// byCode finds the thing with a public code.
func byCode[T any](ctx context.Context, tx *Tx, n noun[T], code string) (found T, err error) {
	ok := false
	err = eachThing(ctx, tx, n, func(t *T) error {
		found, ok = *t, true
		return nil
	}, nil, "SELECT "+rowColumns+" FROM "+n.table+" WHERE code = ?", code)
	if err == nil && !ok {
		err = notFound()
	}
	return found, err
}

// together bounds the ids or keys of one query.
const together = 1000

// byID loads things in the order of ids, each once.
func byID[T any](ctx context.Context, tx *Tx, n noun[T], ids []uuid.UUID) ([]T, error) {
	found := make(map[uuid.UUID]*T, len(ids))
	for rest := ids; len(rest) > 0; {
		part := rest[:min(together, len(rest))]
		rest = rest[len(part):]
		err := eachThing(ctx, tx, n, func(t *T) error {
			found[*n.parts(t).id] = t
			return nil
		}, nil, "SELECT "+rowColumns+" FROM "+n.table+" WHERE id "+tx.db.driver.anyID(), part)
		if err != nil {
			return nil, err
		}
	}
	out := make([]T, 0, len(found))
	for _, id := range ids {
		if t := found[id]; t != nil {
			out = append(out, *t)
			delete(found, id)
		}
	}
	return out, nil
}

// byKey finds things by the keys under which they were made first.
func byKey[T any](ctx context.Context, tx *Tx, n noun[T], keys []string) (map[string]*T, error) {
	return byColumn(ctx, tx, n, "key", keys)
}

// byAnyKey is byKey, and finds things also by the keys that somebody said mean
// them.
func byAnyKey[T any](ctx context.Context, tx *Tx, n noun[T], keys []string) (map[string]*T, error) {
	out, err := byKey(ctx, tx, n, keys)
	if err != nil || len(out) == len(keys) {
		return out, err
	}
	asked := map[string]string{}
	for _, k := range keys {
		if out[k] == nil {
			asked[boundKey(k)] = k
		}
	}
	for part := range slices.Chunk(slices.Sorted(maps.Keys(asked)), together) {
		var key string
		err := eachThing(ctx, tx, n, func(t *T) error {
			out[asked[key]] = t
			return nil
		}, []any{&key}, "SELECT t.id, t.version, t.body, t.contact, a.key FROM import_alias AS a JOIN "+n.table+
			" AS t ON t.id = a.thing_id WHERE a.thing = ? AND a.key "+tx.db.driver.anyText(), n.table, part)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// byColumn finds things by a column whose values are bound as keys are.
func byColumn[T any](ctx context.Context, tx *Tx, n noun[T], column string, keys []string) (map[string]*T, error) {
	out := make(map[string]*T, len(keys))
	asked := make(map[string]string, len(keys))
	stored := make([]string, len(keys))
	for i, k := range keys {
		stored[i] = boundKey(k)
		asked[stored[i]] = k
	}
	for len(stored) > 0 {
		part := stored[:min(together, len(stored))]
		stored = stored[len(part):]
		var key string
		err := eachThing(ctx, tx, n, func(t *T) error {
			out[asked[key]] = t
			return nil
		}, []any{&key}, "SELECT "+rowColumns+", "+column+" FROM "+n.table+" WHERE "+column+" "+tx.db.driver.anyText(), part)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// all streams every thing in the order of ids.
func all[T any](ctx context.Context, tx *Tx, n noun[T], fn func(*T) error) error {
	return eachThing(ctx, tx, n, fn, nil, "SELECT "+rowColumns+" FROM "+n.table+" ORDER BY id")
}

// save writes a thing over the version that it was read as.
func save[T any](ctx context.Context, tx *Tx, n noun[T], thing *T) error {
	h := n.head(thing)
	body, sealed, err := encode(tx.db.seal, n, thing)
	if err != nil {
		return err
	}
	args := make([]any, 0, len(n.columns)+4)
	for _, c := range n.columns {
		args = append(args, h.value(c))
	}
	args = append(args, body, sealed, h.id, h.version)
	touched, err := tx.exec(ctx, "UPDATE "+n.table+" SET "+strings.Join(n.columns, " = ?, ")+
		" = ?, body = ?, contact = ?, version = version + 1 WHERE id = ? AND version = ?", args...)
	if err != nil {
		return err
	}
	if touched != 1 {
		return conflict()
	}
	return tx.changed(ctx, n.table, h.id)
}

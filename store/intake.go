package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"datai/catalog"
	"datai/intake"

	"github.com/google/uuid"
)

var _ intake.Tx = (*Tx)(nil)

// AddBatch adds a batch.
func (tx *Tx) AddBatch(ctx context.Context, b intake.Batch) error {
	body, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("store: batch: %w", err)
	}
	_, err = tx.exec(ctx, `INSERT INTO import_batch (id, version, state, drop_id, digest, asked, created_at, updated_at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		b.ID, b.Version, string(b.State), b.Drop, b.Digest, b.Counts.Alike, b.CreatedAt, b.UpdatedAt, string(body))
	return err
}

// SaveBatch writes b and adds one to its version; Conflict if the stored
// version is not b.Version.
func (tx *Tx) SaveBatch(ctx context.Context, b intake.Batch) error {
	body, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("store: batch: %w", err)
	}
	return only(tx.exec(ctx, `UPDATE import_batch SET state = ?, drop_id = ?, digest = ?, asked = ?, created_at = ?, updated_at = ?, body = ?, version = version + 1 WHERE id = ? AND version = ?`,
		string(b.State), b.Drop, b.Digest, b.Counts.Alike, b.CreatedAt, b.UpdatedAt, string(body), b.ID, b.Version))
}

// Batch reads a batch.
func (tx *Tx) Batch(ctx context.Context, id uuid.UUID) (intake.Batch, error) {
	found, err := tx.batches(ctx, "WHERE id = ?", id)
	if err != nil {
		return intake.Batch{}, err
	}
	if len(found) == 0 {
		return intake.Batch{}, notFound()
	}
	return found[0], nil
}

// Batches reads the newest batches first.
func (tx *Tx) Batches(ctx context.Context, limit int) ([]intake.Batch, error) {
	return tx.batches(ctx, "ORDER BY created_at DESC, id DESC LIMIT ?", limit)
}

// BatchesOfDrop reads the files of one drop in the order in which they came.
func (tx *Tx) BatchesOfDrop(ctx context.Context, drop uuid.UUID) ([]intake.Batch, error) {
	return tx.batches(ctx, "WHERE drop_id = ? ORDER BY created_at, id", drop)
}

// BatchesAsking reads the newest batches with alike rows.
func (tx *Tx) BatchesAsking(ctx context.Context, limit int) ([]intake.Batch, error) {
	return tx.batches(ctx, "WHERE asked > 0 ORDER BY created_at DESC, id DESC LIMIT ?", limit)
}

// BatchesOfDigest reads the newest imports of the same bytes.
func (tx *Tx) BatchesOfDigest(ctx context.Context, digest string, limit int) ([]intake.Batch, error) {
	return tx.batches(ctx, "WHERE digest = ? ORDER BY created_at DESC, id DESC LIMIT ?", digest, limit)
}

// BatchesKept reads batches that have rows and did not move since before.
func (tx *Tx) BatchesKept(ctx context.Context, before int64, limit int) ([]intake.Batch, error) {
	return tx.batches(ctx, "WHERE kept = 1 AND updated_at < ? ORDER BY updated_at LIMIT ?", before, limit)
}

func (tx *Tx) batches(ctx context.Context, which string, args ...any) (out []intake.Batch, err error) {
	err = tx.each(ctx, func(s scanner) error {
		var b intake.Batch
		var version int64
		var body string
		if err := s.Scan(&version, &body); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(body), &b); err != nil {
			return fmt.Errorf("store: batch: %w", err)
		}
		b.Version = version
		out = append(out, b)
		return nil
	}, "SELECT version, body FROM import_batch "+which, args...)
	return out, err
}

// staged are the columns of import_row that describe the thing.
var staged = []string{"id", "version", "code", "key", "title", "sort_key", "kind", "state", "confirmed", "unfiled",
	"themes", "trl", "expires_at", "alike", "alike_head", "alike_tail", "right_no", "staff_no", "orcid", "unit", "owner", "people", "created_at", "updated_at"}

// told are the columns of import_row that say what becomes of the row.
var told = []string{"fate", "mark", "thing", "twin", "likeness", "later", "issues", "said", "cells", "body", "contact"}

// AddRows appends rows to a batch. What a row says about its cells and how to
// reach people is encrypted.
func (tx *Tx) AddRows(ctx context.Context, batch uuid.UUID, rows []intake.StagedRow) error {
	var pos int64
	if _, err := tx.one(ctx, []any{&pos}, `SELECT coalesce(max(pos), 0) FROM import_row WHERE batch_id = ?`, batch); err != nil {
		return err
	}
	width := 6 + len(told) + len(staged)
	values := make([]any, 0, len(rows)*width)
	for i := range rows {
		pos++
		// The id of the change is made here, so that applying makes no rows one by one.
		change, err := tx.db.newID()
		if err != nil {
			return err
		}
		v, err := tx.rowValues(batch, &rows[i])
		if err != nil {
			return err
		}
		values = append(append(values, batch, pos, rows[i].N, rows[i].Sheet, rows[i].Title, change), v...)
	}
	return tx.insert(ctx, "import_row (batch_id, pos, n, sheet, label, change_id, "+strings.Join(slices.Concat(told, staged), ", ")+")", width, values)
}

// SaveRows writes rows of a batch anew over those with their Pos.
func (tx *Tx) SaveRows(ctx context.Context, batch uuid.UUID, rows []intake.StagedRow) error {
	query := "UPDATE import_row SET " + strings.Join(slices.Concat(told, staged), " = ?, ") + " = ? WHERE batch_id = ? AND pos = ?"
	for i := range rows {
		v, err := tx.rowValues(batch, &rows[i])
		if err != nil {
			return err
		}
		if err := only(tx.exec(ctx, query, append(v, batch, rows[i].Pos)...)); err != nil {
			return err
		}
	}
	return nil
}

// rowValues are the values of told and staged.
func (tx *Tx) rowValues(batch uuid.UUID, r *intake.StagedRow) ([]any, error) {
	t, err := stage(tx.db.seal, r)
	if err != nil {
		return nil, err
	}
	issues, err := closeJSON(tx.db.seal, batch, r.Issues, len(r.Issues) == 0)
	if err != nil {
		return nil, err
	}
	said, err := sealSaid(tx.db.seal, batch, r.Said)
	if err != nil {
		return nil, err
	}
	cells, err := closeJSON(tx.db.seal, batch, r.Cells, len(r.Cells) == 0)
	if err != nil {
		return nil, err
	}
	out := []any{string(r.Fate), t.mark(), t.table, r.Twin, string(r.Likeness), r.Later, issues, said, cells, t.body, t.sealed}
	for _, c := range staged {
		out = append(out, t.head.value(c))
	}
	return out, nil
}

// closeJSON is v, encrypted for a batch; nil if there is none of it.
func closeJSON(s *seal, batch uuid.UUID, v any, none bool) ([]byte, error) {
	if none {
		return nil, nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("store: staged row: %w", err)
	}
	return s.close(text, batch), nil
}

// openJSON is the reverse of closeJSON.
func openJSON(s *seal, batch uuid.UUID, from []byte, to any) error {
	if from == nil {
		return nil
	}
	text, err := s.open(from, batch)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, to); err != nil {
		return fmt.Errorf("store: staged row: %w", err)
	}
	return nil
}

// saidRow is what a row said, with the contact that the body of a thing leaves
// out.
type saidRow struct {
	intake.Row

	Contact catalog.Contact
}

func sealSaid(s *seal, batch uuid.UUID, r *intake.Row) ([]byte, error) {
	if r == nil {
		return nil, nil
	}
	said := saidRow{Row: *r}
	if c := contactOf(&said.Row); c != nil {
		said.Contact = *c
	}
	return closeJSON(s, batch, said, false)
}

func unsealSaid(s *seal, batch uuid.UUID, from []byte) (*intake.Row, error) {
	if from == nil {
		return nil, nil
	}
	var said saidRow
	if err := openJSON(s, batch, from, &said); err != nil {
		return nil, err
	}
	if c := contactOf(&said.Row); c != nil {
		*c = said.Contact
	}
	return &said.Row, nil
}

// contactOf is the contact of the thing of a row, nil if it can have none.
func contactOf(r *intake.Row) *catalog.Contact {
	switch {
	case r.Result != nil:
		return &r.Result.Contact
	case r.Need != nil:
		return &r.Need.Contact
	case r.Party != nil:
		return &r.Party.Contact
	}
	return nil
}

// stagedThing is the thing of a staged row, ready to be written.
type stagedThing struct {
	table  string // "" for none
	head   head
	body   string
	sealed []byte
}

func stage(s *seal, r *intake.StagedRow) (stagedThing, error) {
	switch {
	case r.Result != nil:
		return stageThing(s, results, r.Result)
	case r.Need != nil:
		return stageThing(s, needs, r.Need)
	case r.Party != nil:
		return stageThing(s, parties, r.Party)
	case r.Person != nil:
		return stageThing(s, people, r.Person)
	}
	return stagedThing{}, nil
}

func stageThing[T any](s *seal, n noun[T], thing *T) (stagedThing, error) {
	body, sealed, err := encode(s, n, thing)
	return stagedThing{table: n.table, head: n.head(thing), body: body, sealed: sealed}, err
}

// mark is equal for rows about the same thing: by its id if the catalogue has
// it, by its key if it is new.
func (t *stagedThing) mark() string {
	switch {
	case t.table == "":
		return ""
	case t.head.version > 0:
		return t.table + " " + t.head.id.String()
	}
	return t.table + " " + boundKey(t.head.key)
}

// Rows reads a batch in row order after row number after, of one fate or of
// all (""). Sheets of one workbook may number alike: a page then holds all rows
// of its last number and may be a little longer than limit.
func (tx *Tx) Rows(ctx context.Context, batch uuid.UUID, fate intake.Fate, after, limit int) ([]intake.StagedRow, error) {
	w := &where{}
	w.add("batch_id = ? AND n > ?", batch, after)
	if fate != "" {
		w.add("fate = ?", string(fate))
	}
	var last int // the row number that ends the page; beyond every row if it is the last page
	full, err := tx.one(ctx, []any{&last}, "SELECT n FROM import_row"+w.String()+" ORDER BY n, pos LIMIT 1 OFFSET ?",
		append(w.args[:len(w.args):len(w.args)], max(0, limit-1))...)
	if err != nil {
		return nil, err
	}
	if full {
		w.add("n <= ?", last)
	}
	return tx.readRows(ctx, batch, false, w.String()+" ORDER BY n, pos", w.args...)
}

// RowsAt reads rows whole, by their places.
func (tx *Tx) RowsAt(ctx context.Context, batch uuid.UUID, pos []int64) ([]intake.StagedRow, error) {
	if len(pos) == 0 {
		return nil, nil
	}
	args := []any{batch}
	for _, p := range pos {
		args = append(args, p)
	}
	return tx.readRows(ctx, batch, true, " WHERE batch_id = ? AND pos IN (?"+strings.Repeat(", ?", len(pos)-1)+") ORDER BY pos", args...)
}

// RowsAbout reads the rows whole that wait to be written about these things or
// that say that nothing of them changes.
func (tx *Tx) RowsAbout(ctx context.Context, batch uuid.UUID, ids []uuid.UUID) ([]intake.StagedRow, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return tx.readRows(ctx, batch, true, " WHERE batch_id = ? AND fate IN (?, ?, ?) AND body <> '' AND id "+tx.db.driver.anyID()+" ORDER BY pos",
		batch, string(intake.New), string(intake.Changed), string(intake.Unchanged), ids)
}

// EachRefused calls fn with every refused row, in row order, with its cells.
func (tx *Tx) EachRefused(ctx context.Context, batch uuid.UUID, fn func(intake.StagedRow) error) error {
	return tx.eachRow(ctx, batch, true, fn, " WHERE batch_id = ? AND fate = ? ORDER BY n, pos", batch, string(intake.Refused))
}

// EachPartyRow calls fn with every row whole of a party that is new, changed or
// unchanged, in the order of the file.
func (tx *Tx) EachPartyRow(ctx context.Context, batch uuid.UUID, fn func(intake.StagedRow) error) error {
	return tx.eachRow(ctx, batch, true, fn, " WHERE batch_id = ? AND thing = ? AND fate IN (?, ?, ?) AND body <> '' ORDER BY pos",
		batch, parties.table, string(intake.New), string(intake.Changed), string(intake.Unchanged))
}

func (tx *Tx) readRows(ctx context.Context, batch uuid.UUID, whole bool, which string, args ...any) (out []intake.StagedRow, err error) {
	err = tx.eachRow(ctx, batch, whole, func(r intake.StagedRow) error {
		out = append(out, r)
		return nil
	}, which, args...)
	return out, err
}

func (tx *Tx) eachRow(ctx context.Context, batch uuid.UUID, whole bool, fn func(intake.StagedRow) error, which string, args ...any) error {
	more := "NULL, NULL, "
	if whole {
		more = "said, cells, "
	}
	return tx.each(ctx, func(s scanner) error {
		r, err := tx.readRow(batch, s)
		if err != nil {
			return err
		}
		return fn(r)
	}, "SELECT pos, n, sheet, label, fate, twin, likeness, later, issues, thing, "+more+rowColumns+" FROM import_row"+which, args...)
}

func (tx *Tx) readRow(batch uuid.UUID, s scanner) (r intake.StagedRow, err error) {
	var t row
	var issues, said, cells []byte
	var later int64
	var table string
	if err := s.Scan(append([]any{&r.Pos, &r.N, &r.Sheet, &r.Title, &r.Fate, &r.Twin, &r.Likeness, &later, &issues, &table, &said, &cells}, t.dest()...)...); err != nil {
		return r, err
	}
	r.Later = later == 1
	if err := openJSON(tx.db.seal, batch, issues, &r.Issues); err != nil {
		return r, err
	}
	if err := openJSON(tx.db.seal, batch, cells, &r.Cells); err != nil {
		return r, err
	}
	if r.Said, err = unsealSaid(tx.db.seal, batch, said); err != nil || t.body == "" {
		return r, err
	}
	switch table {
	case results.table:
		r.Result, err = decode(tx.db.seal, results, t.id, t.version, t.body, t.sealed)
	case needs.table:
		r.Need, err = decode(tx.db.seal, needs, t.id, t.version, t.body, t.sealed)
	case parties.table:
		r.Party, err = decode(tx.db.seal, parties, t.id, t.version, t.body, t.sealed)
	case people.table:
		r.Person, err = decode(tx.db.seal, people, t.id, t.version, t.body, t.sealed)
	}
	return r, err
}

// latest are the last rows of a batch about each thing that has several.
const latest = `(SELECT mark, max(pos) AS pos FROM import_row WHERE batch_id = ? AND mark <> '' GROUP BY mark HAVING count(*) > 1) AS latest`

// MarkRepeated turns rows of the batch that are about the thing of a later row
// into Repeated and returns how many of each former fate were turned.
func (tx *Tx) MarkRepeated(ctx context.Context, batch uuid.UUID) (intake.Counts, error) {
	var c intake.Counts
	err := tx.each(ctx, func(s scanner) error {
		var fate intake.Fate
		var n int
		if err := s.Scan(&fate, &n); err != nil {
			return err
		}
		c.Rows += n
		switch fate {
		case intake.New:
			c.New = n
		case intake.Changed:
			c.Changed = n
		case intake.Unchanged:
			c.Unchanged = n
		case intake.Alike:
			c.Alike = n
		}
		return nil
	}, `SELECT r.fate, count(*) FROM import_row AS r JOIN `+latest+` ON r.mark = latest.mark
		WHERE r.batch_id = ? AND r.pos < latest.pos AND r.fate <> ? GROUP BY r.fate`, batch, batch, string(intake.Repeated))
	if err != nil || c.Rows == 0 {
		return c, err
	}
	_, err = tx.exec(ctx, `UPDATE import_row SET fate = ? FROM `+latest+`
		WHERE import_row.batch_id = ? AND import_row.mark = latest.mark AND import_row.pos < latest.pos`,
		string(intake.Repeated), batch, batch)
	return c, err
}

// ResultsByKey finds results by the keys under which they were first imported
// and by those that somebody said mean them.
func (tx *Tx) ResultsByKey(ctx context.Context, keys []string) (map[string]*catalog.Result, error) {
	return byAnyKey(ctx, tx, results, keys)
}

// NeedsByKey finds needs as ResultsByKey finds results.
func (tx *Tx) NeedsByKey(ctx context.Context, keys []string) (map[string]*catalog.Need, error) {
	return byAnyKey(ctx, tx, needs, keys)
}

// PartiesByKey finds parties as ResultsByKey finds results.
func (tx *Tx) PartiesByKey(ctx context.Context, keys []string) (map[string]*catalog.Party, error) {
	return byAnyKey(ctx, tx, parties, keys)
}

// PeopleByKey finds people by the staff numbers ("st:…") and the ORCIDs
// ("or:…") that they have now.
func (tx *Tx) PeopleByKey(ctx context.Context, keys []string) (map[string]*catalog.Person, error) {
	out := make(map[string]*catalog.Person, len(keys))
	for _, by := range []struct{ prefix, column string }{{"st:", "staff_no"}, {"or:", "orcid"}} {
		var values []string
		for _, k := range keys {
			if v, ok := strings.CutPrefix(k, by.prefix); ok && v != "" {
				values = append(values, v)
			}
		}
		found, err := byColumn(ctx, tx, people, by.column, values)
		if err != nil {
			return nil, err
		}
		for v, p := range found {
			out[by.prefix+v] = p
		}
	}
	return out, nil
}

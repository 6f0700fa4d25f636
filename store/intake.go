package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"datai/catalog"
	"datai/intake"
	"datai/journal"

	"github.com/google/uuid"
)

var _ intake.Tx = (*Tx)(nil)

// AddBatch adds a batch.
func (tx *Tx) AddBatch(ctx context.Context, b intake.Batch) error {
	body, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("store: batch: %w", err)
	}
	_, err = tx.exec(ctx, `INSERT INTO import_batch (id, version, state, created_at, body) VALUES (?, ?, ?, ?, ?)`,
		b.ID, b.Version, string(b.State), b.CreatedAt, string(body))
	return err
}

// SaveBatch writes b and adds one to its version; Conflict if the stored
// version is not b.Version.
func (tx *Tx) SaveBatch(ctx context.Context, b intake.Batch) error {
	body, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("store: batch: %w", err)
	}
	return only(tx.exec(ctx, `UPDATE import_batch SET state = ?, body = ?, version = version + 1 WHERE id = ? AND version = ?`,
		string(b.State), string(body), b.ID, b.Version))
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

func (tx *Tx) batches(ctx context.Context, which string, arg any) (out []intake.Batch, err error) {
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
	}, "SELECT version, body FROM import_batch "+which, arg)
	return out, err
}

// staged are the columns of import_row that describe the thing.
var staged = []string{"id", "version", "code", "key", "title", "sort_key", "kind", "state", "confirmed", "unfiled",
	"themes", "trl", "expires_at", "staff_no", "orcid", "unit", "owner", "people", "created_at", "updated_at"}

// rowWidth is the number of columns of import_row.
var rowWidth = 12 + len(staged)

// AddRows appends rows to a batch. What a row says about its cells and how to
// reach people is encrypted.
func (tx *Tx) AddRows(ctx context.Context, batch uuid.UUID, rows []intake.StagedRow) error {
	var pos int64
	if _, err := tx.one(ctx, []any{&pos}, `SELECT coalesce(max(pos), 0) FROM import_row WHERE batch_id = ?`, batch); err != nil {
		return err
	}
	values := make([]any, 0, len(rows)*rowWidth)
	for i := range rows {
		pos++
		v, err := tx.rowValues(batch, pos, &rows[i])
		if err != nil {
			return err
		}
		values = append(values, v...)
	}
	return tx.insert(ctx, "import_row (batch_id, pos, n, sheet, label, fate, mark, change_id, thing, issues, body, contact, "+
		strings.Join(staged, ", ")+")", rowWidth, values)
}

func (tx *Tx) rowValues(batch uuid.UUID, pos int64, r *intake.StagedRow) ([]any, error) {
	// The id of the change is made here, so that applying makes no rows one by one.
	change, err := tx.db.newID()
	if err != nil {
		return nil, err
	}
	t, err := stage(tx.db.seal, r)
	if err != nil {
		return nil, err
	}
	var issues []byte
	if len(r.Issues) > 0 {
		text, err := json.Marshal(r.Issues)
		if err != nil {
			return nil, fmt.Errorf("store: staged row: %w", err)
		}
		issues = tx.db.seal.close(text, batch)
	}
	out := []any{batch, pos, r.N, r.Sheet, r.Title, string(r.Fate), t.mark(), change, t.table, issues, t.body, t.sealed}
	for _, c := range staged {
		out = append(out, t.head.value(c))
	}
	return out, nil
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
	var out []intake.StagedRow
	err = tx.each(ctx, func(s scanner) error {
		r, err := tx.readRow(batch, s)
		if err != nil {
			return err
		}
		out = append(out, r)
		return nil
	}, "SELECT n, sheet, label, fate, issues, thing, "+rowColumns+" FROM import_row"+w.String()+" ORDER BY n, pos", w.args...)
	return out, err
}

func (tx *Tx) readRow(batch uuid.UUID, s scanner) (r intake.StagedRow, err error) {
	var t row
	var issues []byte
	var table string
	if err := s.Scan(append([]any{&r.N, &r.Sheet, &r.Title, &r.Fate, &issues, &table}, t.dest()...)...); err != nil {
		return r, err
	}
	if issues != nil {
		text, err := tx.db.seal.open(issues, batch)
		if err != nil {
			return r, err
		}
		if err := json.Unmarshal(text, &r.Issues); err != nil {
			return r, fmt.Errorf("store: staged row %d: %w", r.N, err)
		}
	}
	if t.body == "" {
		return r, nil
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

// ResultsByKey finds results by the keys under which they were first imported.
func (tx *Tx) ResultsByKey(ctx context.Context, keys []string) (map[string]*catalog.Result, error) {
	return byKey(ctx, tx, results, keys)
}

// NeedsByKey finds needs as ResultsByKey finds results.
func (tx *Tx) NeedsByKey(ctx context.Context, keys []string) (map[string]*catalog.Need, error) {
	return byKey(ctx, tx, needs, keys)
}

// PartiesByKey finds parties as ResultsByKey finds results.
func (tx *Tx) PartiesByKey(ctx context.Context, keys []string) (map[string]*catalog.Party, error) {
	return byKey(ctx, tx, parties, keys)
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

// moved says that the catalogue is not what the dry run compared with.
func moved() *catalog.Error { return catalog.Refuse(catalog.Conflict, "import.moved") }

// ApplyBatch writes the new and changed rows of a batch into the catalogue, a
// few statements whatever their number, and returns the ids. b.Counts say how
// many rows that must be: if a thing changed since it was compared, if its key
// has been taken or if the rows are others, it is a Conflict.
func (tx *Tx) ApplyBatch(ctx context.Context, b intake.Batch, at int64) ([]uuid.UUID, error) {
	var changed, added int64
	for _, t := range []struct {
		table   string
		columns []string
		made    []string
	}{{results.table, results.columns, results.made}, {needs.table, needs.columns, needs.made},
		{parties.table, parties.columns, parties.made}, {people.table, people.columns, people.made}} {
		n, err := tx.applyChanged(ctx, t.table, t.columns, b.ID)
		if err != nil {
			return nil, err
		}
		changed += n
		if n, err = tx.applyNew(ctx, t.table, slices.Concat(t.columns, t.made), b.ID); err != nil {
			return nil, err
		}
		added += n
	}
	if changed != int64(b.Counts.Changed) || added != int64(b.Counts.New) {
		return nil, moved()
	}
	return tx.applied(ctx, b, at)
}

func (tx *Tx) applyChanged(ctx context.Context, table string, columns []string, batch uuid.UUID) (int64, error) {
	set := make([]string, 0, len(columns)+3)
	for _, c := range append(columns[:len(columns):len(columns)], "body", "contact") {
		set = append(set, c+" = r."+c)
	}
	set = append(set, "version = r.version + 1")
	return tx.exec(ctx, "UPDATE "+table+" SET "+strings.Join(set, ", ")+" FROM import_row AS r WHERE r.batch_id = ? AND r.fate = ? AND r.thing = ? AND "+
		table+".id = r.id AND "+table+".version = r.version", batch, string(intake.Changed), table)
}

func (tx *Tx) applyNew(ctx context.Context, table string, columns []string, batch uuid.UUID) (int64, error) {
	list := strings.Join(columns, ", ") + ", id, body, contact"
	n, err := tx.exec(ctx, "INSERT INTO "+table+" (version, "+list+") SELECT 1, "+list+
		" FROM import_row WHERE batch_id = ? AND fate = ? AND thing = ? ORDER BY pos", batch, string(intake.New), table)
	if catalog.CodeOf(err) == catalog.Conflict {
		return 0, moved().Because(err)
	}
	return n, err
}

// applied records the changes of a batch and returns the ids of its things.
func (tx *Tx) applied(ctx context.Context, b intake.Batch, at int64) ([]uuid.UUID, error) {
	const rows = ` FROM import_row WHERE batch_id = ? AND fate IN (?, ?) ORDER BY pos`
	written := []any{b.ID, string(intake.New), string(intake.Changed)}
	_, err := tx.exec(ctx, `INSERT INTO change (id, at, kind, thing_id) SELECT change_id, ?, thing, id`+rows, append([]any{at}, written...)...)
	if err != nil {
		return nil, err
	}
	tx.waiting = true
	ids := make([]uuid.UUID, 0, b.Counts.New+b.Counts.Changed)
	err = tx.each(ctx, func(s scanner) error {
		c := journal.Change{At: at}
		if err := s.Scan(&c.ID, &c.Kind, &c.Of); err != nil {
			return err
		}
		tx.changes = append(tx.changes, c)
		ids = append(ids, c.Of)
		return nil
	}, `SELECT change_id, thing, id`+rows, written...)
	return ids, err
}

// DropRows forgets the rows of a batch.
func (tx *Tx) DropRows(ctx context.Context, batch uuid.UUID) error {
	_, err := tx.exec(ctx, `DELETE FROM import_row WHERE batch_id = ?`, batch)
	return err
}

// StripRows forgets the things in the rows of an applied batch and keeps
// number, title, fate and issues.
func (tx *Tx) StripRows(ctx context.Context, batch uuid.UUID) error {
	_, err := tx.exec(ctx, `UPDATE import_row SET body = '', contact = NULL, mark = '', key = '', title = '', sort_key = '', staff_no = '', orcid = '', unit = '', owner = '', people = '' WHERE batch_id = ?`, batch)
	return err
}

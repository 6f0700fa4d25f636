package exchange

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"

	"datai/catalog"
	"datai/intake"
)

// KeptPrefix stands before the header of an exported column that the file of
// its origin had under a name that means something else by now. What stands
// below it comes back under the old name, as a column that nobody knew.
const KeptPrefix = "〔原表〕"

// givenHeader is over the ids by which an export names its things. Other
// columns of ids are no keys if they count the rows; this one always is.
const givenHeader = "唯一编号"

// outColumn is one column of an export. text is nil for a column that holds
// nothing but what an import kept under its header, or nothing ever (contacts).
type outColumn[T any] struct {
	header string
	always bool // of the template: there even if it is empty
	text   func(T) string
}

// export is how things of one kind become rows.
type export[T any] struct {
	kind    intake.Kind
	columns []outColumn[T]
	extra   func(T) map[string]string
	sort    func(T) string // 条目种类, "" if there are no kinds
}

// layout is what a first look at all things tells of the columns.
type layout struct {
	b     *builder
	used  []bool         // of the columns of the export
	extra []extraColumn  // in the order of keys
	at    map[string]int // key to index in extra
}

// extraColumn is a column that nobody knew. home is the column of the export
// that has its name, else -1: what fits in there needs no column of its own.
type extraColumn struct {
	key, header string
	home        int
	own         bool
}

// look goes through all things once.
func (e export[T]) look(things iter.Seq2[T, error]) (layout, error) {
	h, err := headersOf(e.kind)
	if err != nil {
		return layout{}, err
	}
	l := layout{b: newBuilder(e.kind, h), used: make([]bool, len(e.columns)), at: map[string]int{}}
	keys := map[string]extraColumn{}
	for t, err := range things {
		if err != nil {
			return l, err
		}
		texts := e.texts(t)
		for i, s := range texts {
			l.used[i] = l.used[i] || s != "" || e.columns[i].always
		}
		for key, s := range e.extra(t) {
			if s == "" {
				continue
			}
			c, ok := keys[key]
			if !ok {
				c = extraColumn{key: key, header: key, home: slices.IndexFunc(e.columns, func(c outColumn[T]) bool { return c.header == key })}
				if _, known := h.native(key); known || c.home >= 0 || strings.HasPrefix(key, KeptPrefix) {
					c.header = KeptPrefix + key
				}
			}
			if e.atHome(l.b, t, c, texts, s) {
				l.used[c.home] = true
			} else {
				c.own = true
			}
			keys[key] = c
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		l.at[key] = len(l.extra)
		l.extra = append(l.extra, keys[key])
	}
	if len(l.used) > 0 && !slices.Contains(l.used, true) { // nothing to export
		for i, c := range e.columns {
			l.used[i] = c.always
		}
	}
	return l, nil
}

// atHome reports whether a text that was kept under the name of a column of the
// export fits in there: the cell is empty, and an import would keep it again.
func (e export[T]) atHome(b *builder, t T, c extraColumn, texts []string, s string) bool {
	if c.home < 0 || texts[c.home] != "" {
		return false
	}
	b.reset(1)
	b.add(value{header: "x", field: fTitle, cell: cell{text: "x"}})
	if sort := e.sort(t); sort != "" {
		b.add(value{header: b.headers.names[fKind], field: fKind, cell: cell{text: sort}})
	}
	f, _ := b.headers.native(c.key)
	b.add(value{header: c.key, field: f, cell: cell{text: s}})
	row := b.row()
	return extraOf(row)[c.key] == s
}

func extraOf(row intake.Row) map[string]string {
	switch {
	case row.Result != nil:
		return row.Result.Extra
	case row.Need != nil:
		return row.Need.Extra
	case row.Party != nil:
		return row.Party.Extra
	case row.Person != nil:
		return row.Person.Extra
	}
	return nil
}

func (e export[T]) texts(t T) []string {
	out := make([]string, len(e.columns))
	for i, c := range e.columns {
		if c.text != nil {
			out[i] = c.text(t)
		}
	}
	return out
}

// header and row give the columns that are used, then those that nobody knew.
func (e export[T]) header(l layout) []string {
	var out []string
	for i, c := range e.columns {
		if l.used[i] {
			out = append(out, c.header)
		}
	}
	for _, x := range l.extra {
		if x.own {
			out = append(out, x.header)
		}
	}
	return out
}

func (e export[T]) row(l layout, t T) ([]string, error) {
	texts := e.texts(t)
	own, homes := make([]string, len(l.extra)), map[int]string{}
	for key, s := range e.extra(t) {
		at, ok := l.at[key]
		switch {
		case s == "":
		case !ok:
			return nil, errMoved
		case e.atHome(l.b, t, l.extra[at], texts, s):
			homes[l.extra[at].home] = s
		default:
			own[at] = s
		}
	}
	for home, s := range homes {
		texts[home] = s
	}
	var out []string
	for i, s := range texts {
		if l.used[i] {
			out = append(out, s)
		} else if s != "" {
			return nil, errMoved
		}
	}
	for i, x := range l.extra {
		if x.own {
			out = append(out, own[i])
		} else if own[i] != "" {
			return nil, errMoved
		}
	}
	return out, nil
}

// errMoved says that the second look at the things met what the first did not.
var errMoved = catalog.Refuse(catalog.Conflict, "export.moved")

// write writes the things as a table, or as JSON Lines with the headers for
// keys. things are gone through twice: only all of them tell the columns.
func (e export[T]) write(w io.Writer, format string, things iter.Seq2[T, error]) error {
	out, err := newTableWriter(w, format)
	if err != nil {
		return err
	}
	l, err := e.look(things)
	if err != nil {
		return fmt.Errorf("exchange: export: %w", err)
	}
	if err := out.row(e.header(l)); err != nil {
		return fmt.Errorf("exchange: export: %w", err)
	}
	for t, err := range things {
		if err != nil {
			return fmt.Errorf("exchange: export: %w", err)
		}
		row, err := e.row(l, t)
		if err == nil {
			err = out.row(row)
		}
		if err != nil {
			return fmt.Errorf("exchange: export: %w", err)
		}
	}
	if err := out.close(); err != nil {
		return fmt.Errorf("exchange: export: %w", err)
	}
	return nil
}

// list is a list as one text that comes back as the same list: joined if split
// parts it again, else as an array of JSON.
func list(items []string, split func(string) []string) string {
	if len(items) == 0 {
		return ""
	}
	joined := strings.Join(items, ";")
	if _, array := arrayOf(joined); !array && slices.Equal(split(joined), items) {
		return joined
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(items) // texts in memory
	return strings.TrimSpace(b.String())
}

// arrayOf reads a cell that is an array of texts in JSON.
func arrayOf(s string) ([]string, bool) {
	if !strings.HasPrefix(s, "[") {
		return nil, false
	}
	var out []string
	return out, json.Unmarshal([]byte(s), &out) == nil
}

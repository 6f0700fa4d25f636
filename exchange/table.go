package exchange

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"datai/catalog"
	"datai/intake"
)

const (
	headRows   = 20 // the header stands in one of the first rows
	sampleRows = 40 // rows that are looked at before reading
)

// column is one column of a table that is read.
type column struct {
	col    int // from 0
	header string
	field  field
	unit   priceUnit // that the header names
}

// table is a grid whose header was recognised.
type table struct {
	grid
	columns []column
	byCol   map[int]int // column number to index in columns
	first   int         // data begin after this row
	merged  []merge     // below the header, by first row
	words   wordMarks
	width   int // columns from here on are not read
}

// row is one row of the sample.
type row struct {
	n     int
	cells []cell
}

func (r row) at(col int) string {
	for _, c := range r.cells {
		if c.col == col {
			return c.text
		}
	}
	return ""
}

// table finds the header of g. Without one it returns nil and what stands
// where a header might have been.
func (r *reader) table(g grid) (*table, []string, error) {
	sample, err := takeSample(g)
	if err != nil {
		return nil, nil, err
	}
	h := r.findHeader(sample)
	if h < 0 && r.guessed {
		h = likeliestHeader(sample)
	}
	above := sample[:min(len(sample), 1)]
	if h >= 0 {
		above = sample[:h]
	}
	for _, a := range above {
		if slices.ContainsFunc(a.cells, func(c cell) bool { return classifiedName(c.text) }) {
			return nil, nil, catalog.Refuse(catalog.Invalid, "import.classified")
		}
	}
	if h < 0 && r.guess && !r.guessed {
		return nil, nil, nil // the rows are looked at with a guess
	}
	quotable := sample // what an error or a guess may quote
	if h >= 0 {
		quotable = sample[:h+1]
	}
	if h < 0 || r.guessed {
		for _, s := range quotable {
			if slices.ContainsFunc(s.cells, func(c cell) bool { return tellsSecret(c.text, true) }) {
				return nil, nil, catalog.Refuse(catalog.Invalid, "import.classified")
			}
		}
	}
	if h < 0 {
		return nil, fullest(sample), nil
	}
	t := &table{grid: g, first: sample[h].n, width: r.lim.Columns}
	r.mapColumns(t, sample, h)
	data := sample[h+1:]
	if h+1 < len(sample) && r.continues(sample[h], sample[h+1]) {
		t.first, data = sample[h+1].n, sample[h+2:]
	}
	t.words = marksOf(data, t)
	r.demoteCounters(t, data)
	if g.merges != nil {
		all, err := g.merges()
		if err != nil {
			return nil, nil, err
		}
		t.merged = below(all, t)
	}
	return t, nil, nil
}

func takeSample(g grid) ([]row, error) {
	var out []row
	for l, err := range g.lines {
		if err != nil {
			return nil, err
		}
		if !blank(l.cells) {
			out = append(out, row{l.n, slices.Clone(l.cells)})
		}
		if len(out) == sampleRows {
			break
		}
	}
	return out, nil
}

func blank(cells []cell) bool {
	return !slices.ContainsFunc(cells, func(c cell) bool { return strings.TrimSpace(c.text) != "" })
}

// fullest is the texts of the row with the most of them.
func fullest(sample []row) []string {
	var out []string
	for _, s := range sample[:min(len(sample), headRows)] {
		var texts []string
		for _, c := range s.cells {
			if t := headerText(c.text); t != "" {
				texts = append(texts, t)
			}
		}
		if len(texts) > len(out) {
			out = texts
		}
	}
	return out
}

// findHeader is the first row with the required header and another known one;
// failing that the first with the required one. -1 if there is none.
func (r *reader) findHeader(sample []row) int {
	alone := -1
	for i, s := range sample[:min(len(sample), headRows)] {
		has, known := r.knownIn(s)
		if has && known > 1 {
			return i
		}
		if has && alone < 0 {
			alone = i
		}
	}
	return alone
}

// likeliestHeader is the row with the most texts that are no numbers, -1 if no
// row has two.
func likeliestHeader(sample []row) int {
	best, most := -1, 1
	for i, s := range sample[:min(len(sample), headRows)] {
		n := 0
		for _, c := range s.cells {
			if t := headerText(c.text); t != "" && !c.number && len(t) < 100 && strings.Trim(t, "0123456789.,-/ ") != "" {
				n++
			}
		}
		if n > most {
			best, most = i, n
		}
	}
	return best
}

// knownIn counts the headers known in a row and tells whether the required one
// is among them.
func (r *reader) knownIn(s row) (has bool, known int) {
	for _, c := range s.cells {
		if f, ok := r.headers.find(c.text); ok {
			known++
			has = has || f == r.headers.required
		}
	}
	return has, known
}

// continues reports whether a row is the second line of the header: it holds
// headers and nothing that could be a row of data, which has a title.
func (r *reader) continues(upper, s row) bool {
	for _, c := range upper.cells {
		if f, _ := r.headers.find(c.text); f == r.headers.required && strings.TrimSpace(s.at(c.col)) != "" {
			return false
		}
	}
	has, known := false, 0
	above := groups(upper.cells)
	for _, c := range s.cells {
		f, ok := r.headers.find(r.grouped(above, c))
		has = has || f == r.headers.required
		if ok && !c.number {
			known++
		}
	}
	return !has && known > 0 && known*2 > len(s.cells)
}

// groups are the cells of a header line that say something, their texts as
// headerText leaves them, by column.
func groups(cells []cell) []cell {
	out := make([]cell, 0, len(cells))
	for _, c := range cells {
		if c.text = headerText(c.text); c.text != "" {
			out = append(out, c)
		}
	}
	return out
}

// grouped is the header in c below groups: 联系人 over 姓名 means 联系人姓名. A
// merged cell stands in its first column, so it reaches to the right until the
// next one.
func (r *reader) grouped(upper []cell, c cell) string {
	text := headerText(c.text)
	if len(upper) < 2 || text == "" { // a title stands alone
		return text
	}
	at, found := slices.BinarySearchFunc(upper, c.col, func(u cell, col int) int { return u.col - col })
	if !found {
		at--
	}
	if at < 0 {
		return text
	}
	group := upper[at].text
	if group == text {
		return text
	}
	both := group + "/" + text
	if catalog.Fold(text) != "" && r.headers.plain(both) {
		return both
	}
	if _, ok := r.headers.find(text); ok {
		return text
	}
	return both
}

func headerText(s string) string {
	s, kept := strings.CutPrefix(catalog.CleanLine(s), KeptPrefix)
	if s = short(s, 100); kept && s != "" {
		return KeptPrefix + s
	}
	return s
}

// mapColumns gives each column its meaning. Where the header has two lines the
// lower names the column; a column that is empty in row h takes the line above.
func (r *reader) mapColumns(t *table, sample []row, h int) {
	names := map[int]string{}
	var cols []int
	set := func(col int, text string) {
		if text = headerText(text); text != "" {
			if _, ok := names[col]; !ok {
				cols = append(cols, col)
			}
			names[col] = text
		}
	}
	var above []cell
	if h > 0 {
		if _, known := r.knownIn(sample[h-1]); known > 0 {
			above = groups(sample[h-1].cells)
			for _, c := range above {
				set(c.col, c.text)
			}
		}
	}
	for _, c := range sample[h].cells {
		set(c.col, r.grouped(above, c))
	}
	if h+1 < len(sample) && r.continues(sample[h], sample[h+1]) {
		above = groups(sample[h].cells)
		for _, c := range sample[h+1].cells {
			set(c.col, r.grouped(above, c))
		}
	}
	slices.Sort(cols)
	r.nameColumns(t, cols, names)
}

func (r *reader) nameColumns(t *table, cols []int, names map[int]string) {
	taken := map[field]bool{}
	t.byCol = map[int]int{}
	left := 0
	// A header that says plainly what it is goes before one that needs reading:
	// 标题 (中文) before 标题 (英文), wherever they stand.
	plain := map[field]int{}
	for i := len(cols) - 1; i >= 0; i-- {
		if f := r.headers.understand(names[cols[i]], names[cols[i]]); r.headers.plain(names[cols[i]]) {
			plain[f] = cols[i]
		}
	}
	for _, col := range cols {
		name := unique(names[col], t.columns)
		f := r.headers.understand(name, names[col])
		if at, ok := plain[f]; ok && at != col && !f.many() {
			f = ""
		}
		r.heads = append(r.heads, catalog.Fold(name))
		if col >= r.lim.Columns && f != fSecrecy {
			left++
			continue
		}
		c := column{col: col, header: name, field: f, unit: headerUnit(names[col])}
		if c.field == "" || (taken[c.field] && !c.field.many()) {
			c.field = r.otherField(names[col], taken)
		}
		taken[c.field] = true
		t.byCol[col] = len(t.columns)
		t.columns = append(t.columns, c)
	}
	if left > 0 {
		r.note("import.note.columns_left_out", "n", strconv.Itoa(left), "limit", strconv.Itoa(r.lim.Columns))
	}
}

// otherField is where a column goes that nobody knows or whose field is taken:
// personal data to its place or nowhere, anything else is kept by its header.
func (r *reader) otherField(header string, taken map[field]bool) field {
	f, personal := personalField(header)
	if !personal {
		return ""
	}
	if f == fDropped || taken[f] || r.kind == intake.People {
		r.note("import.note.personal_dropped", "column", header)
		return fDropped
	}
	return f
}

func unique(header string, before []column) string {
	name := header
	for n := 2; slices.ContainsFunc(before, func(c column) bool { return c.header == name }); n++ {
		name = header + " (" + strconv.Itoa(n) + ")"
	}
	return name
}

// demoteCounters finds columns of ids that only count the rows: 1, 2, 3 is
// another thing in the next file, so it may not be a key.
func (r *reader) demoteCounters(t *table, data []row) {
	for i, c := range t.columns {
		if c.field != fID || c.header == givenHeader {
			continue
		}
		last, counts := 0, 0
		for _, s := range data {
			text := strings.TrimSpace(s.at(c.col))
			if text == "" {
				continue
			}
			n, err := strconv.Atoi(strings.TrimSuffix(text, ".0"))
			if err != nil || (last > 0 && n != last+1) || (last == 0 && n > 1) {
				counts = 0
				break
			}
			last = n
			counts++
		}
		if counts > 0 {
			t.columns[i].field = fOrdinal
			r.note("import.note.counter", "column", c.header)
		}
	}
}

// below keeps the merged cells of more than one row that lie under the header
// in a column that is read.
func below(all []merge, t *table) []merge {
	out := slices.DeleteFunc(all, func(m merge) bool {
		_, read := t.byCol[m.firstCol]
		return !read || m.firstRow <= t.first || m.firstRow == m.lastRow
	})
	slices.SortStableFunc(out, func(a, b merge) int { return a.firstRow - b.firstRow })
	return out
}

// filler carries the values of merged cells down their rows.
type filler struct {
	pending []merge
	active  map[int]filled // by column
	seen    map[int]int    // by column: the last row with a value of its own
}

type filled struct {
	merge
	cell cell
}

// fill adds to l the cells that are merged with one above and returns the
// merges used.
func (f *filler) fill(l *line) []merge {
	if len(f.pending) == 0 && len(f.active) == 0 {
		return nil
	}
	for i, c := range l.cells {
		if strings.TrimSpace(c.text) == "" {
			continue
		}
		f.seen[c.col] = l.n
		for len(f.pending) > 0 && f.pending[0].firstRow < l.n {
			f.pending = f.pending[1:]
		}
		for _, m := range f.pending {
			if m.firstRow > l.n {
				break
			}
			if m.firstCol == c.col {
				f.active[c.col] = filled{m, l.cells[i]}
			}
		}
	}
	return f.carry(l)
}

func (f *filler) carry(l *line) []merge {
	var used []merge
	for _, col := range slices.Sorted(maps.Keys(f.active)) {
		a := f.active[col]
		switch {
		case a.lastRow < l.n:
			delete(f.active, col)
		case f.seen[col] != l.n:
			l.cells = append(l.cells, a.cell)
			used = append(used, a.merge)
		}
	}
	return used
}

// walkTable fills b with the rows of a table; false means that nobody wants more.
func (r *reader) walkTable(t *table, b *builder, send func(*intake.Row, error) bool) bool {
	f := filler{pending: t.merged, active: map[int]filled{}, seen: map[int]int{}}
	sheet := ""
	if len(r.tables) > 1 {
		sheet = t.sheet
	}
	for l, err := range t.lines {
		if err != nil {
			return send(nil, err)
		}
		if l.n <= t.first || blank(l.cells) {
			continue
		}
		own := len(l.cells)
		used := f.fill(&l)
		b.begin(t, l, own)
		if b.empty() {
			continue
		}
		if b.instruction() {
			r.note("import.note.row_skipped", "row", strconv.Itoa(l.n), "sheet", t.sheet)
			continue
		}
		for _, m := range used {
			if i, ok := t.byCol[m.firstCol]; ok {
				b.note(t.columns[i].header, "import.note.merged", "from", strconv.Itoa(m.firstRow), "to", strconv.Itoa(m.lastRow))
			}
		}
		if l.hidden {
			b.note("", "import.note.hidden_row")
		}
		b.sheet = sheet
		if !send(nil, nil) {
			return false
		}
	}
	return true
}
